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
EVEN = {"color": "#A0A0A0", "linestyle": "-.", "linewidth": 0.7}
SIGN_TITLES = {"agreement": "Kept", "pruned_agreement": "Pruned to get there"}


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
    """Returns a figure of weights that keep their sign, against density.

    Lines are means over the runs, bars reach from the lowest to the highest;
    dotted, the dense network, and dash-dotted, the half that has its sign again
    where signs are drawn anew. A second panel, where they are known, is about
    the weights that were pruned to get to a density.

    Args:
        summary: As from `sign_changes.summarize`.

    Raises:
        ValueError: If no run keeps a weight.
    """
    drawn = summary[
        (summary["layer"] == overlaps.ALL) & (summary["density"] > 0)
    ]
    drawn = drawn.rename(columns={"runs": "n"})
    titles = {
        column: title
        for column, title in SIGN_TITLES.items()
        if drawn[f"{column}_mean"].notna().any()
    }
    if "agreement" not in titles:
        raise ValueError("No run keeps a weight whose sign could change")
    styles = experiment_styles.series(summary["experiment"])
    dense = drawn.assign(pruned_agreement_mean=drawn["agreement_mean"])
    with figure_style.drawing(panels=len(titles)) as (figure, panels):
        entries = _draw_signs(panels[0], drawn, "agreement", dense, styles)
        for axes, (column, title) in zip(panels, titles.items(), strict=True):
            if column != "agreement":  # The same entries.
                _draw_signs(axes, drawn, column, dense, styles)
            axes.set_title(title if len(titles) > 1 else "")
        figure_style.outer_labels(
            panels, "Weights kept (%)", "Weights of unchanged sign (%)"
        )
        figure_style.legend(figure, entries, 2 * len(panels))
    return figure


def _draw_signs(axes, table, column, dense, styles):
    """Draws an agreement, and what it is measured against."""
    known = table[table[f"{column}_mean"].notna()]
    entries = _draw(axes, known, column, 100, styles)
    axes.axhline(EVEN_PERCENT, zorder=1, **EVEN)
    entries += density_figures.draw_dense(axes, dense, column, 100, styles)
    return [*entries, figure_style.entry("by chance", **EVEN)]


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
