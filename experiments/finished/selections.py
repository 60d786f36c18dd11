"""Which weights a branch keeps: the ticket's, or as many others.

Each selection is a function (ticket, seed) -> masks. Those that draw or score
raise a ValueError if the ticket keeps all weights.
"""

import numpy as np

from lottery_ticket.experiments.finished import finished_runs
from lottery_ticket.foundations.selection import pruning, quotas
from lottery_ticket.foundations.values import masks as masks_lib

Masks = dict[str, np.ndarray]


def same(ticket: finished_runs.FinishedRun, seed: int) -> Masks:
    """Returns the ticket's own masks; nothing is drawn."""
    del seed
    return ticket.masks


def shuffle(ticket: finished_runs.FinishedRun, seed: int) -> Masks:
    """Returns each layer's mask permuted: as many weights, at random."""
    _check_pruned(ticket, "shuffle")
    return masks_lib.shuffle(ticket.masks, seed)


def random_global(ticket: finished_runs.FinishedRun, seed: int) -> Masks:
    """Returns masks that keep as many weights of all layers, at random.

    Layers that the ticket leaves whole stay so; the others come out about
    equally dense.
    """
    _check_pruned(ticket, "random_global")
    rng = np.random.default_rng(seed)
    group = _pruned_layers(ticket)
    scores = {name: rng.random(ticket.masks[name].shape) for name in group}
    return _cut(ticket, [group], scores)


def oneshot(ticket: finished_runs.FinishedRun, seed: int) -> Masks:
    """Returns masks of the dense network's largest weights after training.

    Each layer keeps as many as the ticket; if the ticket's recipe compares all
    layers with each other, those that it prunes do so together. Nothing is
    drawn.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.

    Raises:
        FileNotFoundError, ValueError: As `finished_runs.dense_final`.
    """
    del seed
    _check_pruned(ticket, "oneshot")
    final = finished_runs.dense_final(ticket)
    groups = [(name,) for name in ticket.masks]
    if ticket.settings.get("scope") == "global":
        groups = [_pruned_layers(ticket)]
    scores = {name: np.abs(final[name]) for name in ticket.masks}
    return _cut(ticket, groups, scores)


SELECTIONS = {
    "ticket": same,
    "shuffle": shuffle,
    "random_global": random_global,
    "oneshot": oneshot,
}


def _check_pruned(ticket, selection):
    if not _pruned_layers(ticket):
        raise ValueError(
            f"selection={selection} is for tickets that are pruned. Received: "
            f"{ticket.directory}, which keeps all weights"
        )


def _pruned_layers(ticket):
    return tuple(n for n, mask in ticket.masks.items() if not mask.all())


def _cut(ticket, groups, scores):
    """Masks of as many weights of each group of layers as the ticket keeps."""
    kept = [
        quotas.Quota(group, sum(int(ticket.masks[n].sum()) for n in group))
        for group in groups
    ]
    return pruning.prune_by_scores(kept, masks_lib.ones(ticket.masks), scores)
