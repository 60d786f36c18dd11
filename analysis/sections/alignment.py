"""Masks permuted to fit another draw: how well units match, and masks then."""

from lottery_ticket.analysis.reading import gaps, headlines, records, tree
from lottery_ticket.analysis.sections import parts
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import headline as headline_lib

with lazy.imports():
    import pandas as pd

EXPERIMENT = "align"
SIDES = ("before", "after")
SPLITS = ("train", "validate", "test")
COLUMNS = [
    *("experiment", "trial", "level", "matching", "density"),
    *(f"correlation_{side}" for side in SIDES),
    *(f"overlap_{side}" for side in SIDES),
    "overlap_chance",
    *(f"barrier_{split}_{side}" for split in SPLITS for side in SIDES),
    "directory",
]


def section(found: tree.Tree) -> parts.Section:
    """Table alignment.csv: a row per ticket whose masks were permuted."""
    table, problems = read(found)
    if table.empty:
        return parts.Section(problems=problems)
    return parts.Section(
        tables={"alignment.csv": table},
        problems=problems,
        about="masks permuted to fit other draws",
        captions={"alignment": "Masks permuted to fit other draws"},
    )


def read(found: tree.Tree) -> tuple["pd.DataFrame", list[str]]:
    """Returns all alignments in a tree, and what is wrong with the others.

    Columns: experiment ("align"; the name of the tree before it, where there
    are several), trial, level; matching (activations, weights or random);
    density of the masks; correlation_before and correlation_after, the mean of
    a unit with the one at its place, and with the one that it was matched to;
    overlap_before and overlap_after, the Jaccard index of the masks and those
    of the second draw's ticket, and overlap_chance, that of unrelated masks
    (NaN without such a ticket); of each split its barriers between the second
    network and the first, such as barrier_test_after; directory.

    Returns:
        Pair: a row per alignment; and problems.
    """
    name = found.files[EXPERIMENT]
    rows, problems = records.of_places(name, found.holding(name), _row)
    in_order = gaps.in_order(
        [row for row, _ in rows], "experiment", "level", "matching", "trial"
    )
    return (
        headlines.frame(in_order, COLUMNS, found.options.metric),
        problems + gaps.mixed_settings([settings for _, settings in rows]),
    )


def _row(place, record):
    """Its row; its place and settings."""
    settings = record["settings"]
    overlap = record["overlap"] or {}
    row = {
        "headline": headline_lib.of_record(record),
        "experiment": place.experiment,
        "trial": place.trial,
        "level": place.level,
        "matching": settings["matching"],
        "density": records.share(*records.count(record["masks"])),
        **_sides("correlation", record["correlation"]),
        **{f"overlap_{name}": value for name, value in overlap.items()},
        "directory": place.directory,
    }
    for split in record["barriers"][0]:
        pair = [barriers[split] for barriers in record["barriers"]]
        row |= _sides(f"barrier_{split}", pair)
    # Every trial has other networks, tickets and draws.
    own = ("first", "second", "ticket", "second_ticket")
    of_all = {k: v for k, v in settings.items() if k not in own}
    return row, (place, of_all)


def _sides(name, pair):
    return {
        f"{name}_{side}": value for side, value in zip(SIDES, pair, strict=True)
    }
