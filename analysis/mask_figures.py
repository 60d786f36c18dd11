"""Figures of what masks are: their overlap, and signs that stay."""

from lottery_ticket.analysis import (
    density_figures,
    experiment_styles,
    figure_style,
    overlaps,
)
from lottery_ticket.foundations import lazy

mpl_figure = lazy.module("matplotlib.figure")
pd = lazy.module("pandas")

CHANCE = {**figure_style.DENSE, "zorder": 1, "marker": ".", "markersize": 2}
EVEN_PERCENT = 50  # Of signs that are drawn anew.


def overlap(summary: "pd.DataFrame") -> "mpl_figure.Figure":
    """Returns a figure of the overlap of two trials' masks against density.

    Lines are means over pairs of trials, bars reach from the lowest to the
    highest; dotted, what chance would give masks with the same counts in each
    layer. Experiments with the masks of an earlier one are not drawn again.

    Args:
        summary: As from `overlaps.summarize`.

    Raises:
        ValueError: If there are no two trials of an experiment.
    """
    is_trials = summary["against"] == summary["experiment"]
    # A density of 0 has no place on a logarithmic axis.
    is_drawn = is_trials & (summary["density"] > 0)
    drawn = summary[is_drawn & (summary["layer"] == overlaps.ALL)]
    drawn = drawn.rename(columns={"pairs": "n"})
    if drawn.empty:
        raise ValueError("No two trials of an experiment have masks to compare")
    styles = experiment_styles.series(summary["experiment"])
    with figure_style.drawing() as (figure, [axes]):
        entries = _draw(axes, overlaps.distinct(drawn), "overlap", 1, styles)
        for _, own in drawn.groupby("experiment", sort=False):
            own = own.sort_values("density")
            axes.plot(100 * own["density"], own["chance"], **CHANCE)
        entries.append(figure_style.entry("by chance", **CHANCE))
        axes.set_ylabel("Overlap of masks (Jaccard)")
        axes.set_ylim(bottom=0)
        figure_style.legend(figure, entries)
    return figure


def signs(summary: "pd.DataFrame") -> "mpl_figure.Figure":
    """Returns a figure of kept weights that keep their sign, against density.

    Lines are means over the runs, bars reach from the lowest to the highest;
    dotted, the half that has its sign again where signs are drawn anew.

    Args:
        summary: As from `sign_changes.summarize`.

    Raises:
        ValueError: If no run keeps a weight.
    """
    drawn = summary[summary["layer"] == overlaps.ALL]
    drawn = drawn[drawn["agreement_mean"].notna()]
    drawn = drawn.rename(columns={"runs": "n"})
    if drawn.empty:
        raise ValueError("No run keeps a weight whose sign could change")
    styles = experiment_styles.series(summary["experiment"])
    with figure_style.drawing() as (figure, [axes]):
        entries = _draw(axes, drawn, "agreement", 100, styles)
        axes.axhline(EVEN_PERCENT, zorder=1, **figure_style.DENSE)
        entries.append(figure_style.entry("by chance", **figure_style.DENSE))
        axes.set_ylabel("Weights of unchanged sign (%)")
        figure_style.legend(figure, entries)
    return figure


def _draw(axes, table, column, scale, styles):
    """Draws a series per experiment; returns their legend entries."""
    entries = []
    for experiment, own in table.groupby("experiment", sort=False):
        style = styles[experiment]
        density_figures.draw_series(axes, own, column, scale, style)
        label = experiment_styles.count_label(experiment, own["n"])
        entries.append(figure_style.entry(label, **style))
    figure_style.density_axis(axes, 100 * table["density"])
    return entries
