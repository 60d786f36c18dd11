"""What the flags of a GemSearch mean to the training of scores."""

from lottery_ticket.foundations.supermasks import (
    maskers,
    pruning_events,
    score_method,
    score_rounding,
)


def plan(
    search, epochs: int, is_inverted: bool = False
) -> pruning_events.EventPlan:
    """Returns when a search prunes, and how much.

    Args:
        search: GemSearch.
        epochs: Whole epochs of its training.
        is_inverted: Whether events take the highest scores, a sanity check.

    Raises:
        ValueError: If it is too short for an event.
    """
    if not search.algorithm.has_events:
        return pruning_events.NO_EVENTS
    return pruning_events.plan(
        epochs,
        search.prune_period,
        search.density,
        fraction=search.prune_fraction,
        scope=search.prune_scope,
        ties=search.ties,
        is_inverted=is_inverted,
        threshold=search.threshold,
    )


def method(search, plan: pruning_events.EventPlan) -> score_method.ScoreMethod:
    """Returns how scores are trained, and become a mask.

    Args:
        search: GemSearch, resolved, of an algo that trains scores.
        plan: Its pruning events.
    """
    masker = _masker(search)
    has_flags = maskers.MASKERS[masker].has_flags
    is_counted = not has_flags and not plan.epochs
    has_sum = search.regularization != "none"
    return score_method.ScoreMethod(
        masker,
        density=search.density if is_counted else None,
        threshold=search.threshold,
        project_every=search.project_every,
        clamp_in_forward=search.clamp_in_forward,
        regularization=search.regularization,
        regularization_weight=search.regularization_weight if has_sum else 0.0,
        alpha=search.alpha,
        alpha_prime=search.alpha_prime,
        rounding=score_rounding.Rounding(
            search.rounding,
            search.threshold,
            search.noise_ratio,
            search.prob_layers,
        ),
        unflag=search.unflag,
        plan=plan,
    )


def _masker(search):
    if search.bottom_k_on_forward:
        return "global_top"
    return search.algorithm.masker if search.quantized else "hc_relaxed"
