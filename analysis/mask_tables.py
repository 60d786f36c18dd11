"""Overlaps and sign agreements as text."""

from lottery_ticket.analysis import overlaps, tables
from lottery_ticket.foundations import lazy

pd = lazy.module("pandas")

TRIALS = """\
Overlap of the masks of two trials, of all pairs (Jaccard index: kept by both /
kept by either), and what masks of the same layer densities have by chance
"""
TICKETS = "Overlap with the masks of a ticket in the same trial\n"
SIGNS = """\
Weights that end training with the sign they began with, in %: of those kept
(those that get no gradient keep it); of those pruned to get to a level, in the
training before
"""
OVERLAP_HEADS = ("pairs", "overlap", "min", "max", "by chance")


def to_text(overlap: "pd.DataFrame", signs: "pd.DataFrame") -> str:
    """Returns tables of all layers together, of what there is.

    Experiments that have the masks of an earlier one are named below a table,
    not in it.

    Args:
        overlap: As from `overlaps.summarize`.
        signs: As from `sign_changes.summarize`.
    """
    overlap = overlap[overlap["layer"] == overlaps.ALL]
    is_trials = overlap["against"] == overlap["experiment"]
    parts = [
        _trials(overlap[is_trials]),
        _tickets(overlap[~is_trials]),
        _signs(signs[signs["layer"] == overlaps.ALL]),
    ]
    return "\n".join(part for part in parts if part)


def _trials(table):
    shown = overlaps.distinct(table)
    rows = [
        [*_place(row), *_overlap_cells(row)] for row in shown.to_dict("records")
    ]
    is_other = ~table["experiment"].isin(shown["experiment"])
    others = ", ".join(table["experiment"][is_other].unique())
    notes = [f"The same overlaps as one above: {others}\n"] * bool(others)
    return _part(TRIALS, [*tables.PLACE_HEADS, *OVERLAP_HEADS], rows, notes)


def _tickets(table):
    pairs = ["against", "experiment"]
    lowest = table.groupby(pairs)["overlap_min"].transform("min")
    rows = [
        [row["against"], *_place(row), *_overlap_cells(row)]
        for row in table[lowest < 1].to_dict("records")
    ]
    notes = [
        f"The same masks as {ticket}: {', '.join(own['experiment'].unique())}\n"
        for ticket, own in table[lowest == 1].groupby("against", sort=False)
    ]
    heads = ["ticket", *tables.PLACE_HEADS, *OVERLAP_HEADS]
    return _part(TICKETS, heads, rows, notes, left=2)


def _signs(table):
    heads = [*tables.PLACE_HEADS, "runs", "same sign %", "min", "max"]
    keys = [f"agreement_{each}" for each in tables.STATISTICS]
    if table["pruned_agreement_mean"].notna().any():
        heads.append("of pruned %")
        keys.append("pruned_agreement_mean")
    rows = [
        [
            *_place(row),
            str(row["runs"]),
            *(tables.number(row[key]) for key in keys),
        ]
        for row in table.to_dict("records")
    ]
    return _part(SIGNS, heads, rows)


def _part(title, heads, rows, notes=(), left=1):
    """A table under a title, and lines below; "" if there is neither."""
    parts = [tables.align([heads, *rows], left=left)] if rows else []
    parts += ["".join(notes)] if notes else []
    return "\n".join([title, *parts]) if parts else ""


def _place(row):
    density = tables.percent(row["density"])
    return [row["experiment"], str(row["level"]), density]


def _overlap_cells(row):
    values = [row[f"overlap_{statistic}"] for statistic in tables.STATISTICS]
    numbers = [f"{value:.3f}" for value in [*values, row["chance"]]]
    return [str(row["pairs"]), *numbers]
