"""Lengths of training, in iterations or epochs: '500it', '20ep'."""

import re

UNITS = {
    "it": "iterations",
    "iterations": "iterations",
    "ep": "epochs",
    "epochs": "epochs",
}

EVERY = "every:"


def parse(length: str | tuple[str, int]) -> tuple[str, int]:
    """Returns a length as (unit, number), such as ("iterations", 500).

    Args:
        length: '500it' or '20ep', or a pair in the manner of the original
            library, ("iterations", 500) or ("epochs", 20). One iteration is
            one batch.

    Raises:
        ValueError: If it is neither, or the number is negative.
    """
    if isinstance(length, tuple | list) and len(length) == 2:
        unit, number = length
    else:
        match = re.fullmatch(r"\s*(\d+(?:_\d+)*)\s*([a-z]+)\s*", str(length))
        number, unit = match.groups() if match else ("", "")
    if unit not in UNITS or not str(number).replace("_", "").isdecimal():
        raise ValueError(
            "A length must be a number of iterations or epochs, such as "
            f"'500it' or '20ep'. Received: {length!r}"
        )
    return UNITS[unit], int(number)


def checked(length: str | tuple[str, int]) -> str | tuple[str, int]:
    """Returns a length as it is; raises as `parse`."""
    parse(length)
    return length


def text(length: str | tuple[str, int]) -> str:
    """Returns a length in one of the several ways to write it: '500it'."""
    unit, number = parse(length)
    return f"{number}{unit[:2]}"


def point_text(point: str | tuple[str, int]) -> str:
    """Returns one of `points` in one of the several ways to write it."""
    every, length = _every(point)
    return f"{EVERY}{text(length)}" if every else text(length)


def points(
    point: str | tuple[str, int], per_epoch: int, start: int, end: int
) -> list[int]:
    """Returns the iterations that a length stands for on the way.

    Args:
        point: A length, '500it', which is one, inside of the way or not; or
            'every:5ep', all multiples of one after the start and before the
            end.
        per_epoch: Iterations of an epoch.
        start: Iteration at which the way begins.
        end: At which it ends.

    Raises:
        ValueError: If it is neither, or no multiple lies on the way.
    """
    every, length = _every(point)
    step = iterations(length, per_epoch)
    if not every:
        return [step]
    found = range(step, end, step) if step else ()
    within = [each for each in found if each > start]
    if not within:
        raise ValueError(
            f"{point} is no iteration of this training, which goes from "
            f"iteration {start} to {end}: give a length from 1it up to less "
            "than that"
        )
    return within


def _every(point) -> tuple[bool, str | tuple[str, int]]:
    """Whether a point is one of many, and its length."""
    if isinstance(point, str) and point.strip().startswith(EVERY):
        return True, point.strip().removeprefix(EVERY)
    return False, point


def iterations(length: str | tuple[str, int], per_epoch: int) -> int:
    """Returns a length as a number of iterations, `per_epoch` in one epoch."""
    unit, number = parse(length)
    return number * per_epoch if unit == "epochs" else number
