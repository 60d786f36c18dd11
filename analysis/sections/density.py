"""Test accuracy, and when to have stopped, against density."""

import re
from typing import Any

from lottery_ticket.analysis.look import figure_style, mean_plots, styles
from lottery_ticket.analysis.reading import headlines, selection, tree
from lottery_ticket.analysis.sections import parts, run_tables

HEIGHT_INCHES = 3.2  # Of a figure with many experiments, which is wide.
STOP = "early_stop_iteration"
# Column of runs -> its axis; see `headlines.OF_RUNS`.
AXES = {
    "accuracy": figure_style.ACCURACY_LABEL,
    "early_stop_accuracy": "Test accuracy at early stop (%)",
    STOP: "Early-stop iteration",
}
NOTHING = "No early_stopping figure: no validation logs.\n"


def section(found: tree.Tree) -> parts.Section:
    """Figure accuracy: test accuracy against density."""
    name = re.sub(r"[^\w-]", "_", headlines.of(found.chosen).metric)
    return parts.Section(figures={name: figure(found.chosen, "accuracy")})


def stop_section(found: tree.Tree) -> parts.Section:
    """Figure early_stopping: its iteration, where there is validation."""
    runs = selection.trained(found.chosen)
    is_drawn = runs[STOP].notna().any()
    return parts.Section(
        figures={"early_stopping": figure(runs, STOP)} if is_drawn else {},
        text=NOTHING if found.chosen[STOP].isna().all() else "",
        rank=parts.NOTES_RANK,
    )


def figure(runs, column: str):
    """Returns a figure of a column of runs, one of AXES, against density.

    What is called accuracy there is the runs' headline metric. Lines are means
    over all runs of an experiment at a level; the dotted line is the dense
    network's mean.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), fig. 4a
    (early-stop iteration), 4b (accuracy there) and 4c (at the end).

    Raises:
        ValueError: If no run has the values to draw.
    """
    headline, label, scale = headlines.of(runs), AXES[column], 1
    if column in headlines.OF_RUNS:
        column, scale = headlines.column(column, headline), headline.scale
        label = headline.reword(label)
    series = styles.series(runs["experiment"])
    # A density of 0 has no place on a logarithmic axis.
    runs = runs[runs[column].notna() & (runs["density"] > 0)]
    if runs.empty:
        raise ValueError(f"No run has the {column} to draw")
    table = run_tables.summarize(runs)
    # Of an experiment that is dense alone, the dotted line says it all.
    lowest: Any = table.groupby("experiment")["density"].transform("min")
    shown = table[lowest < 1] if (lowest < 1).any() else table
    is_wide = len(series) > figure_style.DISTINCT_COLORS
    height = HEIGHT_INCHES if is_wide else figure_style.HEIGHT_INCHES
    with figure_style.drawing(height_inches=height, is_wide=is_wide) as (
        drawn,
        [axes],
    ):
        how = (column, scale, series)
        entries = mean_plots.draw_experiments(axes, shown, *how)
        entries += mean_plots.draw_dense(axes, table, *how)
        figure_style.density_axis(axes, 100 * table["density"])
        axes.set_ylabel(label)
        if column == STOP:
            axes.set_ylim(0, 1.05 * max(runs[column].max(), 1))
            figure_style.iteration_axis(axes.yaxis)
        figure_style.legend(drawn, entries)
    return drawn
