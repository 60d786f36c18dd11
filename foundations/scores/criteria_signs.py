"""Criteria that ask whether training kept a weight's sign.

All take the arguments of `criteria_weights.large_final` and return what it
does. The sign of 0 is 0: it differs from that of all other numbers.

Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067).
"""

import numpy as np

from lottery_ticket.foundations import entries
from lottery_ticket.foundations.scores import criteria_weights, criterion

Network = dict[str, np.ndarray]


def large_final_same_sign(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns abs(final) where the sign stayed, else 0.

    The paper's max(0, initial * final / abs(initial)). All weights of the wrong
    sign tie, so while there are enough of them, chance decides which go; then
    the smallest magnitudes go.
    """
    scores = criteria_weights.large_final(initial, final, masks, rng)
    return _only(_stayed(initial, final, masks), scores, 0)


def large_final_diff_sign(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns abs(final) where the sign changed, else 0; a control."""
    scores = criteria_weights.large_final(initial, final, masks, rng)
    return _only(_changed(initial, final, masks), scores, 0)


def magnitude_increase_same_sign(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns abs(final) - abs(initial) where the sign stayed, else -inf.

    No weight of the wrong sign outlives one of the right sign.

    Differs: the reference has 0 for -inf, so that weights of the wrong sign
    outlive those of the right sign that shrank; that is
    `magnitude_increase_same_sign_legacy`.
    """
    scores = criteria_weights.magnitude_increase(initial, final, masks, rng)
    return _only(_stayed(initial, final, masks), scores, -np.inf)


def magnitude_increase_diff_sign(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns abs(final) - abs(initial) where the sign changed, else -inf.

    A control. Differs: as `magnitude_increase_same_sign`; the reference's is
    `magnitude_increase_diff_sign_legacy`.
    """
    scores = criteria_weights.magnitude_increase(initial, final, masks, rng)
    return _only(_changed(initial, final, masks), scores, -np.inf)


def magnitude_increase_same_sign_legacy(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns abs(final) - abs(initial) where the sign stayed, else 0.

    As the reference: a weight of the wrong sign outlives those that shrank.
    """
    scores = criteria_weights.magnitude_increase(initial, final, masks, rng)
    return _only(_stayed(initial, final, masks), scores, 0)


def magnitude_increase_diff_sign_legacy(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns abs(final) - abs(initial) where the sign changed, else 0.

    As the reference; see `magnitude_increase_same_sign_legacy`.
    """
    scores = criteria_weights.magnitude_increase(initial, final, masks, rng)
    return _only(_changed(initial, final, masks), scores, 0)


def large_final_same_sign_single(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns 1 where the sign stayed, else -1; positive scores are kept.

    All weights of the wrong sign go, however many they are, and no others.

    Differs: the reference masks biases, too, and forgets earlier masks.
    """
    return _decided(_stayed(initial, final, masks))


def large_final_diff_sign_single(
    initial: Network, final: Network, masks: Network, rng: np.random.Generator
) -> Network:
    """Returns 1 where the sign changed, else -1; positive scores are kept.

    A control. Differs: as `large_final_same_sign_single`.
    """
    return _decided(_changed(initial, final, masks))


def _stayed(initial, final, masks):
    return {n: np.sign(initial[n]) == np.sign(final[n]) for n in masks}


def _changed(initial, final, masks):
    return {n: ~each for n, each in _stayed(initial, final, masks).items()}


def _only(chosen, scores, other):
    """The scores of those chosen, and another one for the rest."""
    return {
        name: np.where(chosen[name], score, score.dtype.type(other))
        for name, score in scores.items()
    }


def _decided(chosen):
    return {
        name: np.where(each, np.float32(1), np.float32(-1))
        for name, each in chosen.items()
    }


CRITERIA = {
    "large_final_same_sign": criterion.Criterion(
        large_final_same_sign,
        "large final, same sign",
        "abs(w_f) if w_i and w_f have the same sign, else 0",
        entries.ZHOU,
        needs_training=True,
        family=2,
    ),
    "large_final_diff_sign": criterion.Criterion(
        large_final_diff_sign,
        "large final, other sign",
        "abs(w_f) if w_i and w_f differ in sign, else 0; a control",
        entries.ZHOU,
        needs_training=True,
        family=2,
        variant=1,
    ),
    "magnitude_increase_same_sign": criterion.Criterion(
        magnitude_increase_same_sign,
        "magnitude increase, same sign",
        "abs(w_f) - abs(w_i) if the signs are the same, else minus infinity",
        entries.ZHOU,
        needs_training=True,
        family=6,
    ),
    "magnitude_increase_diff_sign": criterion.Criterion(
        magnitude_increase_diff_sign,
        "magnitude increase, other sign",
        "abs(w_f) - abs(w_i) if the signs differ, else minus infinity; a "
        "control",
        entries.ZHOU,
        needs_training=True,
        family=6,
        variant=1,
    ),
    "magnitude_increase_same_sign_legacy": criterion.Criterion(
        magnitude_increase_same_sign_legacy,
        "magnitude increase, same sign (legacy)",
        "abs(w_f) - abs(w_i) if the signs are the same, else 0",
        entries.ZHOU,
        needs_training=True,
        family=6,
        variant=2,
    ),
    "magnitude_increase_diff_sign_legacy": criterion.Criterion(
        magnitude_increase_diff_sign_legacy,
        "magnitude increase, other sign (legacy)",
        "abs(w_f) - abs(w_i) if the signs differ, else 0; a control",
        entries.ZHOU,
        needs_training=True,
        family=6,
        variant=3,
    ),
    "large_final_same_sign_single": criterion.Criterion(
        large_final_same_sign_single,
        "any of same sign",
        "by the sign alone: all weights of the same sign stay, whatever the "
        "fractions",
        entries.ZHOU,
        needs_training=True,
        decides=True,
        family=2,
        variant=2,
    ),
    "large_final_diff_sign_single": criterion.Criterion(
        large_final_diff_sign_single,
        "any of other sign",
        "by the sign alone: all weights whose sign changed stay; a control",
        entries.ZHOU,
        needs_training=True,
        decides=True,
        family=2,
        variant=3,
    ),
}
