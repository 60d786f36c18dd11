"""Lengths of training, in iterations or epochs: '500it', '20ep'."""

import re

UNITS = {
    "it": "iterations",
    "iterations": "iterations",
    "ep": "epochs",
    "epochs": "epochs",
}

EVERY = "every:"
_LENGTH = re.compile(r"\s*(\d+(?:_\d+)*)\s*([a-z]+)\s*")


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
        match = _LENGTH.fullmatch(str(length))
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
    """Returns one of `points` in one of the several ways to write it.

    Raises ValueError if it is none.
    """
    every, length = _every(point)
    try:
        written = text(length)
    except ValueError as error:
        raise _no_point(point) from error
    return f"{EVERY}{written}" if every else written


def points(
    point: str | tuple[str, int], per_epoch: int, start: int, end: int
) -> list[int]:
    """Returns the iterations that a length stands for on the way.

    Args:
        point: A length, '500it', which is one, inside of the way or not; or
            'every:5ep', all multiples of one after the start and before the
            end: none if there is none on the way.
        per_epoch: Iterations of an epoch.
        start: Iteration at which the way begins.
        end: At which it ends.

    Raises:
        ValueError: If it is neither, or every 0.
    """
    every, length = _every(point)
    step = iterations(length, per_epoch)
    if not every:
        return [step]
    if not step:
        raise _no_point(point)
    return [each for each in range(step, end, step) if each > start]


def _no_point(point):
    return ValueError(
        "save_iterations must be lengths such as '500it' or '20ep', or "
        f"'every:5ep', which is above 0. Received: {point!r}"
    )


def _every(point) -> tuple[bool, str | tuple[str, int]]:
    """Whether a point is one of many, and its length."""
    if isinstance(point, str) and point.strip().startswith(EVERY):
        return True, point.strip().removeprefix(EVERY)
    return False, point


def iterations(length: str | tuple[str, int], per_epoch: int) -> int:
    """Returns a length as a number of iterations, `per_epoch` in one epoch."""
    unit, number = parse(length)
    return number * per_epoch if unit == "epochs" else number
