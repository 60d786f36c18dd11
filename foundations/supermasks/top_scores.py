"""Which scores are at the top: how many are not, and the exact masks."""

import numpy as np

from lottery_ticket.foundations.selection import cutoff, quotas
from lottery_ticket.foundations.supermasks import pruning_events, score_method

Network = dict[str, np.ndarray]


def removed(
    method: score_method.ScoreMethod, sizes: dict[str, int], epoch: int = -1
) -> list[int]:
    """Returns how many of the lowest scores the masks leave out.

    Source: Sreenivasan et al. 2022's code: int((1 - k) * n) of a layer for
    "ep", else ceil((1 - d) * D) of all; without what floating point adds.

    Args:
        method: One whose masker is in score_method.TOP.
        sizes: Dict, layer name -> number of its scores.
        epoch: Number of the epoch that has ended, counted from 0, where a plan
            makes masks sparser by and by; -1 before the first.

    Returns:
        A number for each layer for "ep", else a list of one.
    """
    if method.masker == "ep":
        return [
            size - quotas.rounded_up(method.density, size)
            for size in sizes.values()
        ]
    if method.plan.epochs:
        fraction = pruning_events.removed_fraction(method.plan, epoch)
    else:
        fraction = 1 - method.density
    return [quotas.rounded_up(fraction, sum(sizes.values()))]


def masks(
    method: score_method.ScoreMethod, scores: Network, counts: list[int]
) -> Network:
    """Returns masks without exactly so many of the lowest scores.

    The same as the forward pass computes with where no scores tie; of scores
    that do, the earlier layers (in the order of `scores`), and in a layer the
    earlier indices (C order), go first.

    Args:
        method: As for `removed`.
        scores: Dict, layer name -> array.
        counts: As `removed` gives.

    Returns:
        Dict, layer name -> uint8 array.
    """
    if method.masker in score_method.SIGNED:
        ranks = {name: np.abs(each) for name, each in scores.items()}
    else:
        ranks = {name: np.maximum(each, 0) for name, each in scores.items()}
    everything = {n: np.ones(each.shape, np.uint8) for n, each in ranks.items()}
    groups = [list(ranks)]
    if method.masker == "ep":
        groups = [[name] for name in ranks]
    found = {}
    for layers, count in zip(groups, counts, strict=True):
        own = {name: everything[name] for name in layers}
        total = sum(mask.size for mask in own.values())
        found.update(cutoff.cut(total - count, own, ranks))
    return found
