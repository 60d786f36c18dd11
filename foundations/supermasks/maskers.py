"""Maskers: differentiable functions from scores to masks, to be traced.

A masker is a function (scores, uniforms, training) -> masks. It sees all layers
at once, so that one may compare the scores of several:

    scores: List of float32 tensors, a score for each weight of each kernel.
    uniforms: List of tensors of their shapes, drawn from [0, 1), anew for each
        iteration; one that draws nothing passes them over.
    training: Whether this is a training iteration; else an evaluation.
    masks: List of float32 tensors, whose gradients by the scores are what the
        scores are trained by.
"""

import dataclasses
import math

from lottery_ticket.foundations import entries, lazy

tf = lazy.module("tensorflow")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Masker(entries.Entry):
    """A function (scores, uniforms, training) -> masks.

    Args:
        draws_in_evaluation: Whether each evaluation has a mask of its own.
    """

    draws_in_evaluation: bool = False


def bernoulli(logits, uniforms, training):
    """Returns samples: each weight is kept with the sigmoid of its logit.

    The gradient passes straight through the sample to the probability: that of
    b by s is sigmoid(s) * (1 - sigmoid(s)). Training and evaluation sample
    alike.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067), supermasks.

    Args and Returns: as for any masker.
    """
    del training
    pairs = zip(logits, uniforms, strict=True)
    return [_sampled(each, uniform) for each, uniform in pairs]


def rounded(logits, uniforms, training):
    """Returns probabilities rounded to 0 or 1, in training only half of them.

    There each entry is, with a probability of one half, its sigmoid itself,
    which the gradient passes through; else rounded, which has none. A
    probability of one half rounds to 0.

    Source: the mode "round_mask" of the code released with Zhou et al. 2019
    (https://arxiv.org/abs/1905.01067).

    Args and Returns: as for any masker.
    """
    hard = [tf.cast(each > 0, each.dtype) for each in logits]
    if not training:
        return hard
    return [
        tf.where(uniform < 0.5, tf.sigmoid(each), own)
        for each, uniform, own in zip(logits, uniforms, hard, strict=True)
    ]


MASKERS = {
    "bernoulli": Masker(
        bernoulli,
        "sampled",
        "kept with the sigmoid of its logit as probability, drawn anew for "
        "each iteration and evaluation",
        entries.ZHOU,
        draws_in_evaluation=True,
    ),
    "round": Masker(
        rounded,
        "rounded",
        "the probability rounded, or in training, for half of the weights, the "
        "probability itself",
        entries.ZHOU,
    ),
}


def rescaled(mask, rescaling):
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
    return tf.custom_gradient(_sample)(logits, uniform)


def _sample(logits, uniform):
    """0 or 1, whose gradient is that of the probability of 1."""
    probability = tf.sigmoid(logits)

    def gradient(upstream):
        return upstream * probability * (1 - probability), None

    return tf.cast(uniform < probability, logits.dtype), gradient
