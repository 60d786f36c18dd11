"""The levels of a lottery experiment: folders, and how each comes about."""

import functools

from lottery_ticket.experiments import ingredients, weight_actions
from lottery_ticket.experiments import scoring as scoring_lib
from lottery_ticket.foundations import (
    experiment,
    lazy,
    names,
    paths,
    plans,
    progress,
    pruning,
    run_record,
    save_restore,
    steps,
)
from lottery_ticket.foundations import masks as masks_lib
from lottery_ticket.foundations.mask_actions import mask_0
from lottery_ticket.foundations.scores import criteria
from lottery_ticket.foundations.selection import collapse, quotas

trainer = lazy.module("lottery_ticket.foundations.trainer")


class Levels:
    """All levels of one trial: what they are made by, and where they lie."""

    def __init__(
        self,
        output_dir,
        recipe,
        scoring,
        rules,
        *,
        iterations=None,
        presets=None,
        experiment_name="same_init",
        on_collapse="warn",
        save_summaries=True,
        quiet=False,
    ):
        """Checks what needs neither data nor network.

        Args:
            output_dir: Folder of the trial.
            recipe: recipes.Recipe.
            scoring: scoring.Scoring.
            rules: level_rules.LevelRules.
            iterations: Number of prunings; see LevelRules.levels.
            presets: Dict, name -> array that level 0 starts from, or None for a
                draw from init_seed.
            experiment_name: Name of the runs.
            on_collapse: A name in collapse.POLICIES.
            save_summaries: Whether to write TensorBoard summaries.
            quiet: Whether to show no progress.

        Raises:
            ValueError: If the experiment's name, the rules, the criterion or
                the number of prunings do not fit (each other).
        """
        paths.check_experiment_name(experiment_name)
        names.check("on_collapse", on_collapse, collapse.POLICIES)
        self._recipe = recipe
        self._scoring = scoring.resolved("large_final", recipe.seed)
        rules.check(recipe, self._scoring.criterion)
        self._rules = rules
        self._last = rules.levels(iterations)
        self._check_scored()
        self._presets = presets
        self._on_collapse = on_collapse
        self._save_summaries = save_summaries
        self._quiet = quiet
        self._directories = [
            paths.run(output_dir, level, experiment_name)
            for level in range(self._last + 1)
        ]
        self._start = None  # The iteration whose weights levels start from.
        self._level = None  # The one trained last.
        self._dense = None  # Level 0's (initial, final).
        # What the last one started from, pruned weights as they were acted on.
        self._weights = None
        self._masks = None  # Those of the last one.
        self._bar = None

    @property
    def writes(self) -> tuple[plans.Part, ...]:
        """The runs of all levels."""
        return tuple(
            plans.Part(directory, self._settings(level))
            for level, directory in enumerate(self._directories)
        )

    def train(self, dataset, model) -> None:
        """Trains, prunes and rewinds a model, level by level.

        Args:
            dataset: DatasetBase.
            model: ModelBase; it ends with the masks and weights of the last
                level.

        Raises:
            ValueError: If rules and network do not fit each other, training
                cannot start where it should, or a folder holds results made
                with other settings.
        """
        recipe, rules = self._recipe, self._rules
        pruning.check_fractions(recipe.fractions, model.masks, recipe.scope)
        per_epoch = dataset.train.iterations_per_epoch
        self._start = steps.iterations(rules.rewind_iteration, per_epoch)
        trainer.run_span(
            recipe.training_len, rules.rewind_iteration, (), per_epoch
        )
        make_model = functools.partial(
            model.reset,
            seed=recipe.init_seed,
            hold=rules.mask_0_action != "zero",
        )
        with progress.Progress(
            len(self._directories), self._quiet
        ) as self._bar:
            experiment.experiment(
                make_dataset=lambda: dataset,
                make_model=make_model,
                train_model=self._train,
                prune_masks=functools.partial(self._prune, dataset, model),
                iterations=self._last,
                presets=self._presets,
                rewind=functools.partial(self._rewind, model),
            )

    def _check_scored(self):
        """Raises if gradients are wanted where pruned weights are not 0."""
        scoring, rules = self._scoring, self._rules
        is_of_weights = criteria.CRITERIA[scoring.criterion].kind == "weights"
        is_dense = scoring.score_steps == 1 and (
            rules.one_shot or self._last < 2
        )
        if rules.mask_0_action != "zero" and not (is_of_weights or is_dense):
            raise ValueError(
                f"Criterion {scoring.criterion} takes pruned weights for 0, "
                f"and mask_0_action={rules.mask_0_action} holds them at other "
                "values. Expected score_steps=1 and iterations=1 or one_shot, "
                "where it sees the dense network alone"
            )

    def _settings(self, level):
        return {
            **self._recipe.settings(),
            **self._scoring.settings(),
            **self._rules.settings(level, self._last),
            "experiment": "lottery_experiment",
            "presets": save_restore.checksum(self._presets),
            "level": level,
        }

    def _train(self, level, dataset, model):
        start = "0it" if self._rules.restart else self._rules.rewind_iteration
        finetune = self._rules.retraining == "finetune"
        span = {"start_iteration": start, "finetune": finetune}
        if not level:
            saved = (self._rules.rewind_iteration,) if self._start else ()
            span = {"save_iterations": saved}
        initial, final = ingredients.train(
            self._recipe,
            dataset,
            model,
            self._directories[level],
            settings=self._settings(level),
            label=f"level {level}/{self._last}",
            bar=self._bar,
            save_summaries=self._save_summaries,
            on_collapse=self._on_collapse,
            **span,
        )
        self._level, self._masks = level, model.masks
        if not level:
            self._dense, self._weights = (initial, final), initial
        return initial, final

    def _prune(self, dataset, model, masks, final):
        level = self._level + 1
        directory, settings = self._directories[level], self._settings(level)
        if run_record.is_complete(directory, settings):  # Scored before.
            found = save_restore.restore_network(paths.masks(directory))
            # In the network's order: scores are drawn, and ties settled, in it.
            return {name: found[name] for name in masks}
        initial = self._weights
        if self._rules.one_shot:
            masks, (initial, final) = masks_lib.ones(masks), self._dense
        pruned = scoring_lib.prune(
            self._scoring,
            self._rules.kept(self._recipe, level, self._last, masks),
            masks,
            model,
            dataset,
            initial=initial,
            final=final,
            quiet=self._quiet,
        )
        density = self._rules.density(level, self._last)
        if density is not None:
            layers = self._rules.pruned(self._recipe, masks)
            counted = {layer: pruned[layer] for layer in layers}
            reached = quotas.reached(density, counted)
            progress.say(f"level {level}: {reached}", self._quiet)
        return pruned

    def _rewind(self, model, masks, initial, final):
        """Weights that a level starts from; see `experiment.experiment`."""
        if self._rules.retraining != "rewind":
            return self._dense[1] if self._rules.one_shot else final
        if self._start:
            saved = paths.at_iteration(self._directories[0], self._start)
            return save_restore.restore_network(saved)
        weights, before = self._weights, self._masks
        if self._rules.one_shot:
            (weights, final), before = self._dense, masks_lib.ones(masks)
        start, self._weights = weight_actions.start(
            self._rules,
            mask_0.Pruning(masks, before, weights, final, model.draw),
            initial,
            self._recipe.init_seed,
            self._level + 1,
        )
        return start
