"""Scores from a network's weights before and after training.

All take the same arguments, whether they use them or not; those that look at
signs are in criteria_signs.

Source, of all but large_final: Zhou et al. 2019
(https://arxiv.org/abs/1905.01067).
"""

import numpy as np

Network = dict[str, np.ndarray]


def large_final(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns abs(final): the magnitudes of the trained weights.

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


def small_final(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns -abs(final), a control; see `large_final`."""
    return {name: -np.abs(final[name]) for name in masks}


def large_init(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns abs(initial); see `large_final`."""
    return {name: np.abs(initial[name]) for name in masks}


def small_init(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns -abs(initial), a control; see `large_final`."""
    return {name: -np.abs(initial[name]) for name in masks}


def magnitude_increase(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns abs(final) - abs(initial); see `large_final`."""
    return {n: np.abs(final[n]) - np.abs(initial[n]) for n in masks}


def movement(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns abs(final - initial); see `large_final`."""
    return {name: np.abs(final[name] - initial[name]) for name in masks}


def random(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns scores that are drawn uniformly from [0, 1), float32.

    Layers draw in the order of `masks`, pruned weights too; see `large_final`.
    """
    return {
        name: rng.random(mask.shape, np.float32) for name, mask in masks.items()
    }


def large_init_large_final(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns the lower of a weight's ranks by abs(initial) and abs(final).

    Ranks are among the kept weights of a layer, from the smallest up, divided
    by their number: in (0, 1], so that layers can be compared. Of equal
    magnitudes, chance decides which ranks lower. Kept are so the weights above
    one percentile on both axes, the paper's min(a * abs(final), abs(initial)).

    Differs: the percentile need not be searched for, and the count is exact;
    the reference comes within about 2 weights of it.

    Args:
        initial: As for `large_final`.
        final: As for `large_final`.
        masks: As for `large_final`.
        rng: What decides between equal magnitudes.

    Returns:
        As `large_final`, float64; pruned weights score 0.
    """
    return {
        name: _lower_rank(mask, np.abs(initial[name]), np.abs(final[name]), rng)
        for name, mask in masks.items()
    }


def small_init_small_final(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns the lower of the ranks by -abs(initial) and -abs(final).

    A control; see `large_init_large_final`.
    """
    return {
        name: _lower_rank(
            mask, -np.abs(initial[name]), -np.abs(final[name]), rng
        )
        for name, mask in masks.items()
    }


def _lower_rank(mask, first, second, rng):
    """The lower of two ranks among the kept, as a part of their number."""
    kept = mask.astype(bool)
    ranks = np.minimum(_ranks(first[kept], rng), _ranks(second[kept], rng))
    scores = np.zeros(mask.shape)
    scores[kept] = ranks / ranks.size
    return scores


def _ranks(values, rng):
    """Ranks from 1 up, equal values in random order."""
    shuffled = rng.permutation(values.size)
    order = shuffled[np.argsort(values[shuffled], kind="stable")]
    ranks = np.empty(values.size, int)
    ranks[order] = np.arange(1, values.size + 1)
    return ranks
