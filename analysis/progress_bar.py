"""A bar for work that takes a while, on terminals only."""

import sys
from collections.abc import Collection, Iterable

import tqdm

DELAY_S = 2  # What takes less shows nothing.


def over(items: Collection, what: str, quiet: bool = False) -> Iterable:
    """Returns an iterator over items that shows how far it is.

    Args:
        items: What is worked on, one after the other.
        what: What is done to them, in a word.
        quiet: Whether to show nothing.
    """
    return tqdm.tqdm(
        items,
        desc=what,
        delay=DELAY_S,
        leave=False,
        disable=quiet or not sys.stderr.isatty(),
    )
