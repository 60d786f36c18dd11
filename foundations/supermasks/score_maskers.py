"""Score maskers: differentiable functions from scores to masks, to be traced.

A score masker is a function (scores, removed, threshold, training) -> masks. It
sees all layers at once:

    scores: List of float32 tensors, a score for each weight of each kernel.
    removed: Int tensor, how many of the lowest a mask leaves out: one number
        for each layer ("ep"), or one for all together (of shape (1,)).
    threshold: What a score must be above, where nothing is counted.
    training: Whether this is a training iteration; else an evaluation.
    masks: List of float32 tensors, whose gradients by the scores are what the
        scores are trained by.

Where a mask leaves out the lowest n, what ties with the n-th goes, too.

Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002) and the code
released with it; edge-popup is Ramanujan et al. 2020's
(https://arxiv.org/abs/1911.13299).
"""

import dataclasses

from lottery_ticket.foundations import entries, lazy

tf = lazy.module("tensorflow")
thresholds = lazy.module("lottery_ticket.foundations.supermasks.thresholds")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoreMasker(entries.Entry):
    """A function (scores, removed, threshold, training) -> masks.

    Args:
        has_flags: Whether pruning events clear flags, which its masks are
            multiplied by; else it keeps a share of all scores, by `removed`.
        is_signed: Whether scores have both signs, and magnitudes are compared;
            else they are in [0, 1], which they are projected to.
        has_threshold: Whether it looks at the threshold.
        is_soft: Whether kernels are multiplied by the scores themselves.
        by_layer: Whether each layer keeps its own share, not all together.
        keeps_ones: Whether scores of 1 stay, however many are left out.
    """

    has_flags: bool = False
    is_signed: bool = False
    has_threshold: bool = False
    is_soft: bool = False
    by_layer: bool = False
    keeps_ones: bool = False


def hypercube(scores, removed, threshold, training):
    """Returns 1 where a score is above the threshold; a gradient of 1.

    What is 0 learns all the same: the gradient is not multiplied by the mask.

    Args and Returns: as for any score masker.
    """
    del removed, training
    return [_straight(each, each > threshold) for each in scores]


def relaxed(scores, removed, threshold, training):
    """Returns the scores themselves; in evaluation, projected to [0, 1].

    Args and Returns: as for any score masker.
    """
    del removed, threshold
    if training:
        return scores
    return [tf.clip_by_value(each, 0, 1) for each in scores]


def edge_popup(scores, removed, threshold, training):
    """Returns 1 but for the lowest magnitudes of each layer.

    The gradient is that of the magnitude, which is the sign of the score.

    Args and Returns: as for any score masker.
    """
    del threshold, training
    orders = thresholds.magnitudes(scores)
    lowest = thresholds.nth_smallest([[each] for each in orders], removed)
    return [
        _straight(tf.abs(score), order > lowest[index])
        for index, (score, order) in enumerate(zip(scores, orders, strict=True))
    ]


def global_edge_popup(scores, removed, threshold, training):
    """Returns 1 but for the lowest magnitudes of all layers together.

    The gradient is as of `edge_popup`.

    Args and Returns: as for any score masker.
    """
    del threshold, training
    orders = thresholds.magnitudes(scores)
    lowest = thresholds.nth_smallest([orders], removed)[0]
    return [
        _straight(tf.abs(score), order > lowest)
        for score, order in zip(scores, orders, strict=True)
    ]


def global_top(scores, removed, threshold, training):
    """Returns 1 but for the lowest scores of all layers; a gradient of 1.

    Scores of 0 and below count as the same. Those of 1 always stay: projection
    ties them in bulk, and a mask would else leave all of them out.

    Args and Returns: as for any score masker.
    """
    del threshold, training
    orders = thresholds.positive_parts(scores)
    lowest = thresholds.nth_smallest([orders], removed)[0]
    lowest = thresholds.below_one(lowest)
    return [
        _straight(score, order > lowest)
        for score, order in zip(scores, orders, strict=True)
    ]


def _straight(surrogate, kept):
    return tf.custom_gradient(_hard)(surrogate, kept)


def _hard(surrogate, kept):
    """0 or 1, whose gradient is that of the surrogate."""

    def gradient(upstream):
        return upstream, None

    return tf.cast(kept, surrogate.dtype), gradient


MASKERS = {
    "hc": ScoreMasker(
        hypercube,
        "hypercube",
        "1 where a score is above the threshold",
        entries.SREENIVASAN,
        has_flags=True,
        has_threshold=True,
    ),
    "hc_relaxed": ScoreMasker(
        relaxed,
        "hypercube, relaxed",
        "the score itself",
        entries.SREENIVASAN,
        has_flags=True,
        is_soft=True,
    ),
    "ep": ScoreMasker(
        edge_popup,
        "edge-popup",
        "of each layer, the share `density` of the highest magnitudes",
        entries.RAMANUJAN,
        is_signed=True,
        by_layer=True,
    ),
    "global_ep": ScoreMasker(
        global_edge_popup,
        "global edge-popup",
        "of all layers together, the share `density` of the highest magnitudes",
        entries.SREENIVASAN,
        is_signed=True,
    ),
    "global_top": ScoreMasker(
        global_top,
        "global top",
        "of all layers together, the share `density` of the highest scores",
        entries.SREENIVASAN,
        keeps_ones=True,
    ),
}
