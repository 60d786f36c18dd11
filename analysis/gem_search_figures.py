"""Figures of searches for sparse networks: density and accuracy by epoch."""

from lottery_ticket.analysis import (
    curve_figures,
    experiment_styles,
    figure_style,
    mean_plots,
    tables,
)
from lottery_ticket.foundations import lazy

mpl_figure = lazy.module("matplotlib.figure")
ticker = lazy.module("matplotlib.ticker")
pd = lazy.module("pandas")

EVENT = {"linestyle": "", "marker": "o", "markersize": 2}
FLAGS = {"linestyle": ":", "linewidth": 0.8}


def figures(history: "pd.DataFrame") -> dict[str, "mpl_figure.Figure"]:
    """Returns the figure of each method's searches, by the figure's name.

    Args:
        history: `gems.read(...).history`.
    """
    return {
        f"gem_search_{name.replace('/', '_')}": search(own)
        for name, own in history.groupby("experiment", sort=False)
    }


def search(history: "pd.DataFrame") -> "mpl_figure.Figure":
    """Returns a figure of density and accuracy over the epochs of a search.

    A line per density that the search came to: the mean over trials, in a band
    from the lowest to the highest. Dots are epochs at whose end weights were
    pruned; dotted, what the flags keep, where rounding keeps less.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), fig. 2.

    Args:
        history: Rows of one method of `gems.read(...).history`.

    Raises:
        ValueError: If there are none.
    """
    if history.empty:
        raise ValueError("There is no search to draw")
    by_level = list(history.groupby("level"))
    colors = curve_figures.level_colors([level for level, _ in by_level])
    with figure_style.drawing(2, 2, share_y=False) as (figure, panels):
        for level, own in by_level:
            _draw_marked(panels[0], own, "density", colors[level])
            if _is_less(own):
                _draw(panels[0], own, "flag_density", colors[level], **FLAGS)
            _draw_marked(panels[1], own, "accuracy", colors[level])
        _finish(panels)
        entries = [
            figure_style.entry(_label(own), color=colors[level])
            for level, own in by_level
        ]
        name = experiment_styles.name(history["experiment"].iloc[0])
        title = f"{name}: weights kept at the end"
        figure_style.legend(figure, [*entries, *_marks(history)], 5, title)
    return figure


def _label(own):
    ends = [tables.percent(own["final_density"].agg(e)) for e in ("max", "min")]
    sizes = own.groupby("epoch").size()
    count = experiment_styles.count_text(sizes)
    return f"{'–'.join(dict.fromkeys(ends))} % {count}"


def _draw(axes, own, column, color, **style):
    """Draws a column's mean over trials, and a band; returns the means."""
    known = own[own[column].notna()]
    curve = mean_plots.curve(known, "epoch", column)
    mean_plots.draw_band(axes, curve, color, **style)
    return curve["mean"]


def _draw_marked(axes, own, column, color):
    means = _draw(axes, own, column, color)
    pruned = own["epoch"][own["pruned"] > 0].unique()
    marked = means[means.index.isin(pruned)]
    axes.plot(marked.index, marked, color=color, **EVENT)


def _is_less(history):
    """Whether rounding keeps less than flags of which some have gone."""
    is_less = history["density"] < history["flag_density"]
    return is_less.any() and (history["flag_density"] < 1).any()


def _marks(history):
    """Legend entries of what is no line of a density."""
    dark = {"color": "#404040"}
    marks = []
    if (history["pruned"] > 0).any():
        marks.append(figure_style.entry("pruning event", **dark, **EVENT))
    if _is_less(history):
        marks.append(figure_style.entry("flags keep", **dark, **FLAGS))
    return marks


def _finish(panels):
    density, accuracy = panels
    density.set_yscale("log")
    density.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    density.yaxis.set_major_formatter(lambda percent, _: f"{percent:g}")
    density.yaxis.set_minor_locator(ticker.NullLocator())
    density.set_ylabel("Weights kept (%)")
    accuracy.set_ylabel(figure_style.ACCURACY_LABEL)
    accuracy.set_ylim(bottom=0)
    for axes in panels:
        axes.margins(x=0.02)  # Room for a dot at the end.
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(ticker.MaxNLocator(6, integer=True))
        axes.set_xlabel("Epoch of the search")
