"""Masks and weights of networks that are evaluated untrained."""

import dataclasses
import functools

import numpy as np

from lottery_ticket.experiments import dense_run, untrained_grid
from lottery_ticket.foundations import pruning
from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.foundations.scores import criteria
from lottery_ticket.foundations.selection import quotas


@dataclasses.dataclass(frozen=True, eq=False)
class Cuts:
    """The masks of one criterion; the dense network is scored once.

    Args:
        criterion: Its name.
        grid: untrained_grid.Grid, resolved.
        dense: dense_run.DenseRun.
        model: ModelBase; it is not changed.
        dataset: DatasetBase that gradients are taken on.
    """

    criterion: str
    grid: untrained_grid.Grid
    dense: dense_run.DenseRun
    model: object
    dataset: object

    def masks(self, level: int) -> dict[str, np.ndarray]:
        """Returns the dense network's masks, pruned once, to a level.

        Weights that tie at the cutoff go at random. Where steps of scoring are
        part of a criterion (synflow), all but the first score anew.

        Args:
            level: Number of prunings that it stands for, 1 or more.

        Raises:
            FloatingPointError: If a score is not finite.
        """
        entry = criteria.CRITERIA[self.criterion]
        recipe, masks = self.dense.recipe, self.dense.masks
        if entry.decides:
            fractions = pruning.expand_fractions(recipe.fractions, masks)
            layers = [name for name, part in fractions.items() if part > 0]
            return pruning.keep_positive(layers, masks, self._first)
        kept = quotas.of_fractions(
            recipe.fractions, masks, recipe.scope, self.grid.rounding, level
        )
        rng = np.random.default_rng(self.grid.seed("ties", self.criterion))
        scores = self._first
        for index, step in enumerate(quotas.in_steps(kept, masks, entry.steps)):
            scores = self._score(masks) if index else scores
            masks = pruning.prune_to(step, masks, scores, rng)
        return masks

    @functools.cached_property
    def _first(self):
        return self._score(self.dense.masks)

    @functools.cached_property
    def _score(self):
        """Function (masks) -> scores; gradients are of untrained weights."""
        is_trained = criteria.CRITERIA[self.criterion].kind == "weights"
        return criteria.score_fn(
            self.criterion,
            self.model,
            self.dataset,
            initial=self.dense.initial,
            final=self.dense.final if is_trained else self.dense.initial,
            seed=self.grid.seed("score"),
            examples_per_class=self.grid.score_examples,
        )


def networks(grid, dense, masks, draw) -> dict[str, dict[str, np.ndarray]]:
    """Returns the masked networks, one for each mask-1 action.

    Biases and the like are as before training, unless an action draws them too;
    so are statistics of batch normalisations. Each action draws from one seed
    at all masks. Masks that keep everything leave the mask-0 action nothing to
    do, and it changes no weight.

    Args:
        grid: untrained_grid.Grid, resolved.
        dense: dense_run.DenseRun.
        masks: Dict, layer name -> mask.
        draw: Function (seed) -> network, a fresh draw of all variables.

    Returns:
        Dict, mask-1 action -> network, all that the model computes with.
    """
    weights, held = dense.initial, None
    if any((mask == 0).any() for mask in masks.values()):
        pruned = mask_0.Pruning(
            masks=masks,
            before=dense.masks,
            initial=dense.initial,
            final=dense.final,
            draw=draw,
        )
        seed = grid.seed("mask_0", grid.mask_0_action)
        weights, held = mask_0.apply(grid.mask_0_action, pruned, seed)
    start = mask_1.Start(
        weights=weights,
        masks=masks,
        dense=dense.initial,
        draw=draw,
        constant=grid.signed_constant,
    )
    return {
        action: _masked(
            mask_1.apply(action, start, grid.seed("mask_1", action)),
            masks,
            held,
        )
        for action in grid.mask_1_actions
    }


def _masked(network, masks, held):
    kernels = {
        name: np.where(mask, network[name], 0 if held is None else held[name])
        for name, mask in masks.items()
    }
    return {**network, **kernels}
