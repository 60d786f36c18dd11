"""What the points of a figure's lines are of: who draws tells, a page asks."""

import dataclasses
import weakref
from collections.abc import Iterable, Sequence
from typing import Any

NOTHING: dict[str, Any] = {}  # Nothing is known of a point but its place.
KEYS = ("experiment", "level", "runs", "n")


@dataclasses.dataclass(frozen=True, eq=False)
class Points:
    """What is known of the points of a line, in their order.

    Args:
        low: Lower end of the bar or band at each, in the axis's unit.
        high: Its upper end.
        of: A dict for each, of what is known: experiment and level, whose runs
            it is the mean of; runs, how many these are; column and scale, what
            of them, times what; all of a point of means in runs.csv. Of what is
            in another table n, how many it is the mean of, and each of these:
            trial, folder and value.
    """

    low: Sequence[float]
    high: Sequence[float]
    of: Sequence[dict[str, Any]]

    def chosen(self, kept: Sequence[int]) -> "Points":
        """Returns only some of them, by their numbers."""
        return Points(
            low=[self.low[number] for number in kept],
            high=[self.high[number] for number in kept],
            of=[self.of[number] for number in kept],
        )


# Line -> its points; artist -> its entry. Gone when the line or artist is.
_told: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_entries: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def tell(line, points: Points) -> None:
    """Says what the points of a line are of; the figure stays as it is."""
    _told[line] = points


def told(line) -> Points | None:
    """Returns what was said of a line, or None."""
    return _told.get(line)


def enter(artists: Iterable[Any], text: str) -> None:
    """Says which entry of a figure's legend artists are of, by its text."""
    for artist in artists:
        _entries[artist] = text


def entry(artist) -> str | None:
    """Returns the text of the entry that an artist was said to be of."""
    return _entries.get(artist)


def of_rows(table, column: str, scale: float) -> list[dict[str, Any]]:
    """Returns what points are of that are rows of a table, one each.

    Args:
        table: Data frame; experiment and level may be in its index.
        column: Of runs, whose means are drawn.
        scale: What they are multiplied by.
    """
    flat = table.reset_index()
    known = [key for key in KEYS if key in flat]
    rows = flat[known].to_dict("records")
    return [{**row, "column": column, "scale": scale} for row in rows]


def of_trials(groups, column: str, scale: float) -> list[dict[str, Any]]:
    """Returns what points are of that are means of rows, group by group.

    Args:
        groups: Pairs of a key and rows, as from `groupby`; the rows have the
            columns trial and directory.
        column: Of the rows, whose means are drawn; NaN is told as None.
        scale: What they are multiplied by.
    """
    found = []
    for _, own in groups:
        values = (
            scale * each if each == each else None for each in own[column]
        )
        places = zip(own["trial"], own["directory"], values, strict=True)
        names = ("trial", "folder", "value")
        each = [dict(zip(names, place, strict=True)) for place in places]
        found.append({"n": len(own), "each": each})
    return found
