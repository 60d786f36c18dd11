"""Maskers: differentiable functions from trained variables to masks, traced.

A masker is a function (trained, cut, training) -> masks. It sees all layers at
once, so that one may compare what several have:

    trained: List of float32 tensors, a number for each weight of each kernel:
        mask logits, or scores.
    cut: What tells kept from pruned. To maskers of logits, uniforms: tensors of
        the same shapes, drawn from [0, 1) anew for each iteration. To maskers
        that keep a share, removed: an int tensor, how many of the lowest
        scores a mask leaves out, one number for each layer ("ep") or one for
        all together (of shape (1,)). What ties with the last of them goes, too.
        To "signed", thresholds: a float32 scalar for each layer, which a
        magnitude must be above. To all others, the threshold that a score must
        be above.
    training: Whether this is a training iteration; else an evaluation.
    masks: List of float32 tensors, whose gradients by what is trained are what
        that is trained by. They are not below 0, but for those of "signed".

Source: of logits, Zhou et al. 2019 (https://arxiv.org/abs/1905.01067) and the
code released with it. Of scores, Sreenivasan et al. 2022
(https://arxiv.org/abs/2202.12002) and the code released with it; edge-popup is
Ramanujan et al. 2020's (https://arxiv.org/abs/1911.13299), the signed
supermask Koster et al. 2022's (https://arxiv.org/abs/2201.13361).

`concrete` and `highest` are no entries: together, they are those of
`concrete_masks`, which takes uniforms in training and a share in evaluation.
"""

import dataclasses
import functools
import math
import typing

import numpy as np

from lottery_ticket.foundations.learned_masks import score_orders
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import entries

with lazy.imports():
    import tensorflow as tf

_ONE = 0x3F800000  # 1.0 as bits.
_CLOSEST, _CLOSEST_TO_ONE = 1e-10, 2**-24  # Of a uniform to 0, and to 1.


@dataclasses.dataclass(frozen=True, kw_only=True)
class Masker(entries.Entry):
    """A function (trained, cut, training) -> masks.

    Args:
        draws: Whether it is of mask logits, and takes uniforms.
        draws_in_evaluation: Whether each evaluation has a mask of its own.
        by_events: Of scores: whether its masks are multiplied by what pruning
            events have left active; else it keeps a share of all scores.
        is_signed: Whether scores have both signs, and magnitudes are compared;
            else they are in [0, 1], which they are projected to.
        has_threshold: Whether it looks at the threshold.
        is_soft: Whether kernels are multiplied by the scores themselves.
        by_layer: Whether each layer keeps its own share, not all together.
        flips_signs: Whether masks are -1, 0 and 1, and what is kept of a weight
            has a sign that scores decide.
    """

    draws: bool = False
    draws_in_evaluation: bool = False
    by_events: bool = False
    is_signed: bool = False
    has_threshold: bool = False
    is_soft: bool = False
    by_layer: bool = False
    flips_signs: bool = False

    @property
    def keeps_share(self) -> bool:
        """Whether its cut is how many scores are left out."""
        return not (self.draws or self.by_events or self.flips_signs)


def bernoulli(logits: list, uniforms: list, training: bool) -> list:
    """Returns samples: each weight is kept with the sigmoid of its logit.

    The gradient passes straight through the sample to the probability: that of
    b by s is sigmoid(s) * (1 - sigmoid(s)). Training and evaluation sample
    alike.
    """
    del training
    return [
        tf.custom_gradient(_sampled)(each, uniform)
        for each, uniform in zip(logits, uniforms, strict=True)
    ]


def rounded(logits: list, uniforms: list, training: bool) -> list:
    """Returns probabilities rounded to 0 or 1, in training only half of them.

    There each entry is, with a probability of one half, its sigmoid itself,
    which the gradient passes through; else rounded, which has none. A
    probability of one half rounds to 0. It is the code's mode "round_mask".
    """
    hard = [tf.cast(each > 0, each.dtype) for each in logits]
    if not training:
        return hard
    return [
        tf.where(uniform < 0.5, tf.sigmoid(each), own)
        for each, uniform, own in zip(logits, uniforms, hard, strict=True)
    ]


