"""Mask-0 actions: what the pruned weights of a network are held at.

Of a weight that is pruned now, w_i is what it started from and w_f what it was
trained to; what is held never moves, and acts in the network. MASK_0_ACTIONS
says what each action holds it at.

Equal magnitudes keep w_i. What was pruned before stays what it was held at.

Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067) and its code.
Differs: there freeze_reinit crashes and freeze_final is not trained with;
freeze_init_zero_reshuffle draws, and so moves, zeros among all that is pruned.
"""

import dataclasses
import typing
from collections.abc import Callable

import numpy as np

from lottery_ticket.foundations.values import entries, names
from lottery_ticket.foundations.values import masks as masks_lib

Network = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mask0Action(entries.Entry):
    """A function (layer, rng) -> values, of which those pruned now are held.

    Args:
        holds: Whether what is pruned is held at all: else it is 0.
        edits: Where the values are written into W, too, for the levels after:
            "nowhere", where it is pruned now ("newly"), or wherever it was kept
            until now ("kept").
        redraws: Whether the values are of a fresh draw of the network.
    """

    holds: bool = True
    edits: str = "nowhere"
    redraws: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Pruning:
    """One pruning of a network.

    Args:
        masks: Masks after it.
        before: Masks before it, which keep more.
        initial: W: what the level before started from, of kernels all entries.
            It may hold biases and the like.
        final: What that level ended with. Where it was pruned already, it
            holds what those weights are held at.
        draw: Function (seed) -> network, a fresh draw of all variables; only
            an action that redraws calls it.
    """

    masks: Network
    before: Network
    initial: Network
    final: Network
    draw: Callable[[int], Network] | None

    def __post_init__(self):
        """Checks masks and networks.

        Raises ValueError if one lacks a layer or has it in another shape than
        its mask, or a weight is kept that was pruned before.
        """
        given = {
            "before": self.before,
            "initial": self.initial,
            "final": self.final,
        }
        masks_lib.check_layers(given, self.masks)
        for name, mask in self.masks.items():
            if (np.asarray(mask) > self.before[name]).any():
                raise ValueError(
                    "A pruning must keep nothing that was pruned before it. "
                    f"Received: masks that do, of layer {name!r}"
                )


def check(name: str) -> None:
    """Raises ValueError, naming the nearest, unless an action has the name."""
    names.check("mask_0_action", name, MASK_0_ACTIONS)


def holds(name: str) -> bool:
    """Whether an action holds pruned weights at values other than 0."""
    check(name)
    return MASK_0_ACTIONS[name].holds


def apply(
    name: str, pruning: Pruning, seed: int
) -> tuple[Network, Network | None]:
    """Returns W as the action leaves it, and what pruned weights are held at.

    Values can be written into W, for the levels after it; see Mask0Action.

    Args:
        name: Name in MASK_0_ACTIONS.
        pruning: Pruning. It is not modified.
        seed: Seed of places and draws.

    Returns:
        Pair: W, a dict as `pruning.initial`; and a dict, layer name -> float32
        array that has the values to hold where the mask prunes, and 0 where it
        keeps. With zero, None in place of that dict.
    """
    check(name)
    action = MASK_0_ACTIONS[name]
    weights, frozen = dict(pruning.initial), {}
    if not action.holds:
        return weights, None
    drawn = pruning.initial
    if action.redraws:
        drawn = pruning.draw(seed)  # pyright: ignore[reportOptionalCall]  Given then.
    rng = np.random.default_rng(seed)
    for layer_name, mask in pruning.masks.items():
        layer = _layer(pruning, drawn, layer_name)
        values = action.function(layer, rng)
        held = np.where(layer.newly, values, layer.final)
        frozen[layer_name] = np.where(mask, np.float32(0), held)
        if action.edits != "nowhere":
            edited = layer.newly if action.edits == "newly" else layer.was_kept
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
    initial, final, redrawn = (
        np.asarray(each[name], np.float32) for each in networks
    )
    was_kept = np.asarray(pruning.before[name]) == 1
    newly = was_kept & (np.asarray(pruning.masks[name]) == 0)
    return _Layer(initial, final, redrawn, was_kept, newly)


def _zero_where_it_shrank(layer, _):
    return np.where(_has_shrunk(layer), np.float32(0), layer.initial)


def _zero_where_it_grew(layer, _):
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


MASK_0_ACTIONS = {
    "zero": Mask0Action(
        lambda layer, rng: np.zeros_like(layer.initial),
        "at 0",
        "0",
        entries.FRANKLE,
        holds=False,
        family=0,
    ),
    "freeze_init": Mask0Action(
        lambda layer, rng: layer.initial,
        "at init",
        "w_i",
        entries.ZHOU,
        family=1,
    ),
    "freeze_init_zero_mask": Mask0Action(
        _zero_where_it_shrank,
        "at init, 0 if it shrank (variant 1)",
        "0 if training made them smaller, else w_i (the paper's variant 1)",
        entries.ZHOU,
        edits="newly",
        family=2,
    ),
    "freeze_init_zero_all": Mask0Action(
        _zero_where_it_shrank,
        "as variant 1, kept ones too (variant 2)",
        "0 if training made them smaller, else w_i, and kept weights start by "
        "this rule, too (the paper's variant 2)",
        entries.ZHOU,
        edits="kept",
        family=3,
    ),
    "freeze_init_zero_reshuffle": Mask0Action(
        _zero_anywhere,
        "at init, as many 0 at random",
        "w_i, but for as many zeros in the layer as freeze_init_zero_mask has, "
        "at random places; a control",
        entries.ZHOU,
        edits="newly",
        family=2,
        variant=1,
    ),
    "freeze_init_zero_rev": Mask0Action(
        _zero_where_it_grew,
        "at init, 0 if it grew",
        "0 if training made them larger, else w_i; a control",
        entries.ZHOU,
        edits="newly",
        family=2,
        variant=2,
    ),
    "freeze_reinit": Mask0Action(
        lambda layer, rng: layer.drawn,
        "at a fresh draw",
        "a fresh draw",
        entries.ZHOU,
        redraws=True,
        family=5,
    ),
    "freeze_final": Mask0Action(
        lambda layer, rng: layer.final,
        "at final",
        "w_f",
        entries.ZHOU,
        family=4,
    ),
}
