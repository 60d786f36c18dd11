"""Mask-0 actions: what the pruned weights of a network are held at.

Of a weight that is pruned now, w_i is what it started from and w_f what it was
trained to; what is held never moves, and acts in the network.

- zero: 0.
- freeze_init: w_i.
- freeze_init_zero_mask: 0 where |w_i| > |w_f|, else w_i (variant 1).
- freeze_init_zero_all: the same, and weights that are kept start from 0 by the
  same rule, else from w_i (variant 2).
- freeze_init_zero_reshuffle: as many zeros as for freeze_init_zero_mask, at
  random places among those pruned now; a control.
- freeze_init_zero_rev: 0 where |w_i| < |w_f|, else w_i; a control.
- freeze_reinit: a fresh draw.
- freeze_final: w_f.

Equal magnitudes keep w_i. What was pruned before stays what it was held at.

Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067) and its code.
Differs: there freeze_reinit crashes and freeze_final is not trained with;
freeze_init_zero_reshuffle draws, and so moves, zeros among all that is pruned.
"""

import dataclasses
import typing
from collections.abc import Callable

import numpy as np

from lottery_ticket.foundations import names
from lottery_ticket.foundations.mask_actions import layer_checks

Network = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, eq=False)
class Pruning:
    """One pruning of a network.

    Args:
        masks: Dict, layer name -> mask after it.
        before: Dict, layer name -> mask before it, which keeps more.
        initial: Dict, name -> array, W: what the level before started from, of
            kernels all entries. It may hold biases and the like.
        final: Dict as initial: what that level ended with. Where it was pruned
            already, it holds what those weights are held at.
        draw: Function (seed) -> network, a fresh draw of all variables; only
            freeze_reinit calls it.
    """

    masks: Network
    before: Network
    initial: Network
    final: Network
    draw: Callable[[int], Network] | None

    def __post_init__(self):
        """Checks masks and networks.

        Raises:
            ValueError: If one lacks a layer or has it in another shape than
                its mask, or a weight is kept that was pruned before.
        """
        given = {
            "before": self.before,
            "initial": self.initial,
            "final": self.final,
        }
        layer_checks.check(given, self.masks)
        for name, mask in self.masks.items():
            if (np.asarray(mask) > self.before[name]).any():
                raise ValueError(
                    "A pruning must keep nothing that was pruned before it. "
                    f"Received: masks that do, of layer {name!r}"
                )


def check(name: str) -> None:
    """Raises unless there is an action of a name.

    Raises:
        ValueError: If there is none; the error gives the nearest known name.
    """
    names.check("mask_0_action", name, MASK_0_ACTIONS)


def apply(
    name: str, pruning: Pruning, seed: int
) -> tuple[Network, Network | None]:
    """Returns W as the action leaves it, and what pruned weights are held at.

    The zeros of a freeze_init_zero action are written into W, for the levels
    after it; only those of freeze_init_zero_all are at places that are kept.

    Args:
        name: Name in MASK_0_ACTIONS.
        pruning: Pruning. It is not modified.
        seed: Seed of places and draws.

    Returns:
        Pair: W, a dict as `pruning.initial`; and a dict, layer name -> float32
        array that has the values to hold where the mask prunes, and 0 where it
        keeps. With zero, None in place of that dict.

    Raises:
        ValueError: If the name is unknown.
    """
    check(name)
    weights, frozen = dict(pruning.initial), {}
    if name == "zero":
        return weights, None
    drawn = pruning.draw(seed) if name == "freeze_reinit" else pruning.initial
    rng = np.random.default_rng(seed)
    for layer_name, mask in pruning.masks.items():
        layer = _layer(pruning, drawn, layer_name)
        values = MASK_0_ACTIONS[name](layer, rng)
        held = np.where(layer.newly, values, layer.final)
        frozen[layer_name] = np.where(mask, np.float32(0), held)
        if name.startswith("freeze_init_zero"):
            edited = layer.was_kept if name.endswith("_all") else layer.newly
            weights[layer_name] = np.where(edited, values, layer.initial)
    return weights, frozen


class _Layer(typing.NamedTuple):
    """A kernel before and after training, redrawn, and where it was kept."""

    initial: np.ndarray
    final: np.ndarray
    drawn: np.ndarray
    was_kept: np.ndarray
    newly: np.ndarray  # Where it is pruned now.


def _layer(pruning, drawn, name):
    networks = (pruning.initial, pruning.final, drawn)
    kernels = [np.asarray(each[name], np.float32) for each in networks]
    was_kept = np.asarray(pruning.before[name]) == 1
    newly = was_kept & (np.asarray(pruning.masks[name]) == 0)
    return _Layer(*kernels, was_kept, newly)


def _freeze_init(layer, rng):
    del rng
    return layer.initial


def _freeze_reinit(layer, rng):
    del rng
    return layer.drawn


def _freeze_final(layer, rng):
    del rng
    return layer.final


def _zero_where_it_shrank(layer, rng):
    del rng
    return np.where(_has_shrunk(layer), np.float32(0), layer.initial)


def _zero_where_it_grew(layer, rng):
    del rng
    has_grown = np.abs(layer.initial) < np.abs(layer.final)
    return np.where(has_grown, np.float32(0), layer.initial)


def _zero_anywhere(layer, rng):
    places = np.flatnonzero(layer.newly)
    count = np.count_nonzero(_has_shrunk(layer) & layer.newly)
    values = layer.initial.copy()
    values.flat[rng.choice(places, count, replace=False)] = 0
    return values


def _has_shrunk(layer):
    return np.abs(layer.initial) > np.abs(layer.final)


# Name -> function (layer, rng) -> values, of which those pruned now are held.
MASK_0_ACTIONS = {
    "zero": None,
    "freeze_init": _freeze_init,
    "freeze_init_zero_mask": _zero_where_it_shrank,
    "freeze_init_zero_all": _zero_where_it_shrank,
    "freeze_init_zero_reshuffle": _zero_anywhere,
    "freeze_init_zero_rev": _zero_where_it_grew,
    "freeze_reinit": _freeze_reinit,
    "freeze_final": _freeze_final,
}
