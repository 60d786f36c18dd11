"""Durations: '90s', '55min', '2h', and in words."""

import re

UNITS = {"s": 1, "min": 60, "h": 3600}


def seconds(duration: str) -> int:
    """Returns a duration in seconds.

    Args:
        duration: A whole number and its unit, s, min or h: '90s', '55min'.

    Raises:
        ValueError: If it is none, or nothing.
    """
    match = re.fullmatch(r"\s*(\d+)\s*([a-z]+)\s*", str(duration))
    number, unit = match.groups() if match else ("0", "")
    if unit not in UNITS or not int(number):
        raise ValueError(
            "A duration must be a number of seconds, minutes or hours, such as "
            f"'90s', '55min' or '2h'. Received: {duration!r}"
        )
    return int(number) * UNITS[unit]


def about(duration_s: float) -> str:
    """Returns seconds in words: '14 s', '2.5 h'."""
    number, unit = duration_s, "s"
    for larger, size in (("min", 60), ("h", 60), ("days", 24)):
        if number >= 100:
            number, unit = number / size, larger
    return f"{number:.1f} {unit}" if number < 9.95 else f"{number:.0f} {unit}"
