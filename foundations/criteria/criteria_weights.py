"""Criteria of a network's weights before and after training.

All take a `Layer` and return an array of its shape; higher = keep, and scores
of pruned weights mean nothing. A new one is a function and its entry in
CRITERIA. The sign of 0 is 0: it differs from that of all other numbers.

Source, of all but large_final: Zhou et al. 2019
(https://arxiv.org/abs/1905.01067).
"""

import typing

import numpy as np

from lottery_ticket.foundations.criteria import criterion
from lottery_ticket.foundations.values import entries


class Layer(typing.NamedTuple):
    """What is known of a kernel.

    Args:
        initial: Its weights before training.
        final: Its weights after it; the same where none is needed.
        mask: Array of 0s and 1s; 1 means kept.
        rng: What scores are drawn from, where they are drawn; all layers draw
            from one, in the order of the masks.
    """

    initial: np.ndarray
    final: np.ndarray
    mask: np.ndarray
    rng: np.random.Generator


def large_final(layer: Layer) -> np.ndarray:
    """Returns abs(final): the magnitudes of the trained weights.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.
    """
    return np.abs(layer.final)


def small_final(layer: Layer) -> np.ndarray:
    """Returns -abs(final), a control."""
    return -np.abs(layer.final)


def large_init(layer: Layer) -> np.ndarray:
    """Returns abs(initial)."""
    return np.abs(layer.initial)


def small_init(layer: Layer) -> np.ndarray:
    """Returns -abs(initial), a control."""
    return -np.abs(layer.initial)


def magnitude_increase(layer: Layer) -> np.ndarray:
    """Returns abs(final) - abs(initial)."""
    return np.abs(layer.final) - np.abs(layer.initial)


def movement(layer: Layer) -> np.ndarray:
    """Returns abs(final - initial)."""
    return np.abs(layer.final - layer.initial)


def random(layer: Layer) -> np.ndarray:
    """Returns uniform draws from [0, 1), float32, for pruned weights too."""
    return layer.rng.random(layer.mask.shape, np.float32)


def large_init_large_final(layer: Layer) -> np.ndarray:
    """Returns the lower of a weight's ranks by abs(initial) and abs(final).

    Ranks are among the kept weights of a layer, from the smallest up, divided
    by their number: in (0, 1], so that layers can be compared. Of equal
    magnitudes, chance decides which ranks lower. Kept are so the weights above
    one percentile on both axes, the paper's min(a * abs(final), abs(initial)).
    Pruned weights score 0.

    Differs: the percentile need not be searched for, and the count is exact;
    the reference comes within about 2 weights of it.
    """
    return _lower_rank(layer, np.abs(layer.initial), np.abs(layer.final))


def small_init_small_final(layer: Layer) -> np.ndarray:
    """Returns the lower of the ranks by -abs(initial) and -abs(final).

    A control; see `large_init_large_final`.
    """
    return _lower_rank(layer, -np.abs(layer.initial), -np.abs(layer.final))


def large_final_same_sign(layer: Layer) -> np.ndarray:
    """Returns abs(final) where the sign stayed, else 0.

    The paper's max(0, initial * final / abs(initial)). All weights of the wrong
    sign tie, so while there are enough of them, chance decides which go; then
    the smallest magnitudes go.
    """
    return _only(_stayed(layer), large_final(layer), 0)


def large_final_diff_sign(layer: Layer) -> np.ndarray:
    """Returns abs(final) where the sign changed, else 0; a control."""
    return _only(~_stayed(layer), large_final(layer), 0)


def magnitude_increase_same_sign(layer: Layer) -> np.ndarray:
    """Returns abs(final) - abs(initial) where the sign stayed, else -inf.

    No weight of the wrong sign outlives one of the right sign.

    Differs: the reference has 0 for -inf, so that weights of the wrong sign
    outlive those of the right sign that shrank; that is
    `magnitude_increase_same_sign_legacy`.
    """
    return _only(_stayed(layer), magnitude_increase(layer), -np.inf)


def magnitude_increase_diff_sign(layer: Layer) -> np.ndarray:
    """Returns abs(final) - abs(initial) where the sign changed, else -inf.

    A control. Differs: as `magnitude_increase_same_sign`; the reference's is
    `magnitude_increase_diff_sign_legacy`.
    """
    return _only(~_stayed(layer), magnitude_increase(layer), -np.inf)


def magnitude_increase_same_sign_legacy(layer: Layer) -> np.ndarray:
    """Returns abs(final) - abs(initial) where the sign stayed, else 0.

    As the reference: a weight of the wrong sign outlives those that shrank.
    """
    return _only(_stayed(layer), magnitude_increase(layer), 0)


def magnitude_increase_diff_sign_legacy(layer: Layer) -> np.ndarray:
    """Returns abs(final) - abs(initial) where the sign changed, else 0.

    As the reference; see `magnitude_increase_same_sign_legacy`.
    """
    return _only(~_stayed(layer), magnitude_increase(layer), 0)


def large_final_same_sign_single(layer: Layer) -> np.ndarray:
    """Returns 1 where the sign stayed, else -1; positive scores are kept.

    All weights of the wrong sign go, however many they are, and no others.

    Differs: the reference masks biases, too, and forgets earlier masks.
    """
    return np.where(_stayed(layer), np.float32(1), np.float32(-1))


