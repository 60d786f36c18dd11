"""Turns scores into masks: the only place where a weight is pruned."""

import fnmatch

import numpy as np

from lottery_ticket.foundations import names

SCOPES = ("layerwise", "global")


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
            [0, 1], the scope is global and the fractions differ, or a layer's
            scores hold NaN or differ in shape from its mask.
    """
    expanded = expand_fractions(fractions, masks)
    pruned = dict(masks)
    for layers, fraction in _groups(expanded, scope):
        group = {name: masks[name] for name in layers}
        pruned.update(prune_globally(fraction, group, scores))
    return pruned


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
        ValueError: If the fraction is outside [0, 1], or a layer's scores hold
            NaN or differ in shape from its mask.
    """
    for name, mask in masks.items():
        _check_fraction(name, fraction)
        _check_scores(name, mask, scores[name])
    kept = {name: mask.astype(bool) for name, mask in masks.items()}
    values = [scores[name][where] for name, where in kept.items()]
    lowest = _lowest(fraction, np.concatenate([np.empty(0, bool), *values]))
    pruned = {name: mask.copy() for name, mask in masks.items()}
    start = 0
    for (name, where), value in zip(kept.items(), values, strict=True):
        pruned[name][where] = ~lowest[start : start + value.size]
        start += value.size
    return pruned


def expand_fractions(fractions: dict[str, float], layers) -> dict[str, float]:
    """Returns dict, layer name -> fraction, without patterns.

    A key is a layer's name or a pattern such as "conv*" or "*", in which * and
    ? stand for any text and any one character. A layer's own name wins over
    patterns. The layers are in the order of `layers`; those that nothing
    matches are left out.

    Args:
        fractions: Dict, layer name or pattern -> fraction of kept weights to
            prune.
        layers: Names of all maskable layers.

    Raises:
        ValueError: If a key matches no layer, two patterns match a layer that
            is not named, or a fraction is outside [0, 1].
    """
    for key, fraction in fractions.items():
        if not any(fnmatch.fnmatchcase(layer, key) for layer in layers):
            names.check("layer in fractions", key, layers)
        _check_fraction(key, fraction)
    keys = {layer: _key(layer, fractions) for layer in layers}
    return {
        layer: fractions[key] for layer, key in keys.items() if key is not None
    }


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
    _groups(expand_fractions(fractions, layers), scope)


def _groups(fractions, scope):
    """List of pairs: layers that are compared with each other, fraction."""
    names.check("scope", scope, SCOPES)
    if scope == "layerwise":
        return [([name], fraction) for name, fraction in fractions.items()]
    above_0 = {name: part for name, part in fractions.items() if part > 0}
    if len(set(above_0.values())) > 1:
        raise ValueError(
            "With scope=global, all fractions above 0 must be the same. "
            f"Received: {above_0}"
        )
    return [(list(above_0), part) for part in set(above_0.values())]


def _key(layer, fractions):
    """The key of the fractions that counts for a layer, or None."""
    if layer in fractions:
        return layer
    matching = [key for key in fractions if fnmatch.fnmatchcase(layer, key)]
    if len(matching) > 1:
        raise ValueError(
            f"Layer {layer!r} matches several patterns of the fractions: "
            f"{', '.join(matching)}. Name the layer itself"
        )
    return matching[0] if matching else None


def _lowest(fraction, values):
    """Booleans: whether each value is one of the lowest, of ties the first.

    A partition, not a sort: 25M values take about a second.
    """
    count = round(fraction * values.size)
    if count in (0, values.size):
        return np.full(values.size, count > 0)
    cutoff = np.partition(values, count - 1)[count - 1]
    lowest = values < cutoff
    ties = np.flatnonzero(values == cutoff)
    lowest[ties[: count - np.count_nonzero(lowest)]] = True
    return lowest


def _check_fraction(name, fraction):
    if not 0 <= fraction <= 1:  # NaN fails this too.
        raise ValueError(
            f"The fraction to prune from layer {name!r} must be in [0, 1]. "
            f"Received: {fraction}"
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
