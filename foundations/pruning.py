"""Turns scores into masks: the only place where a weight is pruned."""

from collections.abc import Collection

import numpy as np

from lottery_ticket.foundations import names
from lottery_ticket.foundations.selection import cutoff, layer_shares
from lottery_ticket.foundations.selection import quotas as quotas_lib

SCOPES = layer_shares.SCOPES


def prune_by_percent(
    percents: dict[str, float],
    masks: dict[str, np.ndarray],
    final_weights: dict[str, np.ndarray],
    scope: str = "layerwise",
) -> dict[str, np.ndarray]:
    """Returns masks without the smallest-magnitude weights.

    The name is the 2018 library's; what it calls percents are fractions of
    the weights *still kept*, in [0, 1].

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.
    Differs: the 2018 code pruned one weight more than asked, and all ties.

    Args:
        percents: Dict, layer name or pattern -> fraction of kept weights to
            prune; see `expand_fractions`.
        masks: Dict, layer name -> array of 0s and 1s; 1 means kept.
        final_weights: Dict, layer name -> trained weights; may hold more
            entries (biases) than there are masks.
        scope: As for `prune_by_scores`.

    Returns:
        A new dict of masks; `masks` is not modified.

    Raises:
        ValueError: As for `prune_by_scores`.
    """
    scores = {name: np.abs(final_weights[name]) for name in masks}
    return prune_by_scores(percents, masks, scores, scope)


def prune_by_scores(
    fractions: dict[str, float],
    masks: dict[str, np.ndarray],
    scores: dict[str, np.ndarray],
    scope: str = "layerwise",
) -> dict[str, np.ndarray]:
    """Returns masks without the lowest-scoring weights.

    A fraction is of the weights *still kept*: pruning a layer by 0.2 twice
    leaves a density of 0.64. Exactly `round(fraction * kept)` weights go; where
    scores tie at the cutoff, the earlier index (C order) goes first.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.

    Args:
        fractions: Dict, layer name or pattern -> fraction of kept weights to
            prune, in [0, 1]; see `expand_fractions`. A layer that is not named
            keeps its mask.
        masks: Dict, layer name -> array of 0s and 1s; 1 means kept.
        scores: Dict, layer name -> float array of the mask's shape; the lowest
            scores are pruned first.
        scope: "layerwise" prunes each layer by its fraction; "global" compares
            the scores of all layers whose fraction is above 0 with each other,
            see `prune_globally`.

    Returns:
        A new dict of masks; `masks` is not modified.

    Raises:
        ValueError: If a layer or the scope is unknown, a fraction is outside
            [0, 1], the scope is global and the fractions differ, or the scores
            are not as for `prune_to`.
    """
    quotas = quotas_lib.of_fractions(fractions, masks, scope)
    return prune_to(quotas, masks, scores)


