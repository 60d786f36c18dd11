"""Regularisers of scores: sums over all of them, to be added to the loss.

A regulariser is a function (scores, weights, alpha, alpha_prime) -> scalar:

    scores: List of float tensors.
    weights: List of tensors of their shapes and dtype, the frozen kernels.
    alpha, alpha_prime: Exponents of at least 1, of those that have any.

Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002) and the code
released with it. These are sums, not means: what weight fits depends on the
network's size. An optimizer that rescales gradients, such as Adam, rescales
these, too, so that a weight for it is none for gradient descent.
"""

import dataclasses

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import entries

with lazy.imports():
    import tensorflow as tf


@dataclasses.dataclass(frozen=True, kw_only=True)
class Regularizer(entries.Entry):
    """A function (scores, weights, alpha, alpha_prime) -> scalar.

    Args:
        within_0_and_1: Whether it is for scores in [0, 1] alone.
        has_exponents: Whether it looks at alpha and alpha_prime.
    """

    within_0_and_1: bool = False
    has_exponents: bool = False


def _summed(term):
    """The sum of a term of score, weight and exponents over all scores."""
    return lambda scores, weights, *exponents: tf.add_n(
        [
            tf.reduce_sum(term(score, weight, *exponents))
            for score, weight in zip(scores, weights, strict=True)
        ]
    )


def _power(base, exponent):
    # Of a negative base, most powers are NaN: it counts as 0.
    return base if exponent == 1 else tf.maximum(base, 0) ** exponent


def _entropy(scores, *_):
    """Of what is not between 0 and 1, it is 0 and has no gradient."""
    is_between = (scores > 0) & (scores < 1)
    # A gradient passes both branches: none of them may be infinite.
    p = tf.where(is_between, scores, tf.constant(0.5, scores.dtype))
    entropy = -p * tf.math.log(p) - (1 - p) * tf.math.log1p(-p)
    return tf.where(is_between, entropy, tf.zeros_like(entropy))


_L1 = _summed(lambda s, *_: tf.abs(s))  # A score of 0 has no gradient.
_L2 = _summed(lambda s, *_: tf.square(s))
REGULARIZERS = {
    "none": Regularizer(
        _summed(lambda s, *_: tf.zeros_like(s)), "none", "0", entries.HERE
    ),
    "L2": Regularizer(_L2, "L2", "s^2", entries.SREENIVASAN),
    "L1": Regularizer(_L1, "L1", "|s|", entries.SREENIVASAN),
    "L1_L2": Regularizer(
        lambda *given: _L1(*given) + _L2(*given),
        "L1 + L2",
        "|s| + s^2",
        entries.SREENIVASAN,
    ),
    "var_red_1": Regularizer(
        _summed(lambda s, w, a, b: _power(s, a) * _power(1 - s, b)),
        "variance 1",
        "s^alpha * (1 - s)^alpha_prime",
        entries.SREENIVASAN,
        within_0_and_1=True,
        has_exponents=True,
    ),
    "var_red_2": Regularizer(
        _summed(lambda s, w, *_: tf.square(w) * s * (1 - s)),
        "variance 2",
        "w^2 * s * (1 - s)",
        entries.SREENIVASAN,
        within_0_and_1=True,
    ),
    "bin_entropy": Regularizer(
        _summed(_entropy),
        "binary entropy",
        "-s ln s - (1 - s) ln(1 - s)",
        entries.SREENIVASAN,
        within_0_and_1=True,
    ),
}
HAVE_EXPONENTS = tuple(
    name for name, each in REGULARIZERS.items() if each.has_exponents
)
OF_ANY_SCORES = tuple(
    name for name, each in REGULARIZERS.items() if not each.within_0_and_1
)
