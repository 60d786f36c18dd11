"""Records of results as they are read, and words for what is wrong with one."""

import numpy as np

from lottery_ticket.analysis.reading import tree
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import sealed

UNFINISHED = "unfinished (no {name}; still going, or stopped)"


def read(directory: str, name: str, missing: str = UNFINISHED) -> dict:
    """Returns the record in a sealed file of a folder.

    Raises:
        ValueError: If there is no such file, in the words of `missing`, where
            {name} stands for its name; or it is not whole.
    """
    path = files.join(directory, name)
    is_there = files.exists(path)  # First: it may be written meanwhile.
    record = sealed.read(path, warn=False)  # The report says it.
    if record is None:
        damaged = f"damaged (its {name} is not whole)"
        raise ValueError(damaged if is_there else missing.format(name=name))
    return record


def understand(
    name: str, things: list[tuple], read_one
) -> tuple[list, list[str]]:
    """Returns what is read of each of some things, and what cannot be.

    Args:
        name: Name of the file whose record is read.
        things: Pairs: what a thing is called in messages, and the thing.
        read_one: Function: thing -> what is wanted of it. ValueError and
            FileNotFoundError say what is wrong; KeyError and TypeError, that
            its record lacks something.

    Returns:
        Pair: a list of what was read, in order; and a sentence for each thing
        that is unfinished or damaged.
    """

    def try_one(labelled):
        """Either (what is read,) or what is wrong."""
        label, thing = labelled
        try:
            return (read_one(thing),)
        except (ValueError, FileNotFoundError) as error:
            return f"{label}: {error}"
        except (KeyError, TypeError) as error:
            return f"{label}: damaged (its {name} lacks {error})"

    answers = list(files.each(try_one, things))
    return (
        [answer[0] for answer in answers if isinstance(answer, tuple)],
        [answer for answer in answers if isinstance(answer, str)],
    )


def of_places(
    name: str, places: list[tree.Place], make
) -> tuple[list, list[str]]:
    """As `understand`, of the records that some places should hold.

    `make` is a function: place, record -> what is wanted of it.
    """
    return understand(
        name,
        [(place.directory, place) for place in places],
        lambda place: make(place, read(place.directory, name)),
    )


def points(columns: dict[str, list]) -> list[dict]:
    """Returns columns of a record as a row per point, a dict each.

    Raises:
        ValueError: If the columns differ in length.
    """
    if len({len(column) for column in columns.values()}) > 1:
        raise ValueError("damaged (its columns differ in length)")
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def count(counts: dict) -> tuple[int, int]:
    """Returns the sums of a dict, layer -> (weights kept, weights in all)."""
    kept, total = np.sum([*counts.values(), (0, 0)], axis=0)
    return int(kept), int(total)


def share(kept: int, total: int) -> float:
    """Returns the density of so many kept weights; of none at all, 1."""
    return float(kept / total) if total else 1.0
