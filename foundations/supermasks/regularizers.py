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

from lottery_ticket.foundations import entries, lazy

tf = lazy.module("tensorflow")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Regularizer(entries.Entry):
    """A function (scores, weights, alpha, alpha_prime) -> scalar.

    Args:
        within_0_and_1: Whether it is for scores in [0, 1] alone.
        has_exponents: Whether it looks at alpha and alpha_prime.
    """

    within_0_and_1: bool = False
    has_exponents: bool = False


def var_red_1(scores, weights, alpha, alpha_prime):
    """Returns the sum of s^alpha * (1 - s)^alpha_prime.

    Where an exponent is not 1, s and 1 - s count as 0 where they are below.
    """
    del weights
    return _total(
        _power(each, alpha) * _power(1 - each, alpha_prime) for each in scores
    )


def bin_entropy(scores, weights, alpha, alpha_prime):
    """Returns the sum of -s ln s - (1 - s) ln(1 - s).

    Scores that are not between 0 and 1 count nothing and have no gradient.
    """
    del weights, alpha, alpha_prime
    return _total(_entropy(each) for each in scores)


REGULARIZERS = {
    "none": Regularizer(
        lambda scores, *_: tf.zeros((), scores[0].dtype),
        "none",
        "0",
        entries.HERE,
    ),
    "L2": Regularizer(
        lambda scores, *_: _squares(scores),
        "L2",
        "s^2",
        entries.SREENIVASAN,
    ),
    # A score of 0 has no gradient.
    "L1": Regularizer(
        lambda scores, *_: _magnitudes(scores),
        "L1",
        "|s|",
        entries.SREENIVASAN,
    ),
    "L1_L2": Regularizer(
        lambda scores, *_: _magnitudes(scores) + _squares(scores),
        "L1 + L2",
        "|s| + s^2",
        entries.SREENIVASAN,
    ),
    "var_red_1": Regularizer(
        var_red_1,
        "variance 1",
        "s^alpha * (1 - s)^alpha_prime",
        entries.SREENIVASAN,
        within_0_and_1=True,
        has_exponents=True,
    ),
    "var_red_2": Regularizer(
        lambda scores, weights, *_: _total(
            tf.square(weight) * score * (1 - score)
            for score, weight in zip(scores, weights, strict=True)
        ),
        "variance 2",
        "w^2 * s * (1 - s)",
        entries.SREENIVASAN,
        within_0_and_1=True,
    ),
    "bin_entropy": Regularizer(
        bin_entropy,
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


def _total(terms):
    return tf.add_n([tf.reduce_sum(each) for each in terms])


def _squares(scores):
    return _total(tf.square(each) for each in scores)


def _magnitudes(scores):
    return _total(tf.abs(each) for each in scores)


def _power(base, exponent):
    # Of a negative base, most powers are NaN.
    return base if exponent == 1 else tf.maximum(base, 0) ** exponent


def _entropy(scores):
    is_between = (scores > 0) & (scores < 1)
    # A gradient passes both branches: none of them may be infinite.
    p = tf.where(is_between, scores, tf.constant(0.5, scores.dtype))
    entropy = -p * tf.math.log(p) - (1 - p) * tf.math.log1p(-p)
    return tf.where(is_between, entropy, tf.zeros_like(entropy))
