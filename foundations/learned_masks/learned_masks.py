"""Learned masks: what they leave of weights, and ways from one to another.

Source: of the ways, Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002),
mode connectivity. Networks and masks that are compared have the same layers,
of the same shapes.
"""

import numpy as np

from lottery_ticket.foundations.learned_masks import maskers
from lottery_ticket.foundations.values import names, seeds

Network = dict[str, np.ndarray]
SAMPLINGS = maskers.OF_LOGITS
RESCALINGS = ("none", "dynamic", "dynamic_no_gradient")
WAYS = ("probabilistic", "linear")


def effective(weights: Network, masks: Network, rescaling: str) -> Network:
    """Returns what a network computes with under masks: 0 where pruned.

    Rescaled, what a layer keeps is multiplied by N / S, of whose N weights S
    are kept.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067), "Dynamic
    weight rescaling".
    Differs: a layer that keeps nothing is divided by 1.

    Args:
        weights: Dict, name -> array; what has no mask stays as it is.
        masks: Dict, layer name -> array of 0s and 1s, or of their means, of
            which S is the sum.
        rescaling: A name in RESCALINGS, or ValueError; "none" multiplies by 1.

    Returns:
        A new dict, name -> array of the weights' dtype.
    """
    names.check("rescaling", rescaling, RESCALINGS)
    network = dict(weights)
    for name, mask in masks.items():
        factor, dtype = 1.0, weights[name].dtype.type
        if rescaling != "none":
            factor = mask.size / max(mask.sum(dtype=np.float64), 1)
        kept = weights[name] * dtype(factor) * mask.astype(dtype)
        network[name] = np.where(mask, kept, np.zeros_like(kept))
    return network


def sampled(
    first: Network, second: Network, alpha: float, seed: int
) -> Network:
    """Returns masks of which a share of the entries is the second's.

    Each entry is the second's where a number drawn uniformly from [0, 1) is
    below alpha. The numbers are the same for all alphas: what is the second's
    once stays so up to 1, where all is; at 0 nothing is.

    Args:
        first: Dict, layer name -> array of 0s and 1s, as second.
        alpha: Place on the way, in [0, 1].
        seed: Seed of the numbers; each layer's derive from it and its name.
    """
    found = {}
    for name, mask in first.items():
        rng = np.random.default_rng(seeds.derive(seed, name))
        is_second = rng.random(mask.shape) < alpha
        found[name] = np.where(is_second, second[name], mask)
    return found


def mixed(
    first: Network, second: Network, alpha: float, is_rounded: bool = False
) -> Network:
    """Returns (1 - alpha) * first + alpha * second, no masks but their mean.

    Rounded, an entry is 1 if it is above one half. All that differs then moves
    at once: below .5 that is the first mask, above .5 the second, and at .5
    what both keep.

    Masks and alpha are as for `sampled`. Returns dict, layer name -> float64
    array, or uint8 if rounded.
    """
    found = {
        name: (1 - alpha) * mask + alpha * second[name]
        for name, mask in first.items()
    }
    if not is_rounded:
        return found
    return {name: (each > 0.5).astype(np.uint8) for name, each in found.items()}


def distances(first: Network, second: Network) -> dict[str, tuple[float, int]]:
    """Returns of each layer the sum of differences, and how many entries.

    Entries are in [0, 1]. Of masks, the sum is the number of entries that
    differ: the Hamming distance.
    """
    return {
        name: (float(abs(np.float64(mask) - second[name]).sum()), mask.size)
        for name, mask in first.items()
    }


def mean(sums: dict[str, tuple[float, int]]) -> float:
    """Returns the sum over all layers by their number of entries.

    Those are pairs by layer, as from `distances` or `masks.counts`.
    """
    total, count = np.sum(list(sums.values()), axis=0)
    return float(total / count)
