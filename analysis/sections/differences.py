"""Tickets less the dense network, and less their control, trial by trial."""

from lottery_ticket.analysis.look import tables
from lottery_ticket.analysis.reading import (
    headlines,
    pairs,
    selection,
    tree,
)
from lottery_ticket.analysis.sections import parts
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import headline as headline_lib

with lazy.imports():
    import pandas as pd

WHAT = "Paired differences in test accuracy"
CAPTION = "Tickets less dense, and less their control, trial by trial"
EXPLANATION = """\
: how much more a ticket has than
the dense network, and than its control at that density, of the same trial; mean
over n trials, and the 95 % t-interval of that mean.
"""
COUNTS = """\
n is 5/3 where 5 trials have the dense network, and 3 the control.
"""
WINS = """\
* a winning ticket: as good as dense, and better than its control: in 3 trials
or more, the interval lies above zero.
"""


def section(found: tree.Tree) -> parts.Section:
    """Tables differences.csv (paired differences to the dense network and to
    the control, trial by trial) and differences.txt, of tickets.
    """
    runs = selection.trained(found.chosen)
    kind, options = headlines.of(runs), found.options
    trials = pairs.by_trial(runs, options.control)
    table = pairs.differences(trials, kind)
    if table.empty:
        return parts.Section()
    margins = pairs.margins(trials, kind, options.margin)
    winning = pairs.winning(trials, kind, margins)
    places = zip(table["experiment"], table["level"], strict=True)
    is_control = table["against"] != pairs.DENSE
    at = [*table].index(pairs.counts(kind)[0])
    table.insert(at, "wins", [place in winning for place in places])
    table["wins"] = table["wins"].where(is_control)
    tickets = runs["experiment"][runs["kind"] == selection.TICKET].unique()
    shown = table[table["experiment"].isin(tickets)]
    text, rows = to_text(shown, kind), cells(shown, kind)
    written = {"differences.csv": table}
    if shown.empty:
        return parts.Section(written, captions={"differences": CAPTION})
    return parts.Section(
        {**written, "differences.txt": text},
        text=text,
        rank=0.5,
        papers={"differences": rows},
        captions={"differences": CAPTION},
    )


def cells(
    table: "pd.DataFrame", kind: headline_lib.Headline
) -> list[list[str]]:
    """Returns a row per experiment and level, dense and control in columns.

    Where n differs between them, it is both: "5/3".
    """
    controls = [each for each in table["against"].unique() if each != "dense"]
    against = [pairs.DENSE, *controls]
    rows = [[*tables.PLACE_HEADS, "n", *(f"to {each}" for each in against)]]
    for _, own in table.groupby(pairs.PLACE, sort=False):
        by = {row["against"]: row for row in own.to_dict("records")}
        first = next(iter(by.values()))
        counts = dict.fromkeys(str(each["n"]) for each in by.values())
        texts = [_cell(by.get(each), kind) for each in against]
        rows.append([*tables.place(first), "/".join(counts), *texts])
    return rows


def to_text(table: "pd.DataFrame", kind: headline_lib.Headline) -> str:
    """Returns the differences as text, winning tickets marked with *."""
    unit = ", in points" * kind.is_percent
    explanation = f"{kind.reword(WHAT)}{unit}{EXPLANATION}"
    rows = cells(table, kind)
    text = tables.align(rows, repeated=4)
    wins = WINS if kind.higher_is_better else WINS.replace("above", "below")
    notes = COUNTS * any("/" in row[3] for row in rows)
    notes += wins * bool(table["wins"].eq(True).any())
    return f"{explanation}\n{text}" + f"\n{notes}" * bool(notes)


def _cell(row, kind):
    if row is None:
        return ""
    mean, low, high = (
        tables.signed(row[f"{kind.metric}_{part}"], kind)
        for part in ("mean", "low95", "high95")
    )
    mark = "*" * (row["wins"] is True)
    return f"{mark}{mean}" + f" [{low}, {high}]" * (low != "-")
