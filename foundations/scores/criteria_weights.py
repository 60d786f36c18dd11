"""Criteria of a network's weights before and after training.

All take the same arguments, whether they use them or not; those that look at
signs are in criteria_signs. A new one is a function and its entry in CRITERIA.

Source, of all but large_final: Zhou et al. 2019
(https://arxiv.org/abs/1905.01067).
"""

import numpy as np

from lottery_ticket.foundations import entries
from lottery_ticket.foundations.scores import criterion

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


CRITERIA = {
    "large_final": criterion.Criterion(
        large_final,
        "large final",
        "abs(w_f), the magnitude after training",
        entries.FRANKLE,
        needs_training=True,
        family=0,
    ),
    "small_final": criterion.Criterion(
        small_final,
        "small final",
        "-abs(w_f), a control",
        entries.ZHOU,
        needs_training=True,
        family=0,
        variant=1,
    ),
    "large_init": criterion.Criterion(
        large_init,
        "large init",
        "abs(w_i), the magnitude at initialisation",
        entries.ZHOU,
        family=4,
    ),
    "small_init": criterion.Criterion(
        small_init,
        "small init",
        "-abs(w_i), a control",
        entries.ZHOU,
        family=4,
        variant=1,
    ),
    "large_init_large_final": criterion.Criterion(
        large_init_large_final,
        "large init, large final",
        "the lower of the weight's two ranks, by abs(w_i) and by abs(w_f): "
        "kept is what lies above a common percentile of both",
        entries.ZHOU,
        needs_training=True,
        family=7,
    ),
    "small_init_small_final": criterion.Criterion(
        small_init_small_final,
        "small init, small final",
        "the lower of the two ranks by -abs(w_i) and -abs(w_f), a control",
        entries.ZHOU,
        needs_training=True,
        family=7,
        variant=1,
    ),
    "magnitude_increase": criterion.Criterion(
        magnitude_increase,
        "magnitude increase",
        "abs(w_f) - abs(w_i)",
        entries.ZHOU,
        needs_training=True,
        family=1,
    ),
    "movement": criterion.Criterion(
        movement,
        "movement",
        "abs(w_f - w_i)",
        entries.ZHOU,
        needs_training=True,
        family=3,
    ),
}
# It is in no family: what the others are measured against.
RANDOM = criterion.Criterion(
    random,
    "random",
    "uniform draws from [0, 1)",
    entries.ZHOU,
    is_drawn=True,
    is_reference=True,
)
