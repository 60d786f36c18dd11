"""Criterion: a function that scores weights, and what it needs."""

import dataclasses
import typing
from collections.abc import Callable

from lottery_ticket.foundations.values import entries


@dataclasses.dataclass(frozen=True, kw_only=True)
class Criterion(entries.Entry):
    """A function that scores weights, so that the lowest are pruned.

    Args:
        kind: What the function takes: "weights", a criteria_weights.Layer, and
            returns its scores; or a network_scores.Given, for "data" with
            dataset and rows, for "network" without, and returns those of all
            layers.
        needs_training: Whether it scores trained weights only.
        needs_initial: Whether it tells nothing of weights that are the same
            before and after training: all of a layer score alike.
        steps: Prunings, with scores anew for each, that its source takes to
            the final density.
        halves: Whether the steps are those of `quotas.in_halving_steps`, not of
            `quotas.in_steps`.
        decides: Whether the sign of its scores says which weights go, however
            many were to go; see `pruning.keep_positive`.
        is_drawn: Whether its scores are chance alone.
        ranks: Whether its scores are ranks of magnitudes, where chance tells
            equal ones apart.
        excludes: Whether it scores weights that all others outlive minus
            infinity, which has no mean with others.
        in_order: Whether layers are pruned one after the other, from the input
            on, each scored in the network that those before have left.
        obstacle: Function (ModelBase) -> why it cannot score one, or None.
    """

    kind: str = "weights"
    needs_training: bool = False
    needs_initial: bool = False
    steps: int = 1
    halves: bool = False
    decides: bool = False
    is_drawn: bool = False
    ranks: bool = False
    excludes: bool = False
    in_order: bool = False
    obstacle: Callable[[typing.Any], str | None] = lambda model: None
