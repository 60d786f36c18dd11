"""Turns scores into masks: the only place where a weight is pruned."""

from collections.abc import Collection

import numpy as np

from lottery_ticket.foundations import names
from lottery_ticket.foundations.selection import cutoff, layer_shares
from lottery_ticket.foundations.selection import quotas as quotas_lib

SCOPES = layer_shares.SCOPES
# Fractions by layer, or exact counts.
Amounts = dict[str, float] | list[quotas_lib.Quota]


def prune_by_percent(
    percents: Amounts,
    masks: dict[str, np.ndarray],
    final_weights: dict[str, np.ndarray],
    scope: str = "layerwise",
    rng: np.random.Generator | None = None,
) -> dict[str, np.ndarray]:
    """Returns masks without the smallest-magnitude weights.

    The name is the 2018 library's; what it calls percents are fractions of
    the weights *still kept*, in [0, 1].

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.
    Differs: the 2018 code pruned one weight more than asked, and all ties.

    Args:
        percents: Dict, layer name or pattern -> fraction of kept weights to
            prune; or quotas: see `prune_by_scores`.
        masks: Dict, layer name -> array of 0s and 1s; 1 means kept.
        final_weights: Dict, layer name -> trained weights; may hold more
            entries (biases) than there are masks.
        scope: As for `prune_by_scores`, like rng.
        rng: What draws which of equal magnitudes go.

    Returns:
        A new dict of masks; `masks` is not modified.

    Raises:
        ValueError: As for `prune_by_scores`.
    """
    scores = {name: np.abs(final_weights[name]) for name in masks}
    return prune_by_scores(percents, masks, scores, scope, rng)


def prune_by_scores(
    amounts: Amounts,
    masks: dict[str, np.ndarray],
    scores: dict[str, np.ndarray],
    scope: str = "layerwise",
    rng: np.random.Generator | None = None,
) -> dict[str, np.ndarray]:
    """Returns masks without the lowest-scoring weights.

    Every pruning of a counted number of weights ends here. How many go is said
    by fractions of the weights *still kept*, so that pruning a layer by 0.2
    twice leaves a density of 0.64 and exactly `round(fraction * kept)` weights
    go; or, as exact counts of what stays, by quotas.

    Where scores tie at the cutoff, the earlier layer (in the order of `masks`)
    goes first, and in a layer the earlier index (C order), unless `rng` draws.
    Of layers that are compared with each other, one may lose more than the
    fraction, even all of its weights, or nothing.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2;
    of the scope "global", sec. 4.

    Args:
        amounts: Dict, layer name or pattern -> fraction of kept weights to
            prune, in [0, 1]; see `expand_fractions`. Or a list of
            `quotas.Quota`, no layer in two of them. A layer that is named in
            neither keeps its mask.
        masks: Dict, layer name -> array of 0s and 1s; 1 means kept.
        scores: Dict, layer name -> array of real numbers of the mask's shape;
            the lowest scores are pruned first. It may hold more layers.
        scope: Of fractions: "layerwise" prunes each layer by its own; "global"
            compares the scores of all layers whose fraction is above 0 with
            each other. Quotas say it themselves.
        rng: What draws, of the weights that tie at a cutoff, which go; all are
            equally likely. None draws nothing.

    Returns:
        A new dict of masks; `masks` is not modified.

    Raises:
        ValueError: If a layer or the scope is unknown, a fraction is outside
            [0, 1], the scope is global and the fractions differ, or a scope
            comes with quotas; if a quota is above what is kept; or if a
            layer's scores are missing, hold NaN or other than real numbers, or
            differ in shape from its mask.
    """
    quotas = _quotas(amounts, masks, scope)
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
            `prune_by_scores`.
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


def _quotas(amounts, masks, scope):
    """What is to be left, as exact counts."""
    if isinstance(amounts, dict):
        return quotas_lib.of_fractions(amounts, masks, scope)
    if scope != SCOPES[0]:
        raise ValueError(
            "Quotas name the layers that are compared: a scope is for "
            f"fractions. Received: scope={scope}"
        )
    return amounts


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
