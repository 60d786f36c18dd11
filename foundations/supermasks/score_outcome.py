"""What scores come to: the masks that they are judged by, and the final one."""

import numpy as np

from lottery_ticket.foundations import seeds
from lottery_ticket.foundations.supermasks import (
    score_method,
    score_rounding,
    top_scores,
)

Network = dict[str, np.ndarray]


def samples(
    method: score_method.ScoreMethod,
    scores: Network,
    flags: Network,
    removed: list[int] | None,
    seed: int,
    count: int,
    loss=None,
) -> list[Network]:
    """Returns the masks that a search is judged by.

    With flags, rounded scores where nothing is flagged off; else the mask of
    the forward pass, as `top_scores.masks`.

    Args:
        method: How the scores were trained.
        scores: Dict, layer name -> array.
        flags: Dict, layer name -> array of 0s and 1s.
        removed: As of `top_scores.removed`; None for methods with flags.
        seed: Seed of the search; each rounding draws from one of its own.
        count: How many, where roundings draw; else there is one.
        loss: Function (masks) -> float, for "pseudo_boolean" alone.
    """
    if not method.has_flags:
        return [top_scores.masks(method, scores, removed)]
    rounding = method.rounding
    draws = score_rounding.draws(rounding.name, rounding.noise_ratio)
    return [
        score_rounding.round_scores(
            rounding, scores, seeds.derive(seed, "rounding", index), loss, flags
        )
        for index in range(count if draws else 1)
    ]


def kept(
    method: score_method.ScoreMethod,
    scores: Network,
    flags: Network,
    removed: list[int] | None,
) -> Network:
    """Returns the mask as it stands: as `samples`, the rounding being naive.

    Args:
        method: As for `samples`, like the rest.
        scores: See there.
        flags: See there.
        removed: See there.
    """
    if not method.has_flags:
        return top_scores.masks(method, scores, removed)
    return {
        name: flags[name] * (each > method.rounding.threshold)
        for name, each in scores.items()
    }


def check(method: score_method.ScoreMethod, masks: Network, where: str) -> None:
    """Raises if masks keep nothing.

    Args:
        method: How they were made.
        masks: Dict, layer name -> array of 0s and 1s.
        where: What they are, for the error: "The final mask".

    Raises:
        ValueError: Naming the regulariser, and what to do.
    """
    if any(mask.any() for mask in masks.values()):
        return
    raise ValueError(f"{emptiness(method, masks, where)}. {_advice(method)}")


def emptiness(
    method: score_method.ScoreMethod, masks: Network, where: str
) -> str:
    """Returns the words for masks that keep nothing, and what made them so.

    Args:
        method: As for `check`.
        masks: As for `check`.
        where: As for `check`.
    """
    total = sum(mask.size for mask in masks.values())
    cause = (
        f"the regularization {method.regularization!r} with weight "
        f"{method.regularization_weight:g}"
    )
    if method.regularization == "none":
        cause = "no regularization"
    return f"{where} keeps none of {total:,} weights, under {cause}"


def warning(
    method: score_method.ScoreMethod,
    scores: Network,
    kept: Network,
    where: str,
) -> str | None:
    """Returns the words for a forward pass without weights, or None.

    Little or no gradient comes through it: little moves but by a regulariser.

    Args:
        method: As for `check`.
        scores: Dict, layer name -> array.
        kept: As `kept` gives.
        where: As for `check`.
    """
    cause = "the final mask will be another one"
    if not method.has_flags:
        kept = top_scores.forward(method, scores, kept)
        cause = "scores tie in bulk with the last that is left out, and go, too"
    if any(mask.any() for mask in kept.values()):
        return None
    return f"{emptiness(method, kept, where)}; {cause}"


def _advice(method):
    if method.regularization == "none" or not method.regularization_weight:
        return (
            "Expected scores above the threshold, and pruning that leaves some."
            " Use another learning rate or other scores to start from, or prune"
            " less"
        )
    advice = "Use a smaller regularization_weight"
    if method.has_flags and not method.unflag:
        advice += ", or unflag, which keeps what no event has pruned"
    if method.plan.epochs or not method.has_flags:
        advice += ", or prune less"
    return advice