def hypercube(scores: list, threshold: float, training: bool) -> list:
    """Returns 1 where a score is above the threshold; a gradient of 1.

    What is 0 learns all the same: the gradient is not multiplied by the mask.
    """
    del training
    return [_straight(each, each > threshold) for each in scores]


def relaxed(scores: list, threshold: float, training: bool) -> list:
    """Returns the scores themselves; in evaluation, projected to [0, 1]."""
    del threshold
    if training:
        return scores
    return [tf.clip_by_value(each, 0, 1) for each in scores]


def edge_popup(
    scores: list, removed: "tf.Tensor", training: bool, by_layer: bool = True
) -> list:
    """Returns 1 but for the lowest magnitudes, of each layer or of all.

    The gradient is that of the magnitude, which is the sign of the score.
    """
    del training
    orders = score_orders.magnitudes(scores)
    groups = [[each] for each in orders] if by_layer else [orders]
    lowest = score_orders.nth_smallest(groups, removed)
    return [
        _straight(tf.abs(each), orders[index] > lowest[index * by_layer])
        for index, each in enumerate(scores)
    ]


def global_top(scores: list, removed: "tf.Tensor", training: bool) -> list:
    """Returns 1 but for the lowest scores of all layers; a gradient of 1.

    Scores of 0 and below count as the same. Those of 1 always stay: projection
    ties them in bulk, and a mask would else leave all of them out.
    """
    del training
    orders = score_orders.positive_parts(scores)
    lowest = score_orders.nth_smallest([orders], removed)[0]
    lowest = tf.minimum(lowest, _ONE - 1)
    return [
        _straight(each, orders[index] > lowest)
        for index, each in enumerate(scores)
    ]


def signed(scores: list, thresholds: list, training: bool) -> list:
    """Returns the sign of what is farther from 0 than its layer's threshold.

    All else is 0. The gradient is 1: that of the score itself, whatever its
    sign, also where the mask is 0.
    """
    del training
    return [
        _straight(each, tf.sign(each) * tf.cast(tf.abs(each) > own, each.dtype))
        for each, own in zip(scores, thresholds, strict=True)
    ]


MASKERS = {
    "bernoulli": Masker(
        bernoulli,
        "sampled",
        "kept with the sigmoid of its logit as probability, drawn anew for "
        "each iteration and evaluation",
        entries.ZHOU,
        draws=True,
        draws_in_evaluation=True,
    ),
    "round": Masker(
        rounded,
        "rounded",
        "the probability rounded, or in training, for half of the weights, the "
        "probability itself",
        entries.ZHOU,
        draws=True,
    ),
    "hc": Masker(
        hypercube,
        "hypercube",
        "1 where a score is above the threshold",
        entries.SREENIVASAN,
        by_events=True,
        has_threshold=True,
    ),
    "hc_relaxed": Masker(
        relaxed,
        "hypercube, relaxed",
        "the score itself",
        entries.SREENIVASAN,
        by_events=True,
        is_soft=True,
    ),
    "ep": Masker(
        edge_popup,
        "edge-popup",
        "of each layer, the share `density` of the highest magnitudes",
        entries.RAMANUJAN,
        is_signed=True,
        by_layer=True,
    ),
    "global_ep": Masker(
        functools.partial(edge_popup, by_layer=False),
        "global edge-popup",
        "of all layers together, the share `density` of the highest magnitudes",
        entries.SREENIVASAN,
        is_signed=True,
    ),
    "global_top": Masker(
        global_top,
        "global top",
        "of all layers together, the share `density` of the highest scores",
        entries.SREENIVASAN,
    ),
    "signed": Masker(
        signed,
        "signed supermask",
        "the sign of its score where that is farther from 0 than the layer's "
        "threshold",
        entries.KOSTER,
        is_signed=True,
        flips_signs=True,
    ),
}
OF_LOGITS = tuple(name for name, each in MASKERS.items() if each.draws)
OF_SCORES = tuple(name for name, each in MASKERS.items() if not each.draws)


