"""Ways from one mask to another of the same weights, and how far they lie."""

import numpy as np

from lottery_ticket.foundations import seeds

Network = dict[str, np.ndarray]
WAYS = ("probabilistic", "linear")


def sampled(
    first: Network, second: Network, alpha: float, seed: int
) -> Network:
    """Returns masks of which a share of the entries is the second's.

    Each entry is the second's where a number drawn uniformly from [0, 1) is
    below alpha. The numbers are the same for all alphas: what is the second's
    once stays so up to 1, where all is; at 0 nothing is.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), mode
    connectivity.

    Args:
        first: Dict, layer name -> array of 0s and 1s.
        second: The same layers and shapes.
        alpha: Place on the way, in [0, 1].
        seed: Seed of the numbers; each layer's derive from it and its name.
    """
    return {
        name: np.where(_uniform(mask.shape, seed, name) < alpha, other, mask)
        for name, mask, other in _layers(first, second)
    }


def mixed(
    first: Network, second: Network, alpha: float, is_rounded: bool = False
) -> Network:
    """Returns (1 - alpha) * first + alpha * second, no masks but their mean.

    Rounded, an entry is 1 if it is above one half. All that differs then moves
    at once: below .5 that is the first mask, above .5 the second, and at .5
    what both keep.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), mode
    connectivity.

    Args:
        first: Dict, layer name -> array of 0s and 1s.
        second: The same layers and shapes.
        alpha: Place on the way, in [0, 1].
        is_rounded: Whether to make masks of it.

    Returns:
        Dict, layer name -> float64 array, or uint8 if rounded.
    """
    found = {
        name: (1 - alpha) * mask + alpha * other
        for name, mask, other in _layers(first, second)
    }
    if not is_rounded:
        return found
    return {name: (each > 0.5).astype(np.uint8) for name, each in found.items()}


def distances(first: Network, second: Network) -> dict[str, tuple[float, int]]:
    """Returns of each layer the sum of differences, and how many entries.

    Of masks, the sum is the number of entries that differ: the Hamming
    distance.

    Args:
        first: Dict, layer name -> array of numbers in [0, 1].
        second: The same layers and shapes.
    """
    return {
        name: (float(abs(np.float64(mask) - other).sum()), mask.size)
        for name, mask, other in _layers(first, second)
    }


def mean(sums: dict[str, tuple[float, int]]) -> float:
    """Returns the sum over all layers by their number of entries.

    Args:
        sums: Dict, layer name -> pair of a sum and a number, as from
            `distances` or `masks.counts`.
    """
    total, count = np.sum(list(sums.values()), axis=0)
    return float(total / count)


def _layers(first, second):
    return [(name, mask, second[name]) for name, mask in first.items()]


def _uniform(shape, seed, name):
    return np.random.default_rng(seeds.derive(seed, name)).random(shape)
