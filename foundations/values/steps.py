"""Lengths of training, in iterations or epochs: '500it', '20ep'."""

import re

UNITS = {
    "it": "iterations",
    "iterations": "iterations",
    "ep": "epochs",
    "epochs": "epochs",
}


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


def text(length: str | tuple[str, int]) -> str:
    """Returns a length in one of the several ways to write it: '500it'."""
    unit, number = parse(length)
    return f"{number}{unit[:2]}"


def iterations(length: str | tuple[str, int], per_epoch: int) -> int:
    """Returns a length as a number of iterations, `per_epoch` in one epoch."""
    unit, number = parse(length)
    return number * per_epoch if unit == "epochs" else number
