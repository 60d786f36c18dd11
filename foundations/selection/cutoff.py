"""The cutoff: the lowest score that is kept, and which of its ties are."""

import numpy as np


def cut(
    count: int,
    masks: dict[str, np.ndarray],
    scores: dict[str, np.ndarray],
    rng: np.random.Generator | None = None,
) -> dict[str, np.ndarray]:
    """Returns masks of layers compared with each other, `count` weights kept.

    By a partition, not a sort, and one copy of the kept scores.

    Args:
        count: How many of the kept weights stay, of all layers together.
        masks: Dict, layer name -> array of 0s and 1s; 1 means kept.
        scores: Dict, layer name -> array of real numbers of the mask's shape,
            none NaN; higher = keep.
        rng: What draws, uniformly, which of the weights go that tie at the
            cutoff, from all layers; None is the earlier layers (in the order of
            `masks`), and in a layer the earlier indices (C order).

    Returns:
        A new dict of masks; `masks` is not modified.
    """
    values = _kept_values(masks, scores)
    going = values.size - count
    if not going:
        return {name: mask.copy() for name, mask in masks.items()}
    values.partition(going - 1)
    cutoff = values[going - 1]
    ties = going - np.count_nonzero(values[:going] < cutoff)
    left = np.count_nonzero(values[going:] == cutoff)
    drawn = _draw(ties, ties + left, rng)
    pruned = {}
    for name, mask in masks.items():
        goes = scores[name] < cutoff
        if drawn.any():
            equal = (scores[name] == cutoff) & mask.astype(bool)
            own = np.count_nonzero(equal)
            goes[equal] = drawn[:own]
            drawn = drawn[own:]
        pruned[name] = mask * ~goes
    return pruned


def _draw(count, total, rng):
    """Booleans, `count` of them true: the first, or at random."""
    drawn = np.zeros(total, bool)
    drawn[:count] = True
    if rng is not None:
        rng.shuffle(drawn)
    return drawn


def _kept_values(masks, scores):
    """The scores of all kept weights, in one new array."""
    size = sum(np.count_nonzero(mask) for mask in masks.values())
    dtypes = [scores[name].dtype for name in masks]
    values = np.empty(size, np.result_type(bool, *dtypes))
    start = 0
    for name, mask in masks.items():
        # Up to four times as fast as indexing by booleans, at density 1/2.
        kept = mask.ravel().astype(bool)
        own = np.compress(kept, scores[name].ravel())
        values[start : start + own.size] = own
        start += own.size
    return values
