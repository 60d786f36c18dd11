"""Levels in the words of a command line: '0-30' or '4,8,12'."""

import re


def parse(text: str) -> list[int]:
    """Returns the levels that a text names, such as '0-30' or '4,8,12-16'.

    Raises ValueError if it cannot be read, or names none.
    """
    levels = []
    for part in str(text).split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        if not match:
            raise ValueError(
                "levels must be numbers and ranges such as 0-30 or 4,8,12. "
                f"Received: {text!r}"
            )
        first, last = match[1], match[2] or match[1]
        levels += range(int(first), int(last) + 1)
    if not levels:
        raise ValueError(f"levels must name at least one. Received: {text!r}")
    return levels
