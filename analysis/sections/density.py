"""Test accuracy, and when to have stopped, against density."""

import re
from typing import Any

from lottery_ticket.analysis.look import figure_style, mean_plots, styles
from lottery_ticket.analysis.reading import (
    headlines,
    pairs,
    selection,
    spreads,
    tree,
)
from lottery_ticket.analysis.reading import options as options_lib
from lottery_ticket.analysis.sections import parts, run_tables

HEIGHT_INCHES = 3.2  # Of a figure with many experiments, which is wide.
STOP = "early_stop_iteration"
# Column of runs -> its axis; see `headlines.OF_RUNS`.
AXES = {
    "accuracy": figure_style.ACCURACY_LABEL,
    "early_stop_accuracy": "Test accuracy at early stop (%)",
    STOP: "Early-stop iteration",
}
RING = {
    **{"linestyle": "", "marker": "o", "markersize": 7},
    **{"markerfacecolor": "none", "markeredgewidth": 0.6},
}
CAP = {**figure_style.CHANCE, "linestyle": (0, (5, 3))}
HOLLOW = {"linestyle": "", "markerfacecolor": "white", "zorder": 4}
NOTHING = "No early_stopping figure: no validation logs.\n"
NO_NUMBER = "No {} figure: no run has a number to draw.\n"


def section(found: tree.Tree) -> parts.Section:
    """Figure accuracy: test accuracy against density."""
    name = _file_name("accuracy", found)
    return _drawn(found, found.chosen, {name: "accuracy"})


def stop_section(found: tree.Tree) -> parts.Section:
    """Figures early_stopping and early_stop_accuracy: its iteration, and the
    accuracy there, where there is validation.
    """
    runs, name = selection.trained(found.chosen), "early_stop_accuracy"
    if found.chosen[STOP].isna().all():
        return parts.Section(text=NOTHING, rank=parts.NOTES_RANK)
    if runs[STOP].isna().all():
        return parts.Section()
    columns = {"early_stopping": STOP, _file_name(name, found): name}
    return _drawn(found, runs, columns)


def figure(runs, column: str, options: options_lib.Options = options_lib.USUAL):
    """Returns a figure of a column of runs, one of AXES, against density.

    What is called accuracy there is the runs' headline metric. Lines are means
    over all runs of an experiment at a level; the dotted line is the dense
    network's mean. Where one of early-stopping iterations is at the end of
    training, the mark of their mean is hollow, and a line is at the end. Of
    accuracies at the end, those of winning tickets have a ring, see
    `pairs.winning`.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), fig. 4a
    (early-stop iteration), 4b (accuracy there) and 4c (at the end).

    Raises:
        ValueError: If no run has the values to draw.
    """
    headline, scale = headlines.of(runs), 1
    own = headlines.column(column, headline)
    if column in headlines.OF_RUNS:
        scale = headline.scale
    how = (own, scale, styles.series(runs["experiment"]))
    runs = _known(runs, own)
    if runs.empty:
        raise ValueError(f"No run has the {own} to draw")
    table = run_tables.summarize(runs)
    # Of an experiment that is dense alone, the dotted line says it all.
    lowest: Any = table.groupby("experiment")["density"].transform("min")
    shown = table[lowest < 1] if (lowest < 1).any() else table
    marked, marks = _marked(shown, runs, column, options)
    is_wide = runs["experiment"].nunique() > figure_style.DISTINCT_COLORS
    height = HEIGHT_INCHES if is_wide else figure_style.HEIGHT_INCHES
    with figure_style.drawing(height_inches=height, is_wide=is_wide) as (
        drawn,
        [axes],
    ):
        entries = mean_plots.draw_experiments(
            axes, marked, *how, labels=options.names, marks=marks
        )
        networks = selection.networks(runs)
        entries += mean_plots.draw_dense(axes, table, *how, networks)
        figure_style.density_axis(axes, 100 * table["density"])
        if column == STOP:
            entries += _finish_stops(axes, runs)
        elif options.ylim:
            axes.set_ylim(*options.ylim)
        label = AXES[column]
        axes.set_ylabel(headline.reword(label) if own != STOP else label)
        if "wins" in marked and marked["wins"].any():
            entries.append(("winning ticket", {**figure_style.DARK, **RING}))
        figure_style.legend(drawn, entries)
    return drawn


def _drawn(found, runs, columns):
    """Figures of columns by file name; a note of each without a number."""
    kind, figures, notes = headlines.of(runs), {}, []
    for name, column in columns.items():
        if _known(runs, headlines.column(column, kind)).empty:
            notes.append(NO_NUMBER.format(name))
        else:
            figures[name] = figure(runs, column, found.options)
    return parts.Section(
        figures=figures,
        text="".join(notes),
        rank=parts.NOTES_RANK,
        captions={name: _caption(columns[name], found) for name in figures},
    )


def _known(runs, column):
    """Runs with a number there, and a place on the axis of densities."""
    return runs[runs[column].notna() & (runs["density"] > 0)]


def _file_name(column, found):
    """A column, with the headline metric's name in place of accuracy."""
    kind = headlines.of(found.chosen)
    return re.sub(r"[^\w-]", "_", headlines.column(column, kind))


def _caption(column, found):
    """What a page heads its figure with: "Test accuracy against density"."""
    label = headlines.of(found.chosen).reword(AXES[column])
    return f"{label.removesuffix(' (%)')} against density"


def _marked(table, runs, column, options):
    """A summary, and marks that some of its rows have in the figure."""
    if column != "accuracy":
        marks = {spreads.CENSORED: HOLLOW} if column == STOP else {}
        return table, marks
    kind = headlines.of(runs)
    trials = pairs.by_trial(selection.trained(runs), options.control)
    margins = pairs.margins(trials, kind, options.margin)
    won = pairs.winning(trials, kind, margins)
    places = zip(table["experiment"], table["level"], strict=True)
    return table.assign(wins=[each in won for each in places]), {"wins": RING}


def _finish_stops(axes, runs):
    """Begins y at 0, and draws ends of training that censor: their entries."""
    axes.set_ylim(0, 1.05 * max(runs[STOP].max(), 1))
    figure_style.iteration_axis(axes.yaxis)
    ends = sorted(runs[STOP][spreads.is_censored(runs)].unique())
    for end in ends:
        axes.axhline(end, zorder=1, **CAP)
    mark = {**figure_style.DARK, **HOLLOW, "marker": "o"}
    both = [("at least (minimum at the end)", mark), ("end of training", CAP)]
    return both if ends else []
