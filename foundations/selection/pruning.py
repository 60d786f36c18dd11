"""Turns scores into masks: the only place where a weight is pruned."""

from collections.abc import Collection

import numpy as np

from lottery_ticket.foundations.selection import granularity, layer_shares
from lottery_ticket.foundations.selection import quotas as quotas_lib
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.foundations.values import names

SCOPES = layer_shares.SCOPES
# Layer name -> array of 0s and 1s; 1 means kept.
Masks = dict[str, np.ndarray]
# Fractions by layer, or exact counts.
Amounts = dict[str, float] | list[quotas_lib.Quota]


def prune_by_percent(
    percents: Amounts,
    masks: Masks,
    final_weights: dict[str, np.ndarray],
    scope: str = "layerwise",
    rng: np.random.Generator | None = None,
) -> Masks:
    """Returns masks without the smallest-magnitude weights.

    The name is the 2018 library's; what it calls percents are fractions of
    the weights *still kept*, in [0, 1].

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.
    Differs: the 2018 code pruned one weight more than asked, and all ties.

    Args:
        percents: Dict, layer name or pattern -> fraction of kept weights to
            prune; or quotas. All else is as for `prune_by_scores`.
        final_weights: Dict, layer name -> trained weights; may hold more
            entries (biases) than there are masks.
    """
    scores = {name: np.abs(final_weights[name]) for name in masks}
    return prune_by_scores(percents, masks, scores, scope, rng)


def prune_by_scores(
    amounts: Amounts,
    masks: Masks,
    scores: dict[str, np.ndarray],
    scope: str = "layerwise",
    rng: np.random.Generator | None = None,
    groups: granularity.Groups = granularity.WEIGHTS,
) -> Masks:
    """Returns masks without the lowest-scoring weights; changes no argument.

    Every pruning of a counted number of weights ends here. How many go is said
    by fractions of the weights *still kept*, so that pruning a layer by 0.2
    twice leaves a density of 0.64 and exactly `round(fraction * kept)` weights
    go; or, as exact counts of what stays, by quotas.

    Where scores tie at the cutoff, the earlier layer (in the order of `masks`)
    goes first, and in a layer the earlier index (C order), unless `rng` draws.
    Of layers that are compared with each other, one may lose more than the
    fraction, even all of its weights, or nothing.

    Groups of weights, such as units, are pruned likewise, by their pooled
    scores: all weights of one stay or go, amounts are of groups, and of ties
    the earlier group goes first. What is of no use without them stays; see
    `Groups.follow`. Weights that are compared within their units are pruned by
    their ranks there; see `Groups.pooled`. Of n:m, the masks are those of
    `keep_n_of_m`.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2;
    of the scope "global", sec. 4.

    Args:
        amounts: Dict, layer name or pattern -> fraction of kept weights to
            prune, in [0, 1]; see `layer_shares.expand`. Or quotas, no layer in
            two of them. A layer that is not named keeps its mask.
        masks: Layer name -> array of 0s and 1s; 1 means kept.
        scores: Dict, layer name -> array of real numbers of the mask's shape,
            none NaN; higher = keep. It may hold more layers.
        scope: Of fractions: "layerwise" prunes each layer by its own; "global"
            compares the scores of all layers whose fraction is above 0 with
            each other. Quotas say it themselves.
        rng: What draws, of the weights that tie at a cutoff, which go; all are
            equally likely. None draws nothing.
        groups: What is pruned at once.

    Raises:
        ValueError: If amounts, see `quotas.of_fractions` and `quotas.check`, or
            scores do not fit the masks, or a scope comes with quotas.
    """
    if groups.granularity.is_grouped or groups.granularity.is_per_unit:
        whole = groups.masks(masks)
        _check_scores({name: masks[name] for name in whole}, scores)
        pooled = groups.pooled(masks, scores, rng)
        kept = prune_by_scores(amounts, whole, pooled, scope, rng)
        return groups.spread(masks, kept)
    quotas = _quotas(amounts, masks, scope)
    quotas_lib.check(quotas, masks)
    pruned = dict(masks)
    for layers, count in quotas:
        group = {name: mask for name, mask in masks.items() if name in layers}
        _check_scores(group, scores)
        pruned.update(cut(count, group, scores, rng))
    return pruned


