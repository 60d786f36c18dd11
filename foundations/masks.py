"""Masks as plain arrays: 1 = kept, 0 = pruned, one per maskable kernel."""

import functools

import numpy as np

from lottery_ticket.foundations import names

Masks = dict[str, np.ndarray]


def ones(network: Masks) -> Masks:
    """Returns masks that keep everything, shaped as the given entries."""
    return {
        name: np.ones(np.shape(entry), np.uint8)
        for name, entry in network.items()
    }


def union(*masks: Masks) -> Masks:
    """Returns masks that keep what any of the given masks keeps.

    Args:
        masks: Dicts, layer name -> array of 0s and 1s. A layer that only some
            of them name keeps what those say.

    Raises:
        ValueError: If there are no masks, one layer's masks differ in shape,
            or a value is neither 0 nor 1.
    """
    return _combine(np.logical_or, masks)


def intersect(*masks: Masks) -> Masks:
    """Returns masks that keep what all of the given masks keep.

    Args and Raises: as for `union`.
    """
    return _combine(np.logical_and, masks)


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
    """Raises unless the masks fit a network's maskable kernels.

    Args:
        masks: Dict, layer name -> mask. Layers may be missing.
        shapes: Dict, layer name -> shape of its kernel.

    Raises:
        ValueError: If a layer is unknown, a shape differs, or a value is
            neither 0 nor 1.
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


def _check_values(name, mask):
    is_wrong = ~np.isin(mask, (0, 1))
    if is_wrong.any():
        raise ValueError(
            f"The mask of layer {name!r} must hold 0s and 1s only. "
            f"Received: {mask[is_wrong].flat[0]}"
        )


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
