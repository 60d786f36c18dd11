"""Runs as a table, and summed up per experiment and level."""

from lottery_ticket.analysis.look import tables
from lottery_ticket.analysis.reading import headlines, tree
from lottery_ticket.analysis.sections import parts
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import headline as headline_lib

with lazy.imports():
    import pandas as pd

HEADS = (
    *("trials", "runs"),
    *("accuracy %", "min", "max"),
    *("at early stop %", "min", "max"),
    *("early-stop iteration", "min", "max"),
)
TEXT = "table.txt"  # At its end, a report writes what is wrong with results.


def section(found: tree.Tree) -> parts.Section:
    """Tables runs.csv (a row per run), table.csv and table.txt (per level)."""
    table = summarize(found.chosen)
    text = to_text(table, headlines.of(found.chosen))
    written = {"runs.csv": found.chosen, "table.csv": table, TEXT: text}
    return parts.Section(written, text=text, rank=1)


def summarize(runs: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a row per experiment and level: density, and what runs reached.

    Columns: experiment, level, density (mean), trials, runs (their numbers),
    and mean, min and max of each of accuracy (or what else is the headline
    metric), early_stop_accuracy and early_stop_iteration, such as
    accuracy_mean. Every run counts as one repetition: 5 trials with 3
    reinitializations each are 15 runs. Where some kept weights lie on no path
    from input to output, effective_density (mean) is of those that do.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2,
    figures 3 and 4.
    """
    known = runs["density"]
    if "effective_density" in runs:
        known = runs["effective_density"]
    is_same = (known.isna() | (known == runs["density"])).all()
    effective = {"effective_density": ("effective_density", "mean")}
    groups = runs.groupby(["experiment", "level"], sort=False)
    table = groups.agg(
        density=("density", "mean"),
        **({} if is_same else effective),
        trials=("trial", "nunique"),
        runs=("run", "size"),
        **tables.statistics(headlines.measured(headlines.of(runs))),
    )
    return table.reset_index()


def to_text(
    table: "pd.DataFrame",
    headline: headline_lib.Headline = headline_lib.ACCURACY,
) -> str:
    """Returns a summary as text; accuracies and densities are in percent."""
    added = ["effective %"] if "effective_density" in table else []
    rows = [_cells(row, headline) for row in table.to_dict("records")]
    heads = [*tables.PLACE_HEADS, *added, *map(headline.reword, HEADS)]
    return tables.align([heads, *rows])


def _cells(row, headline):
    cells = tables.place(row)
    if "effective_density" in row:
        cells.append(tables.percent(row["effective_density"]))
    cells += [str(row[key]) for key in ("trials", "runs")]
    *measures, stop = headlines.measured(headline)
    cells += [
        headline.number(row[column]) for column in tables.statistics(measures)
    ]
    for column in tables.statistics([stop]):
        value = row[column]
        cells.append("-" if pd.isna(value) else f"{value:.0f}")
    return cells
