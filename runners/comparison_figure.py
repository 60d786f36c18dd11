"""The figure of methods side by side: as they are, and under their controls."""

import itertools

from lottery_ticket.analysis.look import figure_style, mean_plots
from lottery_ticket.experiments.reproductions import claims, measures
from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    import pandas as pd

AFTER = "after training"
HEIGHT_INCHES = 2.4
LEGEND_COLUMNS = 4


def draw(found: claims.Found, compared: claims.Comparison):
    """Returns a figure of test accuracy against density, a line per method.

    A panel is of the methods themselves, one of each control; points are means
    over trials, bars reach from the lowest to the highest. Accuracy has a
    logistic axis.
    """
    panels = {None: AFTER, **compared.controls}
    # By place: what methods look like elsewhere is too alike for so many.
    looks = itertools.cycle(figure_style.SERIES)
    series = dict(zip(compared.methods, looks, strict=False))
    drawn = []
    with figure_style.drawing(len(panels), 2, height_inches=HEIGHT_INCHES) as (
        figure,
        all_axes,
    ):
        for axes, (control, title) in zip(
            all_axes, panels.items(), strict=True
        ):
            for method in compared.methods:
                ends = _ends(found, compared.densities, method, control)
                if not ends.empty:
                    _draw(axes, ends, series[method])
                    drawn.append(ends)
            axes.set_title(title)
            figure_style.density_axis(
                axes, [100 * d for d in compared.densities]
            )
        if drawn:
            figure_style.logistic_axis(all_axes[0], pd.concat(drawn))
        figure_style.outer_labels(
            all_axes, "Weights kept (%)", figure_style.ACCURACY_LABEL
        )
        entries = [(text, series[m]) for m, text in compared.methods.items()]
        figure_style.legend(figure, [*entries, mean_plots.BARS], LEGEND_COLUMNS)
    return figure


def _draw(axes, ends, style):
    columns = (ends[name].to_numpy() for name in ("mean", "min", "max"))
    percents = 100 * ends.index.to_numpy()
    mean_plots.draw_bars(axes, percents, tuple(columns), style)


def _ends(found, densities, method, control):
    """Mean, min and max over trials by density, of those that were run."""
    rows = {}
    for density in densities:
        measure = measures.controlled(density, method, control)
        values = measures.known(measure, found)
        if not values.empty:
            rows[density] = values.agg(["mean", "min", "max"])
    return pd.DataFrame.from_dict(rows, orient="index")
