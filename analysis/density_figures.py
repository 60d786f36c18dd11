"""Figures against density: of runs, and what others draw theirs with."""

from lottery_ticket.analysis import (
    experiment_styles,
    figure_style,
    mean_plots,
    sections,
    tables,
    tree,
)
from lottery_ticket.foundations import lazy

mpl_figure = lazy.module("matplotlib.figure")
pd = lazy.module("pandas")

HEIGHT_INCHES = 3.2  # Of a figure with many experiments, which is wide.
AXIS_LABELS = {
    "accuracy": figure_style.ACCURACY_LABEL,
    "early_stop_accuracy": "Test accuracy at early stop (%)",
    "early_stop_iteration": "Early-stop iteration",
}


def section(found: tree.Tree) -> sections.Section:
    """Returns the figure accuracy."""
    return sections.Section(figures={"accuracy": accuracy(found.chosen)})


def accuracy(
    runs: "pd.DataFrame", at_early_stop: bool = False
) -> "mpl_figure.Figure":
    """Returns a figure of test accuracy against density.

    Lines are means over all runs of an experiment at a level, bars reach from
    the lowest to the highest; the dotted line is the dense network's mean.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), fig. 4b
    (at early stop) and 4c (at the end).

    Args:
        runs: Rows of `results.read(...).runs`.
        at_early_stop: Accuracy at the early-stopping iteration, not after the
            last.

    Raises:
        ValueError: If no run has the values to draw.
    """
    column = "early_stop_accuracy" if at_early_stop else "accuracy"
    return against_density(runs, column, scale=100)


def against_density(
    runs: "pd.DataFrame", column: str, scale: float
) -> "mpl_figure.Figure":
    """Returns a figure of a column of runs against density.

    Args:
        runs: Rows of `results.read(...).runs`.
        column: One of AXIS_LABELS.
        scale: What to multiply it by.

    Raises:
        ValueError: If no run has the values to draw.
    """
    series = experiment_styles.series(runs["experiment"])
    # A density of 0 has no place on a logarithmic axis.
    runs = runs[runs[column].notna() & (runs["density"] > 0)]
    if runs.empty:
        raise ValueError(f"No run has the {column} to draw")
    table = tables.summarize(runs)
    entries = []
    is_wide = len(series) > figure_style.DISTINCT_COLORS
    height = HEIGHT_INCHES if is_wide else figure_style.HEIGHT_INCHES
    with figure_style.drawing(height_inches=height, is_wide=is_wide) as (
        figure,
        [axes],
    ):
        for experiment, own in table.groupby("experiment", sort=False):
            if (own["density"] == 1).all() and (table["density"] < 1).any():
                continue  # The dotted line says it all.
            style = series[experiment]
            draw_series(axes, own, column, scale, style)
            label = experiment_styles.label(experiment, runs)
            entries.append(figure_style.entry(label, **style))
        entries += draw_dense(axes, table, column, scale, series)
        figure_style.density_axis(axes, 100 * table["density"])
        axes.set_ylabel(AXIS_LABELS[column])
        if column == "early_stop_iteration":
            axes.set_ylim(0, 1.05 * max(runs[column].max(), 1))
            figure_style.iteration_axis(axes.yaxis)
        figure_style.legend(figure, entries)
    return figure


def draw_series(
    axes, table: "pd.DataFrame", column: str, scale: float, style: dict
) -> None:
    """Draws an experiment's means, with bars from its min to its max.

    Args:
        axes: Axes to draw on.
        table: Rows of one experiment, with density, and of the column each of
            `tables.STATISTICS`, such as accuracy_mean.
        column: What to draw, such as "accuracy".
        scale: What to multiply it by.
        style: One of `figure_style.SERIES`.
    """
    mean, low, high = (
        scale * table[f"{column}_{name}"].to_numpy()
        for name in tables.STATISTICS
    )
    x = 100 * table["density"].to_numpy()
    mean_plots.draw_bars(axes, x, mean, low, high, style)


def draw_dense(
    axes, table: "pd.DataFrame", column: str, scale: float, series: dict
) -> list:
    """Draws the mean of each dense network; returns its legend entry, if any.

    A control that trained the dense network too does not draw it again.

    Args:
        axes: Axes to draw on.
        table: As for `draw_series`, of all experiments.
        column: What to draw, such as "accuracy".
        scale: What to multiply it by.
        series: Dict, experiment -> its style.
    """
    dense = table[table["density"] == 1]
    dense = dense[~dense["experiment"].map(tree.name).duplicated()]
    means = zip(dense["experiment"], dense[f"{column}_mean"], strict=True)
    for experiment, mean in means:
        style = dict(figure_style.DENSE)
        if len(dense) > 1:  # Which is whose shows by the colour.
            style["color"] = series[experiment]["color"]
        axes.axhline(scale * mean, zorder=1, **style)
    entry = figure_style.entry("dense network", **figure_style.DENSE)
    return [] if dense.empty else [entry]