def large_final_diff_sign_single(layer: Layer) -> np.ndarray:
    """Returns 1 where the sign changed, else -1; positive scores are kept.

    A control. Differs: as `large_final_same_sign_single`.
    """
    return -large_final_same_sign_single(layer)


def _stayed(layer):
    """Where the sign is the same before and after training."""
    return np.sign(layer.initial) == np.sign(layer.final)


def _only(chosen, scores, other):
    """The scores of those chosen, and another one for the rest."""
    return np.where(chosen, scores, scores.dtype.type(other))


def _lower_rank(layer, first, second):
    """The lower of two ranks among the kept, as a part of their number."""
    kept = layer.mask.astype(bool)
    ranks = [_ranks(each[kept], layer.rng) for each in (first, second)]
    scores = np.zeros(layer.mask.shape)
    scores[kept] = np.minimum(*ranks) / np.count_nonzero(kept)
    return scores


def _ranks(values, rng):
    """Ranks from 1 up, equal values in random order."""
    shuffled = rng.permutation(values.size)
    order = shuffled[np.argsort(values[shuffled], kind="stable")]
    ranks = np.empty(values.size, int)
    ranks[order] = np.arange(1, values.size + 1)
    return ranks


def _of_training(function, label, help, **facts):
    """An entry of Zhou et al.'s that looks at trained weights."""
    return criterion.Criterion(
        function, label, help, entries.ZHOU, needs_training=True, **facts
    )


CRITERIA = {
    "large_final": criterion.Criterion(
        large_final,
        "large final",
        "abs(w_f), the magnitude after training",
        entries.FRANKLE,
        needs_training=True,
        family=0,
    ),
    "small_final": _of_training(
        small_final, "small final", "-abs(w_f), a control", family=0, variant=1
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
    "large_init_large_final": _of_training(
        large_init_large_final,
        "large init, large final",
        "the lower of the weight's two ranks, by abs(w_i) and by abs(w_f): "
        "kept is what lies above a common percentile of both",
        family=7,
        ranks=True,
    ),
    "small_init_small_final": _of_training(
        small_init_small_final,
        "small init, small final",
        "the lower of the two ranks by -abs(w_i) and -abs(w_f), a control",
        family=7,
        ranks=True,
        variant=1,
    ),
    "magnitude_increase": _of_training(
        magnitude_increase,
        "magnitude increase",
        "abs(w_f) - abs(w_i)",
        needs_initial=True,
        family=1,
    ),
    "movement": _of_training(
        movement,
        "movement",
        "abs(w_f - w_i)",
        needs_initial=True,
        family=3,
    ),
    "large_final_same_sign": _of_training(
        large_final_same_sign,
        "large final, same sign",
        "abs(w_f) if w_i and w_f have the same sign, else 0",
        family=2,
    ),
    "large_final_diff_sign": _of_training(
        large_final_diff_sign,
        "large final, other sign",
        "abs(w_f) if w_i and w_f differ in sign, else 0; a control",
        needs_initial=True,
        family=2,
        variant=1,
    ),
    "magnitude_increase_same_sign": _of_training(
        magnitude_increase_same_sign,
        "magnitude increase, same sign",
        "abs(w_f) - abs(w_i) if the signs are the same, else minus infinity",
        excludes=True,
        needs_initial=True,
        family=6,
    ),
    "magnitude_increase_diff_sign": _of_training(
        magnitude_increase_diff_sign,
        "magnitude increase, other sign",
        "abs(w_f) - abs(w_i) if the signs differ, else minus infinity; a "
        "control",
        excludes=True,
        needs_initial=True,
        family=6,
        variant=1,
    ),
    "magnitude_increase_same_sign_legacy": _of_training(
        magnitude_increase_same_sign_legacy,
        "magnitude increase, same sign (legacy)",
        "abs(w_f) - abs(w_i) if the signs are the same, else 0",
        needs_initial=True,
        family=6,
        variant=2,
    ),
    "magnitude_increase_diff_sign_legacy": _of_training(
        magnitude_increase_diff_sign_legacy,
        "magnitude increase, other sign (legacy)",
        "abs(w_f) - abs(w_i) if the signs differ, else 0; a control",
        needs_initial=True,
        family=6,
        variant=3,
    ),
    "large_final_same_sign_single": _of_training(
        large_final_same_sign_single,
        "any of same sign",
        "by the sign alone: all weights of the same sign stay, whatever the "
        "fractions",
        decides=True,
        needs_initial=True,
        family=2,
        variant=2,
    ),
    "large_final_diff_sign_single": _of_training(
        large_final_diff_sign_single,
        "any of other sign",
        "by the sign alone: all weights whose sign changed stay; a control",
        decides=True,
        needs_initial=True,
        family=2,
        variant=3,
    ),
    # It is in no family: what the others are measured against.
    "random": criterion.Criterion(
        random,
        "random",
        "uniform draws from [0, 1)",
        entries.ZHOU,
        is_drawn=True,
        is_reference=True,
    ),
}
