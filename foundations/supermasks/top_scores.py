"""Which scores are at the top: how many are not, and the exact masks."""

import numpy as np

from lottery_ticket.foundations import pruning
from lottery_ticket.foundations.selection import quotas
from lottery_ticket.foundations.supermasks import pruning_events, score_method

Network = dict[str, np.ndarray]
_BELOW_ONE = np.nextafter(np.float32(1), np.float32(0))


def removed(
    method: score_method.ScoreMethod, sizes: dict[str, int], epoch: int = -1
) -> list[int]:
    """Returns how many of the lowest scores the masks leave out.

    Source: Sreenivasan et al. 2022's code: int((1 - k) * n) of a layer for
    "ep", else ceil((1 - d) * D) of all; without what floating point adds.

    Args:
        method: One whose masker keeps a share of all scores.
        sizes: Dict, layer name -> number of its scores.
        epoch: Number of the epoch that has ended, counted from 0, where a plan
            makes masks sparser by and by; -1 before the first.

    Returns:
        A number for each layer, or a list of one for all together.
    """
    if method.masker_entry.by_layer:
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
    ranks = _ranks(method, scores)
    everything = {n: np.ones(each.shape, np.uint8) for n, each in ranks.items()}
    found = {}
    for layers, count in zip(_groups(method, ranks), counts, strict=True):
        own = {name: everything[name] for name in layers}
        total = sum(mask.size for mask in own.values())
        found.update(pruning.cut(total - count, own, ranks))
    return found


def forward(
    method: score_method.ScoreMethod, scores: Network, kept: Network
) -> Network:
    """Returns the masks that the forward pass computes with.

    What ties with the last that is left out goes, too, but for scores of 1 with
    a masker that keeps those; see `score_maskers`.

    Args:
        method: As for `removed`.
        scores: Dict, layer name -> array.
        kept: As `masks` gives.

    Returns:
        Dict, layer name -> uint8 array.
    """
    ranks = _ranks(method, scores)
    found = {}
    for layers in _groups(method, ranks):
        highest = max(
            ranks[name][kept[name] == 0].max(initial=-1) for name in layers
        )
        if method.masker_entry.keeps_ones:
            highest = min(highest, _BELOW_ONE)
        for name in layers:
            found[name] = (ranks[name] > highest).astype(np.uint8)
    return found


def _ranks(method, scores):
    if method.masker_entry.is_signed:
        return {name: np.abs(each) for name, each in scores.items()}
    return {name: np.maximum(each, 0) for name, each in scores.items()}


def _groups(method, layers):
    """Lists of layers whose scores are compared with each other."""
    if method.masker_entry.by_layer:
        return [[name] for name in layers]
    return [list(layers)]
