"""Untrained accuracy: masks of a trained network on its first weights."""

import dataclasses
import functools
import time
import typing
from collections.abc import Callable

import numpy as np

from lottery_ticket.experiments.finished import finished_runs
from lottery_ticket.experiments.settings import (
    level_rules,
    scoring,
    untrained_grid,
)
from lottery_ticket.experiments.stages import one_network
from lottery_ticket.foundations.criteria import criteria as criteria_lib
from lottery_ticket.foundations.machine import lazy, progress
from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.foundations.records import plans, sealed
from lottery_ticket.foundations.selection import granularity as granularity_lib
from lottery_ticket.foundations.selection import layer_shares, quotas
from lottery_ticket.foundations.values import masks as masks_lib

with lazy.imports():
    from lottery_ticket.foundations.networks import pruned_groups
    from lottery_ticket.foundations.training import network_evaluation

RESULT = sealed.ResultFile("untrained.json")
PART = sealed.ResultFile("untrained_part.json")
SPLITS = ("validate", "test")
SAVE_INTERVAL_S = 20
Grid, CRITERIA = untrained_grid.Grid, untrained_grid.CRITERIA


def plan(
    output_dir: str,
    run: str,
    grid: untrained_grid.Grid = untrained_grid.Grid(),  # noqa: B008  Frozen.
    *,
    data_dir: str | None = None,
    quiet: bool = False,
) -> plans.Plan:
    """Evaluates masked networks that are not trained, "heuristic supermasks".

    From one finished dense run: for every criterion and level, the mask that
    the criterion gives when it prunes the trained network once; under it, for
    every mask-1 action, the weights from before training. Loss and accuracy
    over all validation and all test examples go to OUTPUT_DIR/untrained.json.
    What is told on the screen is, of each criterion and action, the level of
    the highest validation accuracy; nothing is chosen on the test set.

    All criteria see the same draws: mask-1 actions draw from one seed each, so
    that curves differ by their masks alone. Criteria of gradients score the
    untrained weights, wanda the trained ones. Statistics of batch
    normalisations are those from before training, too.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067). Expected for
    LeNet on MNIST, best test accuracy over levels, mean of 5 runs of the
    authors' code: large_final 39.9 %, large_final_same_sign 79.3 %, random
    16.9 %; large_final_same_sign with signed_constant 86 % in the paper.
    Found with mnist_fc_zhou, 5 trials, levels chosen on validation: 36.9, 78.6,
    14.9 and 88.2 %; all 15 criteria take 39 s of a processor's time, loading
    included.
    Differs: there the best is taken on the test set, and nothing is seeded.

    Args:
        output_dir: Folder of the results, such as results/trial1/0/untrained.
        run: Folder of a finished run that keeps all weights, such as
            results/trial1/0/same_init.
        grid: What is evaluated; see Grid.
        data_dir: Folder of the run's data, where it needed one.
        quiet: Whether to show nothing.

    Raises:
        ValueError: If a setting does not fit, the run is unfinished, damaged,
            not dense or of other data, or output_dir holds something else.
        FileNotFoundError: If run or data cannot be had.
        FloatingPointError: If a score is not finite.
    """
    dense = finished_runs.dense(run, data_dir)
    grid = grid.resolved(dense.recipe.init_seed)
    once = granularity_lib.parse(grid.granularity)
    if not once.is_n_of_m:  # That takes the layers of the run's fractions.
        rules = level_rules.LevelRules(mask_0_action=grid.mask_0_action)
        rules.check_granularity(dense.recipe, once)
    settings = {
        **dense.recipe.settings(),
        **grid.settings(),
        "experiment": "untrained",
        "run": dense.checksum("initial", "final"),
    }

    def prepare(dataset, model):
        found = _Found(output_dir, settings)
        for criterion in grid.criteria:
            criteria_lib.check_network(criterion, model)
        for action in grid.mask_1_actions:
            others = model.variables.keys() - model.masks.keys()
            mask_1.check_network(action, others)
        dense.check_data(dataset)
        finished_runs.check_network(
            dense.directory, dense.initial, model.variables
        )
        model.reset(dense.initial)
        return found

    def measure(dataset, model, found):
        cells = _cells(found, grid, dense, dataset, model, quiet)
        return {"cells": cells, "num_classes": dataset.num_classes}, ""

    return one_network.measuring(
        dense.recipe,
        plans.Result(output_dir, settings, RESULT),
        prepare,
        measure,
        part=PART.path(output_dir),
        reads=(run,),
        quiet=quiet,
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Cuts:
    """The masks of one criterion; the dense network is scored once."""

    criterion: str
    grid: untrained_grid.Grid
    dense: finished_runs.FinishedRun
    model: typing.Any
    dataset: typing.Any
    groups: granularity_lib.Groups = granularity_lib.WEIGHTS

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
        whole, groups = self.dense.masks, self.groups
        rules, score = self._scored
        if criteria_lib.CRITERIA[self.criterion].is_drawn:
            rules, score = self._scorer("score", level)
        return scoring.cut(
            rules, self._kept(level), whole, score, quiet=True, groups=groups
        )

    def _kept(self, level):
        """How many weights, or groups of them, a level keeps."""
        recipe = self.dense.recipe.by_keys(self.model)
        counted = self.groups.masks(self.dense.masks)
        fractions = layer_shares.expand(
            "fraction", recipe.fractions, self.dense.masks
        )
        losing = {n: part for n, part in fractions.items() if n in counted}
        if self.groups.granularity.is_n_of_m:
            layers = [name for name, part in losing.items() if part > 0]
            return quotas.of_each(
                layers, *self.groups.granularity.size, counted
            )
        return quotas.of_fractions(
            losing, counted, recipe.scope, self.grid.rounding, level
        )

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
        rules = self.grid.scoring(self.criterion, *use).resolved(
            self.criterion, self.grid.draw_seed
        )
        return rules, scoring.scorer(
            rules,
            self.model,
            self.dataset,
            initial=self.dense.initial,
            final=self.dense.final,
        )


def networks(
    grid: untrained_grid.Grid,
    dense: finished_runs.FinishedRun,
    masks: dict,
    level: int,
    draw: Callable[[int], dict],
) -> dict[str, dict]:
    """Returns the masked networks, one for each mask-1 action.

    Biases and the like are as before training, unless an action draws them too;
    so are statistics of batch normalisations. At one level all draws are the
    same for all criteria, so that these differ by their masks alone. Masks that
    keep everything leave the mask-0 action nothing to do.

    Args:
        grid: Grid, resolved.
        dense: finished_runs.FinishedRun, which keeps all weights.
        masks: Dict, layer name -> mask.
        level: Number of prunings that the masks stand for.
        draw: Function (seed) -> network, a fresh draw of all variables.

    Returns:
        Dict, mask-1 action -> network, all that the model computes with.
    """
    mask_0_action = grid.mask_0_action if level else "zero"
    pruning = mask_0.Pruning(
        masks, dense.masks, dense.initial, dense.final, draw
    )
    found = {}
    for action in grid.mask_1_actions:
        is_constant = action in level_rules.OF_CONSTANTS
        rules = level_rules.LevelRules(
            mask_1_action=action,
            mask_0_action=mask_0_action,
            signed_constant=grid.signed_constant if is_constant else None,
        )
        network, _ = rules.start(pruning, dense.initial, grid.draw_seed, level)
        if not mask_0.holds(mask_0_action):
            kept = {
                name: np.where(mask, network[name], np.float32(0))
                for name, mask in masks.items()
            }
            network = {**network, **kept}
        found[action] = network
    return found


class _Found:
    """Results so far, by criterion and level; saved from time to time."""

    def __init__(self, directory, settings):
        part = PART.read_own(directory, settings) or {}
        self._directory = directory
        self._settings = settings
        self._results = {
            (criterion, level): cells
            for criterion, level, cells in part.get("found", [])
        }
        self._saved_at = time.monotonic()

    def __contains__(self, cut):
        return cut in self._results

    def add(self, criterion, level, cells):
        self._results[criterion, level] = cells
        if time.monotonic() - self._saved_at < SAVE_INTERVAL_S:
            return
        found = [[*cut, cells] for cut, cells in self._results.items()]
        PART.write(
            self._directory, {"settings": self._settings, "found": found}
        )
        self._saved_at = time.monotonic()

    def cells(self, grid, criterion):
        """All cells of a criterion, by action and level; level 0 is shared."""
        cuts = [(criterion, level) for level in grid.levels(criterion)]
        by_cut = [self._results[cut] for cut in [(None, 0), *cuts]]
        return [
            {"criterion": criterion, **cell}
            for cells in zip(*by_cut, strict=True)  # Those of one action.
            for cell in cells
        ]


def _cells(found, grid, dense, dataset, model, quiet):
    """All cells, evaluated where they are not yet; says the best of each."""
    splits = tuple(name for name in SPLITS if name in dataset.splits)
    evaluation = network_evaluation.NetworkEvaluation(model, dataset, splits)

    def add(criterion, level, pruned):
        cells = [
            {
                "mask_1_action": action,
                "level": level,
                "density": masks_lib.density(pruned),
                **evaluation.evaluate(network),
            }
            for action, network in networks(
                grid, dense, pruned, level, model.draw
            ).items()
        ]
        found.add(criterion, level, cells)

    if (None, 0) not in found:
        add(None, 0, dense.masks)
    all_cells = []
    groups = pruned_groups.of(model, grid.granularity, grid.score_pooling)
    for note in groups.notes:
        progress.say(note, quiet)
    for criterion in grid.criteria:
        cuts = Cuts(criterion, grid, dense, model, dataset, groups)
        levels = grid.levels(criterion)
        levels = [n for n in levels if (criterion, n) not in found]
        for level in progress.each(levels, criterion, quiet):
            add(criterion, level, cuts.masks(level))
        cells = found.cells(grid, criterion)
        for line in _best(cells, model.headline):
            progress.say(line, quiet)
        all_cells += cells
    return all_cells


def _best(cells, headline):
    """Lines about the cells of the best validation accuracy.

    Of several, of the lowest validation loss, as a report takes them.
    """
    if "validate" not in cells[0]:
        return [f"{cells[0]['criterion']}: no validation set to choose on"]
    by_action = {}
    for cell in cells:
        by_action.setdefault(cell["mask_1_action"], []).append(cell)
    lines = []
    for action, found in by_action.items():
        reached = [each["validate"] for each in found]
        ranks = [
            (headline.loss_of(each[headline.metric]), each["loss"])
            for each in reached
        ]
        best = found[ranks.index(min(ranks))]
        values = ", ".join(
            f"{split} {headline.text(best[split][headline.metric])}"
            for split in SPLITS
        )
        lines.append(
            f"{best['criterion']}, {action}: best at density "
            f"{best['density']:.4f}, {values}"
        )
    return lines
