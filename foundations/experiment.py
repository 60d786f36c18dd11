"""The lottery ticket experiment: train, prune, rewind, repeat."""

import dataclasses
import typing
from collections.abc import Callable

import numpy as np

from lottery_ticket.foundations.values import masks as masks_lib

Network = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, eq=False)
class Level:
    """A level that has been trained.

    Args:
        number: Number of prunings so far; 0 is the dense network.
        masks: Dict, layer name -> mask that it was trained under.
        initial: Dict, name -> weights before its training.
        final: Dict, name -> weights after it.
        unpruned: Dict, name -> what criteria take for the weights before
            training, and mask actions edit, with values for pruned weights,
            too: level 0's initial ones, but where an action changed them.
    """

    number: int
    masks: Network
    initial: Network
    final: Network
    unpruned: Network


class Start(typing.NamedTuple):
    """What the next level starts from."""

    masks: Network
    presets: Network  # Weights, before the masks are applied.
    unpruned: Network  # See `Level`.


def experiment(
    make_dataset: Callable,
    make_model: Callable,
    train_model: Callable,
    prune_masks: Callable,
    iterations: int,
    presets: Network | None = None,
) -> None:
    """Trains a network, then prunes it and retrains it from where it began.

    Level 0 is the dense network. Each later level prunes with the weights that
    the level before ended with, and trains again from level 0's initial ones.
    Where levels shall start from others, see `by_level`.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2,
    iterative pruning with resetting ("strategy 1", appendix B).

    Args:
        make_dataset: Function () -> dataset, called once.
        make_model: Function (presets=, masks=) -> model with these weights and
            masks, both dicts by layer name or None; called once a level. It may
            return the same model each time. A model has a dict `masks`.
        train_model: Function (level, dataset, model) -> (initial, final), the
            weights before and after training, dicts by layer name. The level
            is its number.
        prune_masks: Function (masks, final) -> masks of the next level.
        iterations: Number of prunings; levels 0 to `iterations` are trained.
        presets: Dict, layer name -> weights that level 0 starts from, or None
            for a fresh draw.
    """

    def start_next(level, dense):
        masks = prune_masks(level.masks, level.final)
        return Start(masks, dense.initial, dense.initial)

    by_level(
        make_dataset, make_model, train_model, start_next, iterations, presets
    )


def by_level(
    make_dataset: Callable,
    make_model: Callable,
    train_model: Callable,
    start_next: Callable,
    iterations: int,
    presets: Network | None = None,
    masks: Network | None = None,
) -> None:
    """Runs the experiment with one function that prunes and rewinds.

    Arguments are those of `experiment`, but for the one that is said here.

    Args:
        start_next: Function (level, dense) -> Start of the next level; `level`
            is the `Level` trained last, and `dense` that of number 0, which is
            the same one at first.
        masks: Dict, layer name -> mask that level 0 has already, or None.
    """
    dataset = make_dataset()
    model = make_model(presets=presets, masks=masks)
    masks = {**masks_lib.ones(model.masks), **(masks or {})}
    initial, final = train_model(0, dataset, model)
    dense = level = Level(0, masks, initial, final, unpruned=initial)
    for number in range(1, iterations + 1):
        start = start_next(level, dense)
        model = make_model(presets=start.presets, masks=start.masks)
        initial, final = train_model(number, dataset, model)
        level = Level(number, start.masks, initial, final, start.unpruned)
