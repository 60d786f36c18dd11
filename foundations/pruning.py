"""Turns scores into masks: the only place where a weight is pruned."""

import numpy as np

from lottery_ticket.foundations import names


def prune_by_percent(
    percents: dict[str, float],
    masks: dict[str, np.ndarray],
    final_weights: dict[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Returns masks without the smallest-magnitude weights of each layer.

    The name is the 2018 library's; what it calls percents are fractions of
    the weights *still kept*, in [0, 1].

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.
    Differs: the 2018 code pruned one weight more than asked, and all ties.

    Args:
        percents: Dict, layer name -> fraction of kept weights to prune.
        masks: Dict, layer name -> array of 0s and 1s; 1 means kept.
        final_weights: Dict, layer name -> trained weights; may hold more
            entries (biases) than there are masks.

    Returns:
        A new dict of masks; `masks` is not modified.

    Raises:
        ValueError: As for `prune_by_scores`.
    """
    scores = {name: np.abs(final_weights[name]) for name in masks}
    return prune_by_scores(percents, masks, scores)


def prune_by_scores(
    fractions: dict[str, float],
    masks: dict[str, np.ndarray],
    scores: dict[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Returns masks without the lowest-scoring weights of each layer.

    A fraction is of the weights *still kept*: pruning a layer by 0.2 twice
    leaves a density of 0.64. Exactly `round(fraction * kept)` weights go; where
    scores tie at the cutoff, the earlier index (C order) goes first.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.

    Args:
        fractions: Dict, layer name -> fraction of kept weights to prune, in
            [0, 1]. A layer that is not named keeps its mask.
        masks: Dict, layer name -> array of 0s and 1s; 1 means kept.
        scores: Dict, layer name -> float array of the mask's shape; the lowest
            scores are pruned first.

    Returns:
        A new dict of masks; `masks` is not modified.

    Raises:
        ValueError: If a layer is unknown, a fraction is outside [0, 1], or a
            layer's scores hold NaN or differ in shape from its mask.
    """
    check_fractions(fractions, masks)
    pruned = dict(masks)
    for name, fraction in fractions.items():
        mask, score = masks[name], scores[name]
        _check_scores(name, mask, score)
        kept = np.flatnonzero(mask)
        count = round(fraction * kept.size)
        lowest = kept[np.argsort(score.flat[kept], kind="stable")[:count]]
        pruned[name] = mask.copy()
        pruned[name].flat[lowest] = 0
    return pruned


def check_fractions(fractions: dict[str, float], layers) -> None:
    """Raises unless all fractions are in [0, 1] and of known layers.

    Args:
        fractions: Dict, layer name -> fraction of kept weights to prune.
        layers: Names of all maskable layers.

    Raises:
        ValueError: If a layer is unknown or a fraction is outside [0, 1].
    """
    for name, fraction in fractions.items():
        names.check("layer in fractions", name, layers)
        if not 0 <= fraction <= 1:  # NaN fails this too.
            raise ValueError(
                f"The fraction to prune from layer {name!r} must be in "
                f"[0, 1]. Received: {fraction}"
            )


def _check_scores(name, mask, score):
    if score.shape != mask.shape:
        raise ValueError(
            f"Scores of layer {name!r} must have the shape of its mask, "
            f"{mask.shape}. Received: {score.shape}"
        )
    if np.isnan(score).any():
        raise ValueError(
            f"Scores of layer {name!r} hold NaN. Did training diverge?"
        )