def prune_globally(
    fraction: float,
    masks: dict[str, np.ndarray],
    scores: dict[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Returns masks without the lowest-scoring weights of all layers together.

    Exactly `round(fraction * kept)` weights go, `kept` counted over all layers;
    where scores tie at the cutoff, the earlier layer (in the order of `masks`)
    goes first, and in a layer the earlier index (C order). A layer may lose
    more than the fraction, even all of its weights, or nothing.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 4.

    Args:
        fraction: Fraction of the kept weights to prune, in [0, 1].
        masks: Dict, layer name -> array of 0s and 1s, of the layers to prune.
        scores: Dict, layer name -> float array of the mask's shape; may hold
            more layers.

    Returns:
        A new dict of masks; `masks` is not modified.

    Raises:
        ValueError: If the fraction is outside [0, 1], or the scores are not as
            for `prune_to`.
    """
    layer_shares.check("fraction to prune", fraction)
    kept = sum(int(np.count_nonzero(mask)) for mask in masks.values())
    quota = quotas_lib.Quota(tuple(masks), kept - round(fraction * kept))
    return prune_to([quota], masks, scores)


def prune_to(
    quotas: list[quotas_lib.Quota],
    masks: dict[str, np.ndarray],
    scores: dict[str, np.ndarray],
    rng: np.random.Generator | None = None,
) -> dict[str, np.ndarray]:
    """Returns masks that keep the highest-scoring weights, as quotas say.

    Exactly a quota's count of the kept weights of its layers stays; where
    scores tie at the cutoff, the earlier layer (in the order of `masks`) goes
    first, and in a layer the earlier index (C order), unless `rng` draws.

    Args:
        quotas: List of `quotas.Quota`, no layer in two of them. A layer in none
            keeps its mask.
        masks: Dict, layer name -> array of 0s and 1s; 1 means kept.
        scores: Dict, layer name -> array of real numbers of the mask's shape,
            higher = keep; may hold more layers.
        rng: What draws, of the weights of a quota that tie at the cutoff, which
            go; all are equally likely. None draws nothing.

    Returns:
        A new dict of masks; `masks` is not modified.

    Raises:
        ValueError: If a layer is unknown, a quota is above what is kept, or a
            layer's scores are missing, hold NaN or other than real numbers, or
            differ in shape from its mask.
    """
    quotas_lib.check(quotas, masks)
    pruned = dict(masks)
    for layers, count in quotas:
        group = {name: mask for name, mask in masks.items() if name in layers}
        _check_scores(group, scores)
        pruned.update(cutoff.cut(count, group, scores, rng))
    return pruned


def keep_positive(
    layers: Collection[str],
    masks: dict[str, np.ndarray],
    scores: dict[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Returns masks that keep what they kept and what scores above 0.

    How many go is the scores' to say: all weights of a layer may, or none.

    Args:
        layers: Names of the layers to prune; the others keep their masks.
        masks: Dict, layer name -> array of 0s and 1s; 1 means kept.
        scores: Dict, layer name -> array of real numbers of the mask's shape;
            may hold more layers.

    Returns:
        A new dict of masks; `masks` is not modified.

    Raises:
        ValueError: If a layer is unknown, or the scores are not as for
            `prune_to`.
    """
    for name in layers:
        names.check("layer to prune", name, masks)
    group = {name: mask for name, mask in masks.items() if name in layers}
    _check_scores(group, scores)
    kept = {name: mask * (scores[name] > 0) for name, mask in group.items()}
    return {**masks, **kept}


def expand_fractions(fractions: dict[str, float], layers) -> dict[str, float]:
    """Returns dict, layer name -> fraction, without patterns.

    Args:
        fractions: Dict, layer name or pattern -> fraction of kept weights to
            prune; see `layer_shares.expand`.
        layers: Names of all maskable layers.

    Raises:
        ValueError: If a key matches no layer, two patterns match a layer that
            is not named, or a fraction is outside [0, 1].
    """
    return layer_shares.expand("fraction", fractions, layers)


def check_fractions(
    fractions: dict[str, float], layers, scope: str = "layerwise"
) -> None:
    """Raises unless layers can be pruned by fractions.

    Args:
        fractions: Dict, layer name or pattern -> fraction of kept weights to
            prune.
        layers: Names of all maskable layers.
        scope: As for `prune_by_scores`.

    Raises:
        ValueError: As for `prune_by_scores`.
    """
    layer_shares.groups("fraction", fractions, layers, scope)


def _check_scores(masks, scores):
    for name, mask in masks.items():
        names.check("layer of scores", name, scores)
        _check_layer(name, mask, scores[name])


def _check_layer(name, mask, score):
    if score.shape != mask.shape:
        raise ValueError(
            f"Scores of layer {name!r} must have the shape of its mask, "
            f"{mask.shape}. Received: {score.shape}"
        )
    if not np.can_cast(score.dtype, np.float64):
        raise ValueError(
            f"Scores of layer {name!r} must be real numbers. "
            f"Received: {score.dtype}"
        )
    if np.isnan(score).any():
        raise ValueError(
            f"Scores of layer {name!r} hold NaN. Did training diverge?"
        )
