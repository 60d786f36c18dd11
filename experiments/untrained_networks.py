"""Masks and weights of networks that are evaluated untrained."""

import dataclasses
import functools

import numpy as np

from lottery_ticket.experiments import (
    finished_runs,
    level_rules,
    scoring,
    untrained_grid,
    weight_actions,
)
from lottery_ticket.foundations.mask_actions import mask_0
from lottery_ticket.foundations.scores import criteria
from lottery_ticket.foundations.selection import quotas


@dataclasses.dataclass(frozen=True, eq=False)
class Cuts:
    """The masks of one criterion; the dense network is scored once.

    Args:
        criterion: Its name.
        grid: untrained_grid.Grid, resolved.
        dense: finished_runs.FinishedRun, which keeps all weights.
        model: ModelBase; it is not changed.
        dataset: DatasetBase that gradients are taken on.
    """

    criterion: str
    grid: untrained_grid.Grid
    dense: finished_runs.FinishedRun
    model: object
    dataset: object

    def masks(self, level: int) -> dict[str, np.ndarray]:
        """Returns the dense network's masks, pruned once, to a level.

        Weights that tie at the cutoff go at random. Where steps of scoring are
        part of a criterion (synflow), all but the first score anew; where
        scores are chance, each level has a draw of its own.

        Args:
            level: Number of prunings that it stands for, 1 or more.

        Raises:
            FloatingPointError: If a score is not finite.
        """
        recipe, whole = self.dense.recipe, self.dense.masks
        kept = quotas.of_fractions(
            recipe.fractions, whole, recipe.scope, self.grid.rounding, level
        )
        rules, score = self._scored
        if criteria.CRITERIA[self.criterion].is_drawn:
            rules, score = self._scorer("score", level)
        return scoring.cut(rules, kept, whole, score, quiet=True)

    @functools.cached_property
    def _scored(self):
        """As `_scorer`; the dense network's scores are kept."""
        rules, score = self._scorer("score")
        first = functools.cache(lambda: score(self.dense.masks))

        def known(masks):
            is_dense = masks is self.dense.masks
            return first() if is_dense else score(masks)

        return rules, known

    def _scorer(self, *use):
        """Scoring, and its function (masks) -> scores, by a seed of its use."""
        rules = scoring.Scoring(
            self.criterion,
            score_examples=self.grid.score_examples,
            score_seed=self.grid.seed(*use),
        ).resolved(self.criterion, self.grid.draw_seed)
        return rules, scoring.scorer(
            rules,
            self.model,
            self.dataset,
            initial=self.dense.initial,
            final=self.dense.final,
        )


def networks(grid, dense, masks, level, draw) -> dict[str, dict]:
    """Returns the masked networks, one for each mask-1 action.

    Biases and the like are as before training, unless an action draws them too;
    so are statistics of batch normalisations. At one level all draws are the
    same for all criteria, so that these differ by their masks alone. Masks that
    keep everything leave the mask-0 action nothing to do.

    Args:
        grid: untrained_grid.Grid, resolved.
        dense: finished_runs.FinishedRun, which keeps all weights.
        masks: Dict, layer name -> mask.
        level: Number of prunings that the masks stand for.
        draw: Function (seed) -> network, a fresh draw of all variables.

    Returns:
        Dict, mask-1 action -> network, all that the model computes with.
    """
    mask_0_action = grid.mask_0_action if level else "zero"
    pruning = mask_0.Pruning(
        masks=masks,
        before=dense.masks,
        initial=dense.initial,
        final=dense.final,
        draw=draw,
    )
    found = {}
    for action in grid.mask_1_actions:
        is_constant = weight_actions.takes_constant(action)
        rules = level_rules.LevelRules(
            mask_1_action=action,
            mask_0_action=mask_0_action,
            signed_constant=grid.signed_constant if is_constant else None,
        )
        network, _ = weight_actions.start(
            rules, pruning, dense.initial, grid.draw_seed, level
        )
        if mask_0.MASK_0_ACTIONS[mask_0_action].function is None:
            network = _masked(network, masks)
        found[action] = network
    return found


def _masked(network, masks):
    kernels = {
        name: np.where(mask, network[name], np.float32(0))
        for name, mask in masks.items()
    }
    return {**network, **kernels}