def concrete(
    scores: list, uniforms: list, temperature: float
) -> list["tf.Tensor"]:
    """Returns soft masks in (0, 1): sigmoid(logit(u) / temperature + s).

    A mask's median is sigmoid(s), whatever the temperature; its mean is nearer
    to one half. Each u is kept away from 0 and 1 by 1e-10, or the next float32.

    Source: Maddison et al. 2017 (https://arxiv.org/abs/1611.00712), as Arora &
    Teuscher 2025's code (https://arxiv.org/abs/2512.07142) has it: the score is
    not divided by the temperature.

    Args:
        scores: float32 tensors.
        uniforms: Tensors of their shapes, drawn from [0, 1).
        temperature: Above 0.
    """
    found = []
    for score, uniform in zip(scores, uniforms, strict=True):
        u = tf.clip_by_value(uniform, _CLOSEST, 1 - _CLOSEST_TO_ONE)
        found.append(_soft(score, (1 - u) / u, 1 / np.float32(temperature)))
    return found


def highest(scores: list, kept: "tf.Tensor") -> list["tf.Tensor"]:
    """Returns 1 for exactly so many of the highest scores of all layers.

    Of scores that tie with the last that is kept, the earlier layers, and in a
    layer the earlier indices, go first, as in `pruning.cut`. Scores may have
    both signs; there is no gradient.

    Args:
        kept: int scalar, at least 1 and at most as many as there are.
    """
    flat = tf.concat([tf.reshape(each, [-1]) for each in scores], 0)
    bits = tf.bitcast(flat, tf.int32)
    kept = tf.cast(kept, tf.int32)
    above_0 = tf.maximum(bits, 0)
    # Up to 0, floats are in the reverse order of their magnitudes; those above
    # are all the same, the highest.
    up_to_0 = tf.where(bits > 0, 0x7FFFFFFF, 0x7FFFFFFE - (bits & 0x7FFFFFFF))
    is_above = tf.reduce_sum(tf.cast(above_0 > 0, tf.int32)) >= kept
    orders = tf.where(is_above, above_0, up_to_0)
    removed = tf.reshape(tf.size(flat) - kept + 1, [1])
    # Of what is kept.
    lowest = score_orders.nth_smallest([[orders]], removed)[0]
    ties = tf.cast(orders == lowest, tf.int32)
    left = kept - tf.reduce_sum(tf.cast(orders > lowest, tf.int32))
    last = tf.cumsum(ties, reverse=True) <= left
    is_kept = (orders > lowest) | ((orders == lowest) & last)
    sizes = [math.prod(each.shape) for each in scores]
    parts = tf.split(tf.cast(is_kept, tf.float32), sizes)
    return [
        tf.reshape(part, each.shape)
        for part, each in zip(parts, scores, strict=True)
    ]


def rescaled(mask: typing.Any, rescaling: str) -> "tf.Tensor":
    """Returns a mask times N / S: its size over the sum of its entries.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067), dynamic weight
    rescaling; there, the gradient passes through the factor, too.
    Differs: a sum below 1, such as that of a mask which keeps nothing, counts
    as 1.

    Args:
        mask: Tensor as a masker makes.
        rescaling: "none", for the mask itself; "dynamic"; or
            "dynamic_no_gradient", which takes the factor for a constant.
    """
    if rescaling == "none":
        return mask
    factor = math.prod(mask.shape) / tf.maximum(tf.reduce_sum(mask), 1)
    if rescaling == "dynamic_no_gradient":
        factor = tf.stop_gradient(factor)
    return mask * factor


def _sampled(logits, uniform):
    """0 or 1, whose gradient is that of the probability of 1."""
    probability = tf.sigmoid(logits)

    def gradient(upstream):
        return upstream * probability * (1 - probability), None

    return tf.cast(uniform < probability, logits.dtype), gradient


def _soft(score, odds, exponent):
    """Sigmoid of s - exponent * log(odds), with its gradient by s.

    For the usual temperature it does without a logarithm.
    """

    def soft(score):
        if exponent == 1.5:
            inverse = odds * tf.sqrt(odds) * tf.exp(-score)
        else:
            inverse = tf.exp(exponent * tf.math.log(odds) - score)
        mask = 1 / (1 + inverse)
        return mask, lambda upstream: upstream * mask * (1 - mask)

    return tf.custom_gradient(soft)(score)


def _straight(surrogate, kept):
    """What is kept, as numbers, whose gradient is that of the surrogate."""

    def hard(surrogate, kept):
        return tf.cast(kept, surrogate.dtype), lambda upstream: (upstream, None)

    return tf.custom_gradient(hard)(surrogate, kept)
