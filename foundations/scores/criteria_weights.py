"""Scores from a network's weights before and after training.

All take the same arguments, whether they use them or not.
"""

import numpy as np

Network = dict[str, np.ndarray]


def large_final(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns the magnitudes of the trained weights.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.

    Args:
        initial: Dict, name -> weights before training; may hold more entries
            (biases) than there are masks, as may `final`.
        final: Dict, name -> weights after it.
        masks: Dict, layer name -> mask of the layers to score, and their order.
        rng: What scores are drawn from, where they are drawn.

    Returns:
        Dict, layer name -> float array of the mask's shape; higher = keep.
        Scores of pruned weights mean nothing.
    """
    return {name: np.abs(final[name]) for name in masks}


def large_init(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns the magnitudes of the initial weights.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067).

    Args:
        initial: As for `large_final`.
        final: As for `large_final`.
        masks: As for `large_final`.
        rng: As for `large_final`.

    Returns:
        As `large_final`.
    """
    return {name: np.abs(initial[name]) for name in masks}


def random(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns scores that are drawn uniformly from [0, 1), float32.

    Layers draw in the order of `masks`, pruned weights too.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067).

    Args:
        initial: As for `large_final`.
        final: As for `large_final`.
        masks: As for `large_final`.
        rng: As for `large_final`.

    Returns:
        As `large_final`.
    """
    return {
        name: rng.random(mask.shape, np.float32) for name, mask in masks.items()
    }
