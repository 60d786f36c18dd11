"""What scores come to: the masks that they are judged by, and the final one."""

import numpy as np

from lottery_ticket.foundations import masks as masks_lib
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
    drawn = count if _draws(rounding) else 1
    found = []
    for index in range(drawn):
        own = seeds.derive(seed, "rounding", index)
        rounded = score_rounding.round_scores(rounding, scores, own, loss)
        found.append(masks_lib.intersect(rounded, flags))
    return found


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
    return advice


def _draws(rounding):
    return rounding.name in ("prob", "naive_prob") or rounding.noise_ratio > 0