def keep_n_of_m(
    layers: Collection[str],
    masks: Masks,
    scores: dict[str, np.ndarray],
    groups: granularity.Groups,
    rng: np.random.Generator | None = None,
) -> Masks:
    """Returns masks that keep n of every m consecutive inputs of a unit.

    Those are the n of the highest scores; where fewer are kept already, it
    stays at that. Inputs follow each other in the kernel's height, width, input
    order. Of ties, the earlier goes first, unless `rng` draws.

    Source: Mishra et al. 2021 (https://arxiv.org/abs/2104.08378), 2:4.

    Args:
        layers: Names of the layers that are pruned.
        masks: Layer name -> array of 0s and 1s; 1 means kept.
        scores: As for `prune_by_scores`.
        groups: Of n:m, with the layers' layouts.
        rng: As for `prune_by_scores`.

    Raises:
        ValueError: If a layer is unknown, its inputs are no multiple of m, or
            scores are not as for `prune_by_scores`.
    """
    pruned, (n, m) = dict(masks), groups.granularity.size
    for name in layers:
        names.check("layer to prune", name, masks)
        _check_scores({name: masks[name]}, scores)
        layout, shape = groups.layouts[name], masks[name].shape
        own = granularity.matrix(scores[name].astype(np.float64), layout)
        if len(own) % m:
            raise ValueError(
                f"Units of layer {name!r} have {len(own)} inputs, which is no "
                f"multiple of {m}: it cannot be pruned {groups.granularity}"
            )
        whole = granularity.matrix(masks[name], layout).astype(bool)
        rows, kept_rows = own.T.reshape(-1, m), whole.T.reshape(-1, m)
        kept = _highest(n, rows, kept_rows, rng)
        back = kept.reshape(own.T.shape).T
        pruned[name] = masks[name] * granularity.kernel(back, shape, layout)
    return pruned


def cut(
    count: int,
    masks: Masks,
    scores: dict[str, np.ndarray],
    rng: np.random.Generator | None = None,
) -> Masks:
    """Returns masks of layers compared with each other, `count` weights kept.

    By a partition, not a sort, and one copy of the kept scores: the cutoff is
    the lowest score that is kept.

    Args:
        count: How many of the kept weights stay, of all layers together.
        scores: As for `prune_by_scores`, none NaN.
        rng: As for `prune_by_scores`; of weights that tie, any of all layers.
    """
    values = _kept_values(masks, scores)
    going = values.size - count
    if not going:
        return {name: mask.copy() for name, mask in masks.items()}
    values.partition(going - 1)
    cutoff = values[going - 1]
    ties = going - np.count_nonzero(values[:going] < cutoff)
    left = np.count_nonzero(values[going:] == cutoff)
    drawn = _draw(ties, ties + left, rng)
    pruned = {}
    for name, mask in masks.items():
        goes = scores[name] < cutoff
        if drawn.any():
            equal = (scores[name] == cutoff) & mask.astype(bool)
            own = np.count_nonzero(equal)
            goes[equal] = drawn[:own]
            drawn = drawn[own:]
        pruned[name] = mask * ~goes
    return pruned


def keep_positive(
    layers: Collection[str],
    masks: Masks,
    scores: dict[str, np.ndarray],
) -> Masks:
    """Returns masks that keep what they kept and what scores above 0.

    How many go is the scores' to say: all weights of a layer may, or none.
    Layers that are not named keep their masks. Raises ValueError if one is
    unknown, or scores are not as for `prune_by_scores`.
    """
    for name in layers:
        names.check("layer to prune", name, masks)
    group = {name: mask for name, mask in masks.items() if name in layers}
    _check_scores(group, scores)
    kept = {name: mask * (scores[name] > 0) for name, mask in group.items()}
    return {**masks, **kept}


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
        score = scores[name]
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
        masks_lib.check_numbers("Scores", {name: score})


def _draw(count, total, rng):
    """Booleans, `count` of them true: the first, or at random."""
    drawn = np.zeros(total, bool)
    drawn[:count] = True
    if rng is not None:
        rng.shuffle(drawn)
    return drawn


def _highest(n, scores, kept, rng):
    """Where the n highest scores of each row are, of those that are kept."""
    scores = np.where(kept, scores, -np.inf)
    turns = np.arange(scores.shape[1]) + np.zeros(scores.shape)
    if rng is not None:
        turns = rng.random(scores.shape)
    # By what is kept, then by the score: one may be minus infinity.
    order = np.lexsort((turns, scores, kept), axis=-1)[:, -n:]
    found = np.zeros(scores.shape, bool)
    np.put_along_axis(found, order, True, axis=-1)
    return found & kept


def _kept_values(masks, scores):
    """The scores of all kept weights, in one new array."""
    size = sum(np.count_nonzero(mask) for mask in masks.values())
    dtypes = [scores[name].dtype for name in masks]
    values = np.empty(size, np.result_type(bool, *dtypes))
    start = 0
    for name, mask in masks.items():
        # Up to four times as fast as indexing by booleans, at density 1/2.
        kept = mask.ravel().astype(bool)
        own = np.compress(kept, scores[name].ravel())
        values[start : start + own.size] = own
        start += own.size
    return values
