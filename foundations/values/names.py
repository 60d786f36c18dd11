"""Checks of names, with the nearest known one in the error."""

import difflib
from collections.abc import Iterable

# What people call what has another name here.
KNOWN_AS = {
    "cifar": "cifar10",
    "lenet": "fc",
    "lenet_300_100": "fc",
    "lenet300100": "fc",
    "magnitude": "large_final",
    "mnist_lenet": "mnist_fc",
    "resnet": "resnet20",
    "vgg": "vgg16",
}


def check(kind: str, name: str, known: Iterable[str]) -> None:
    """Raises ValueError, with the nearest known name, unless a name is known.

    `kind` is what it is a name of, for the error: "recipe", "layer".
    """
    known = list(known)
    if name in known:
        return
    nearest = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    usual = KNOWN_AS.get(str(name).lower().replace("-", "_"))
    nearest = [usual] if usual in known else nearest
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    raise ValueError(
        f"Unknown {kind} {name!r}.{hint} Known: {', '.join(known) or 'none'}"
    )
