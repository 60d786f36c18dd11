"""Durations: '90s', '55min', '2h'."""

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
