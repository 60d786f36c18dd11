"""Which weights a branch keeps: the ticket's, or as many others."""

import numpy as np

from lottery_ticket.experiments import tickets
from lottery_ticket.foundations import masks as masks_lib
from lottery_ticket.foundations import pruning
from lottery_ticket.foundations.selection import quotas

Masks = dict[str, np.ndarray]


def same(ticket: tickets.Ticket, seed: int) -> Masks:
    """Returns the ticket's own masks.

    Args:
        ticket: Ticket.
        seed: Not used: nothing is drawn.
    """
    del seed
    return ticket.masks


def shuffle(ticket: tickets.Ticket, seed: int) -> Masks:
    """Returns each layer's mask permuted: as many weights, at random.

    Args:
        ticket: Ticket.
        seed: Seed of the permutations.

    Raises:
        ValueError: If the ticket keeps all weights.
    """
    _check_pruned(ticket, "shuffle")
    return masks_lib.shuffle(ticket.masks, seed)


def random_global(ticket: tickets.Ticket, seed: int) -> Masks:
    """Returns masks that keep as many weights of all layers, at random.

    Layers that the ticket leaves whole stay so; the others come out about
    equally dense.

    Args:
        ticket: Ticket.
        seed: Seed of the draw.

    Raises:
        ValueError: If the ticket keeps all weights.
    """
    _check_pruned(ticket, "random_global")
    rng = np.random.default_rng(seed)
    pruned = {n: mask for n, mask in ticket.masks.items() if not mask.all()}
    kept = sum(int(mask.sum()) for mask in pruned.values())
    return pruning.prune_by_scores(
        [quotas.Quota(tuple(pruned), kept)],
        masks_lib.ones(ticket.masks),
        {name: rng.random(mask.shape) for name, mask in pruned.items()},
    )


def oneshot(ticket: tickets.Ticket, seed: int) -> Masks:
    """Returns masks of the dense network's largest weights after training.

    Each layer keeps as many as the ticket; if the ticket's recipe compares all
    layers with each other, those that it prunes do so together.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.

    Args:
        ticket: Ticket.
        seed: Not used: nothing is drawn.

    Raises:
        FileNotFoundError: If level 0 of the ticket's experiment is not beside
            it.
        ValueError: If that is of another experiment, or the ticket keeps all
            weights.
    """
    del seed
    _check_pruned(ticket, "oneshot")
    final = tickets.dense_final(ticket)
    groups = [(name,) for name in ticket.masks]
    if ticket.settings.get("scope") == "global":
        groups = [
            tuple(n for n, mask in ticket.masks.items() if not mask.all())
        ]
    kept = [
        quotas.Quota(group, sum(int(ticket.masks[n].sum()) for n in group))
        for group in groups
    ]
    scores = {name: np.abs(final[name]) for name in ticket.masks}
    return pruning.prune_by_scores(kept, masks_lib.ones(ticket.masks), scores)


# Name -> function (ticket, seed) -> masks.
SELECTIONS = {
    "ticket": same,
    "shuffle": shuffle,
    "random_global": random_global,
    "oneshot": oneshot,
}


def _check_pruned(ticket, selection):
    if all(mask.all() for mask in ticket.masks.values()):
        raise ValueError(
            f"selection={selection} is for tickets that are pruned. Received: "
            f"{ticket.directory}, which keeps all weights"
        )
