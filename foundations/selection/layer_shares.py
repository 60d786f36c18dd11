"""Fractions and densities of layers: conv*=.1, dense*=.2, logits=.1."""

import fnmatch
import numbers
from collections.abc import Iterable

from lottery_ticket.foundations.values import names

SCOPES = ("layerwise", "global")
# Kind of share -> its plural, and the share of layers that pruning with the
# scope global leaves alone.
KINDS = {"fraction": ("fractions", 0), "density": ("densities", 1)}


def expand(
    kind: str, shares: dict[str, float], layers: Iterable[str]
) -> dict[str, float]:
    """Returns dict, layer name -> share, without patterns.

    A key is a layer's name or a pattern such as "conv*" or "*", in which * and
    ? stand for any text and any one character. A layer's own name wins over
    patterns. The layers are in the order of `layers`; those that nothing
    matches are left out.

    Args:
        kind: A name in KINDS, for errors.
        shares: Dict, layer name or pattern -> fraction or density.
        layers: Names of all maskable layers.

    Raises:
        ValueError: If a key matches no layer, two patterns match a layer that
            is not named, or a share is outside [0, 1].
    """
    layers = list(layers)
    plural, _ = KINDS[kind]
    for key, share in shares.items():
        if not any(fnmatch.fnmatchcase(layer, key) for layer in layers):
            names.check(f"layer in {plural}", key, layers)
        check(f"{kind} of layer {key!r}", share)
    keys = {layer: _key(layer, shares, plural) for layer in layers}
    return {
        layer: shares[key] for layer, key in keys.items() if key is not None
    }


def groups(
    kind: str,
    shares: dict[str, float],
    layers: Iterable[str],
    scope: str = "layerwise",
) -> list[tuple[tuple[str, ...], float]]:
    """Returns pairs of layers that are compared with each other, and a share.

    Args:
        kind: A name in KINDS: "fraction" is of the weights still kept, to be
            pruned; "density" of all weights, to be kept.
        shares: As for `expand`, like layers.
        scope: "layerwise" compares no layers with each other; "global" all
            whose fraction is above 0, or whose density is below 1. The others
            are in no group then.

    Raises:
        ValueError: As for `expand`, or if the scope is unknown, or is global
            and the shares of the layers that are compared differ.
    """
    names.check("scope", scope, SCOPES)
    expanded = expand(kind, shares, layers)
    if scope == "layerwise":
        return [((name,), share) for name, share in expanded.items()]
    plural, whole = KINDS[kind]
    compared = {name: x for name, x in expanded.items() if x != whole}
    if len(set(compared.values())) > 1:
        raise ValueError(
            f"With scope=global, all {plural} "
            f"{'below' if whole else 'above'} {whole} must be the same. "
            f"Received: {compared}"
        )
    return [(tuple(compared), share) for share in set(compared.values())]


def check(what: str, share: float) -> None:
    """Raises ValueError unless a share is a number in [0, 1].

    `what` it is goes into the error: "fraction of layer 'conv0'".
    """
    if not isinstance(share, numbers.Real) or not 0 <= share <= 1:  # Or NaN.
        raise ValueError(f"The {what} must be in [0, 1]. Received: {share}")


def _key(layer, shares, plural):
    """The key of the shares that counts for a layer, or None."""
    if layer in shares:
        return layer
    matching = [key for key in shares if fnmatch.fnmatchcase(layer, key)]
    if len(matching) > 1:
        raise ValueError(
            f"Layer {layer!r} matches several patterns of the {plural}: "
            f"{', '.join(matching)}. Name the layer itself"
        )
    return matching[0] if matching else None
