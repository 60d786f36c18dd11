"""Which weights of a finished ticket a branch keeps: selections by name."""

import functools
from collections.abc import Callable

import numpy as np

from lottery_ticket.experiments.finished import finished_runs
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.selection import (
    doubts,
    granularity,
    pruning,
    quotas,
)
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.foundations.values import names, seeds

Masks = dict[str, np.ndarray]


def same(
    ticket: finished_runs.FinishedRun,
    seed: int,
    groups: granularity.Groups = granularity.WEIGHTS,
) -> Masks:
    """Returns the ticket's own masks; nothing is drawn."""
    del seed, groups
    return ticket.masks


def shuffle(
    ticket: finished_runs.FinishedRun,
    seed: int,
    groups: granularity.Groups = granularity.WEIGHTS,
) -> Masks:
    """Returns each layer's mask permuted: as many weights, at random.

    Or as many groups; see `Groups.shuffled`.
    """
    _check_pruned(ticket, "shuffle")
    return groups.shuffled(ticket.masks, seed)


def random_global(
    ticket: finished_runs.FinishedRun,
    seed: int,
    groups: granularity.Groups = granularity.WEIGHTS,
) -> Masks:
    """Returns masks that keep as many weights of all layers, at random.

    Or groups. Layers that the ticket leaves whole stay so; the others come out
    about equally dense.
    """
    _check_pruned(ticket, "random_global")
    rng = np.random.default_rng(seed)
    kept = groups.masks(ticket.masks)
    compared = _pruned_layers(kept)
    scores = {name: rng.random(kept[name].shape) for name in compared}
    return _cut(ticket, [compared], scores, groups)


def oneshot(
    ticket: finished_runs.FinishedRun,
    seed: int,
    groups: granularity.Groups = granularity.WEIGHTS,
) -> Masks:
    """Returns masks of the dense network's largest weights after training.

    Each layer keeps as many as the ticket; if the ticket's recipe compares all
    layers with each other, those that it prunes do so together. Groups go by
    their pooled magnitudes. Nothing is drawn.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.

    Raises:
        FileNotFoundError, ValueError: As `finished_runs.dense_final`.
    """
    del seed
    _check_pruned(ticket, "oneshot")
    final = finished_runs.dense_final(ticket)
    scores = {name: np.abs(final[name]) for name in ticket.masks}
    whole, kept = masks_lib.ones(ticket.masks), groups.masks(ticket.masks)
    if groups.granularity.is_n_of_m:
        layers = _pruned_layers(kept)
        return pruning.keep_n_of_m(layers, whole, scores, groups)
    compared = [(name,) for name in kept]
    if ticket.settings.get("scope") == "global":
        compared = [_pruned_layers(kept)]
    return _cut(ticket, compared, groups.pooled(whole, scores), groups)


# Which weights a branch keeps. Those that draw or score raise a ValueError if
# the ticket keeps all weights.
SELECTIONS = {
    "ticket": same,
    "shuffle": shuffle,
    "random_global": random_global,
    "oneshot": oneshot,
}
DRAWN = ("shuffle", "random_global")


class Selected:
    """The masks of one branch.

    Those of groups are drawn once the network is known, for that has them.
    """

    def __init__(
        self, ticket: finished_runs.FinishedRun, name: str, init_seed: int
    ):
        """Draws nothing yet.

        Args:
            name: A name in SELECTIONS.
            init_seed: The branch's, from which draws derive.

        Raises:
            ValueError: If the ticket has nothing to select from.
        """
        names.check("selection", name, SELECTIONS)
        if name != "ticket":
            _check_pruned(ticket, name)
        self._ticket, self._name = ticket, name
        self._seed = seeds.derive(init_seed, name)
        self._is_known = (
            name == "ticket" or ticket.granularity == granularity.WEIGHT
        )

    @functools.cached_property
    def known(self) -> Masks | None:
        """The masks, or None as long as the network has to be known."""
        return self._of(granularity.WEIGHTS) if self._is_known else None

    def masks(self, groups: granularity.Groups) -> Masks:
        """Returns the masks, of the network's groups."""
        return self._of(groups) if self.known is None else self.known

    @property
    def checksum(self) -> str | None | Callable[[], str | None]:
        """Of the masks, or a function where they follow from other settings.

        It gives None for what is not known yet. A ticket's own are not read
        again for each branch.
        """
        if self._name in DRAWN:
            return lambda: self._found
        return self._found

    def _of(self, groups):
        return SELECTIONS[self._name](self._ticket, self._seed, groups)

    @functools.cached_property
    def _found(self):
        if self.known is None:
            return None
        if self.known is self._ticket.masks:
            return self._ticket.checksum("masks")
        return save_restore.checksum(self.known)


def _check_pruned(ticket, selection):
    """Raises unless a selection has something to select, and may."""
    if selection == "random_global" and ticket.granularity.is_n_of_m:
        raise ValueError(
            f"random_global is for tickets of weights, units or blocks: n:m "
            f"keeps n of each m. Received: {ticket.directory}, of "
            f"{ticket.granularity}. Use shuffle"
        )
    if not ticket.is_pruned:
        raise ValueError(
            f"selection={selection} is for tickets that are pruned. Received: "
            f"{ticket.directory}, which keeps all weights"
        )


def _pruned_layers(masks):
    return tuple(name for name, mask in masks.items() if not mask.all())


def _cut(ticket, compared, scores, groups):
    """Masks of as many groups of some layers together as the ticket keeps.

    Of those that score the same the earlier go; if they are most, that is
    warned of. Scores are of groups.
    """
    own = groups.masks(ticket.masks)
    kept = [
        quotas.Quota(layers, sum(int(own[n].sum()) for n in layers))
        for layers in compared
    ]
    whole = masks_lib.ones(own)
    masks = pruning.prune_by_scores(kept, whole, scores)
    noun = groups.granularity.noun
    ties = doubts.Chance("one-shot", whole, doubts.PLACE, noun)
    ties.add(kept, whole, masks, scores)
    ties.say(masks)
    whole = masks_lib.ones(ticket.masks)
    return groups.follow(groups.spread(whole, masks))
