"""Masks as plain arrays: 1 = kept, 0 = pruned, one per maskable kernel."""

import functools
from collections.abc import Mapping

import numpy as np

from lottery_ticket.foundations.values import names

# Layer name -> array; of masks, of 0s and 1s.
Network = dict[str, np.ndarray]
Masks = Network


def ones(network: Network) -> Masks:
    """Returns masks that keep everything, shaped as the given entries."""
    return {
        name: np.ones(np.shape(entry), np.uint8)
        for name, entry in network.items()
    }


def union(*masks: Masks) -> Masks:
    """Returns masks that keep what any of the given masks keeps.

    A layer that only some of them name keeps what those say. Raises ValueError
    if there are no masks, one layer's masks differ in shape, or a value is
    neither 0 nor 1.
    """
    return _combine(np.logical_or, masks)


def intersect(*masks: Masks) -> Masks:
    """Returns masks that keep what all of the given masks keep.

    All else is as for `union`.
    """
    return _combine(np.logical_and, masks)


# Name -> function that makes one of several masks.
COMBINATIONS = {"union": union, "intersect": intersect}


def shuffle(masks: Masks, seed: int) -> Masks:
    """Returns masks with each layer's entries in random order.

    Each layer keeps exactly as many weights as before, at positions that are
    independent of where they were.

    Args:
        seed: Seed of the permutations, which the layers draw in turn.
    """
    rng = np.random.default_rng(seed)
    return {
        name: rng.permutation(mask.ravel()).reshape(mask.shape)
        for name, mask in masks.items()
    }


def jaccard(a: Masks, b: Masks) -> float:
    """Overlap of two masks: |a and b| / |a or b|, over all layers.

    1 is the same mask, 0 none in common, and 1 if both keep nothing. For what
    overlap to expect of unrelated masks, see `chance_jaccard`. Raises
    ValueError if the layers or their shapes differ, or a value is neither 0 nor
    1.
    """
    _check_same_layers(a, b)
    common = [np.count_nonzero(np.logical_and(a[n], b[n])) for n in a]
    return _overlap(a, b, sum(common))


def chance_jaccard(a: Masks, b: Masks) -> float:
    """Overlap to expect of masks with these counts at unrelated positions.

    As if each layer's kept positions were drawn uniformly, independently in the
    two masks: a layer of size n that keeps k and m then has k * m / n in
    common, in expectation. It is the ratio of the expected intersection to the
    expected union over all layers, not the expectation of their ratio.

    Raises: As for `jaccard`.
    """
    _check_same_layers(a, b)
    others = counts(b)
    common = [
        kept * others[name][0] / max(total, 1)
        for name, (kept, total) in counts(a).items()
    ]
    return _overlap(a, b, sum(common))


def sign_agreement(masks: Masks, a: Network, b: Network) -> float:
    """Share of the kept weights whose signs are the same in two networks.

    0 has a sign of its own, which agrees with 0 only. A number in [0, 1], NaN
    if nothing is kept. Networks may hold more entries than masks; ValueError if
    one lacks a layer or has another shape than its mask.
    """
    check_layers({"The first network": a, "The second network": b}, masks)
    kept, agreeing = 0, 0
    for name, mask in masks.items():
        where = np.asarray(mask, bool)
        same = np.sign(a[name][where]) == np.sign(b[name][where])
        kept += same.size
        agreeing += np.count_nonzero(same)
    return agreeing / kept if kept else float("nan")


def density(masks: Masks) -> float:
    """Fraction of all maskable weights that is kept, in [0, 1]."""
    kept, total = np.sum(list(counts(masks).values()), axis=0)
    return float(kept / total)


def counts(masks: Masks) -> dict[str, tuple[int, int]]:
    """Returns (kept, total) weights of each layer, counted from the masks."""
    return {
        name: (int(np.count_nonzero(mask)), int(mask.size))
        for name, mask in masks.items()
    }


def check(masks: Masks, shapes: dict[str, tuple[int, ...]]) -> None:
    """Raises ValueError unless masks fit a network's maskable kernels.

    They do not if a layer is unknown, a shape differs, or a value is neither 0
    nor 1. Layers may be missing; `shapes` is of all.
    """
    for name, mask in masks.items():
        names.check("masked layer", name, shapes)
        mask = np.asarray(mask)
        _check_values(name, mask)
        if mask.shape != tuple(shapes[name]):
            raise ValueError(
                f"The mask of layer {name!r} must have the shape of its "
                f"kernel, {tuple(shapes[name])}. Received: {mask.shape}"
            )


def check_layers(networks: Mapping[str, Network | None], masks: Masks) -> None:
    """Raises ValueError unless networks have each masked layer, in its shape.

    Networks are given by what the error calls them; None is passed over.
    """
    given = {name: each for name, each in networks.items() if each is not None}
    for called, network in given.items():
        for name, mask in masks.items():
            shape = np.shape(network[name]) if name in network else None
            if shape != np.shape(mask):
                raise ValueError(
                    f"{called} must have layer {name!r} with its mask's shape, "
                    f"{np.shape(mask)}. Received: {shape or 'no such layer'}"
                )


def check_numbers(what: str, layers: Network) -> None:
    """Raises ValueError if a layer's array holds NaN.

    `what` they are goes into the error: "Scores".
    """
    for name, array in layers.items():
        if np.isnan(array).any():
            raise ValueError(
                f"{what} of layer {name!r} hold NaN. Did training diverge?"
            )


def _check_values(name, mask):
    is_wrong = ~np.isin(mask, (0, 1))
    if is_wrong.any():
        raise ValueError(
            f"The mask of layer {name!r} must hold 0s and 1s only. "
            f"Received: {mask[is_wrong].flat[0]}"
        )


def _check_same_layers(a, b):
    if set(a) != set(b):
        raise ValueError(
            "Expected masks of the same layers. Only one of them has: "
            f"{', '.join(sorted(set(a) ^ set(b)))}"
        )
    _check_alike([a, b])


def _overlap(a, b, common):
    kept = [kept for each in (a, b) for kept, _ in counts(each).values()]
    either = sum(kept) - common
    return float(common / either) if either else 1.0


def _combine(logical, masks):
    if not masks:
        raise ValueError("Expected at least one dict of masks. Received: none")
    _check_alike(masks)
    layers = dict.fromkeys(name for mask in masks for name in mask)
    return {
        name: functools.reduce(
            logical, [mask[name] for mask in masks if name in mask]
        ).astype(np.uint8)
        for name in layers
    }


def _check_alike(masks):
    shapes = {}
    for layer_masks in masks:
        for name, mask in layer_masks.items():
            _check_values(name, np.asarray(mask))
            first = shapes.setdefault(name, np.shape(mask))
            if np.shape(mask) != first:
                raise ValueError(
                    f"Masks of layer {name!r} must have one shape. "
                    f"Received: {first} and {np.shape(mask)}"
                )
