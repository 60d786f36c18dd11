"""Checks of names, with the nearest known one in the error."""

import difflib
from collections.abc import Iterable


def check(kind: str, name: str, known: Iterable[str]) -> None:
    """Raises ValueError, with the nearest known name, unless a name is known.

    `kind` is what it is a name of, for the error: "recipe", "layer".
    """
    known = list(known)
    if name in known:
        return
    nearest = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    raise ValueError(
        f"Unknown {kind} {name!r}.{hint} Known: {', '.join(known) or 'none'}"
    )
