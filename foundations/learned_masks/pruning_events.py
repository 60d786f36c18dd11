"""Pruning events of a search: when they come, how much goes, and what.

Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), algorithm 1
(Gem-Miner), and the authors' code, whose counts these are.
"""

import typing

import numpy as np

from lottery_ticket.foundations.selection import doubts, pruning, quotas
from lottery_ticket.foundations.values import fields

Network = dict[str, np.ndarray]
SCOPES = ("global", "layerwise", "threshold")
TIES = ("exact", "legacy")


@fields.settings
class EventPlan:
    """When a search prunes, and how."""

    epochs: tuple[int, ...] = fields.field(
        (),
        "Epochs, counted from 0, after which there is an event; rising.",
        at_least=0,
    )
    fraction: float = fields.field(
        0.0,
        "Fraction of the active weights that an event takes.",
        at_least=0,
        at_most=1,
    )
    scope: str = fields.field(
        "global",
        "global compares the scores of all layers; layerwise takes the "
        "fraction of each; threshold takes no fraction, but what is not above "
        "the threshold.",
        choices=SCOPES,
    )
    ties: str = fields.field(
        "exact",
        "exact takes as many as the fraction says, rounded up, ties by their "
        "place; legacy, as the authors' code, also all that tie with the last "
        "of them.",
        choices=TIES,
    )
    is_inverted: bool = fields.field(
        False,
        "Whether the largest scores go in place of the smallest, a sanity "
        "check.",
    )
    threshold: float = fields.field(
        0.5,
        "What scores must be above, with the scope threshold.",
        at_least=0,
        at_most=1,
    )
    period: int = fields.field(
        1, "Epochs from one event to the next.", at_least=1
    )

    def __attrs_post_init__(self):
        """Raises ValueError if inverted events are to go by a threshold."""
        if self.is_inverted and self.scope == "threshold":
            raise ValueError(
                "Inverted events take a fraction of the weights, those with "
                "the largest scores. Expected the scope global or layerwise. "
                "Received: threshold"
            )


# Of a search that only trains scores.
NO_EVENTS = EventPlan()


def plan(
    epochs: int,
    period: int,
    density: float | None,
    *,
    fraction: float | None = None,
    scope: str = "global",
    **others: typing.Any,
) -> EventPlan:
    """Returns the events of a search, the last of which reaches a density.

    With epochs E and a period T, events follow epochs T, 2T and so on to NT,
    counted from 0, N = floor((E - 1) / T). Each takes the fraction
    1 - density^(1/N) of what is active, so the epochs after the last event, one
    at least, are trained at the density.

    Args:
        epochs: How many epochs the search has.
        period: Epochs from one event to the next, 1 or more.
        density: Part of all weights that is active after the last event, in
            (0, 1]; None where there is a fraction, or the scope is "threshold".
        fraction: In place of the density's; as of EventPlan, like all that
            follows.
        scope: Of what an event takes a fraction.
        **others: The rest of EventPlan.

    Raises:
        ValueError: If there are too few epochs for one event, there is neither
            a density nor a fraction, or a fraction beside the scope
            "threshold", or as of EventPlan.
    """
    fields.check("period of pruning events", period, int, at_least=1)
    events = (epochs - 1) // period
    if events < 1:
        raise ValueError(
            "The first pruning event comes after epoch number period, counted "
            f"from 0. Expected more than {period} epochs. Received: {epochs}. "
            "Search longer, or prune more often"
        )
    return EventPlan(
        tuple(range(period, events * period + 1, period)),
        _fraction(events, density, fraction, scope),
        scope,
        period=period,
        **others,
    )


def prune(
    active: Network,
    scores: Network,
    plan: EventPlan,
    ties: doubts.Chance | None = None,
) -> Network:
    """Returns masks of what one event leaves active.

    Of n active weights, exactly ceil(fraction * n) go, see `quotas.rounded_up`:
    those with the smallest abs(score). Of equal ones the earlier layer (in the
    order of `active`) goes first, and in a layer the earlier index (C order).

    Differs: with the authors' code, and ties "legacy", no weight stays whose
    abs(score) is that of one that goes; scores that were clipped to 0 can so go
    in bulk.

    Args:
        active: Dict, layer name -> array of 0s and 1s; 1 means active.
        scores: Dict, layer name -> float array of the same shape.
        plan: What an event does; whether it is due is not asked here.
        ties: What counts weights that go though they tie, or None.

    Raises:
        ValueError: If a layer's scores are missing, hold NaN or differ in
            shape from its mask.
    """
    if plan.scope == "threshold":
        above = {name: each - plan.threshold for name, each in scores.items()}
        return pruning.keep_positive(active, active, above)
    sign = -1 if plan.is_inverted else 1
    ranks = {name: sign * np.abs(each) for name, each in scores.items()}
    groups = [tuple(active)]
    if plan.scope == "layerwise":
        groups = [(name,) for name in active]
    counts = [_quota(layers, active, plan.fraction) for layers in groups]
    pruned = pruning.prune_by_scores(counts, active, ranks)
    if plan.ties == "legacy":
        for layers in groups:
            pruned.update(_without_ties(layers, active, pruned, ranks))
    elif ties is not None:
        ties.add(counts, active, pruned, ranks)
    return pruned


def removed_fraction(plan: EventPlan, epoch: int) -> float:
    """Returns what part of all weights gradual global edge-popup leaves out.

    It takes none for good: each batch has a threshold of its own, of all
    weights, and the part grows. After the event of epoch e, with the plan's
    fraction p and period T, it is 1 - (1 - p)^floor((e + 1) / T), and p at the
    start. With T of 2 or more, the first event so changes nothing, and the last
    one, at NT, makes it 1 - density.

    Differs: with T = 1 the authors' code goes one power beyond the density.

    Args:
        plan: Of `plan`.
        epoch: Number of the epoch that has ended, counted from 0; -1 before the
            first.
    """
    last = max((each for each in plan.epochs if each <= epoch), default=0)
    power = min(max((last + 1) // plan.period, 1), max(len(plan.epochs), 1))
    return 1 - (1 - plan.fraction) ** power


def _fraction(events, density, fraction, scope):
    """What an event takes of the active weights."""
    if scope == "threshold":
        if fraction is not None:
            raise ValueError(
                "Events with the scope threshold take what is not above it. "
                f"Expected no fraction. Received: {fraction}"
            )
        return 0.0
    if fraction is not None:
        return fraction
    what = "density, of pruning events without a fraction,"
    fields.check(what, density, float, above=0, at_most=1)
    return 1 - density ** (1 / events)


def _quota(layers, active, fraction):
    """What layers keep of their active weights, together."""
    count = sum(int(np.count_nonzero(active[name])) for name in layers)
    going = quotas.rounded_up(fraction, count)
    return quotas.Quota(layers, count - going)


def _without_ties(layers, active, pruned, ranks):
    """Masks of layers without what ranks no higher than what has gone."""
    gone = [ranks[name][active[name] > pruned[name]] for name in layers]
    highest = max((each.max() for each in gone if each.size), default=None)
    if highest is None:
        return {}
    return {name: pruned[name] * (ranks[name] > highest) for name in layers}
