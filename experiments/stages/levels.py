"""The levels of a lottery experiment: folders, and how each comes about."""

import dataclasses
import functools

import attrs

from lottery_ticket.experiments.settings import scoring as scoring_lib
from lottery_ticket.experiments.stages import (
    from_recipe,
    level_copies,
    mask_dynamics,
)
from lottery_ticket.foundations import experiment
from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.machine import lazy, progress
from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.foundations.records import (
    paths,
    plans,
    run_record,
    save_restore,
)
from lottery_ticket.foundations.selection import (
    collapse,
    doubts,
    given_zeros,
    granularity,
    layer_shares,
)
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.foundations.values import names, steps
from lottery_ticket.models import user_model

with lazy.imports():
    from lottery_ticket.foundations.networks import pruned_groups
    from lottery_ticket.foundations.training import compacted_model


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
        keep_zeros=True,
        save_iterations=(),
        experiment_name="same_init",
        on_collapse="warn",
        save_summaries=True,
        quiet=False,
        copies=1,
    ):
        """Checks what needs neither data nor network.

        Args: as for the command lottery_experiment, but
            presets: Dict, name -> array that level 0 starts from, or None for a
                draw from init_seed.
            keep_zeros: Whether kernels that are sparse already, of presets or
                as a user's own function draws them, stay so; not where level 0
                was begun before they did.

        Raises:
            ValueError: If the experiment's name, the rules, the criterion or
                the number of prunings do not fit (each other).
        """
        paths.check_experiment_name(experiment_name)
        names.check("on_collapse", on_collapse, collapse.POLICIES)
        self._recipe = recipe
        self._by_keys = recipe  # Once the network is known.
        self._scoring = scoring.resolved("large_final", recipe.seed)
        rules.check(recipe, self._scoring.criterion)
        self._groups = granularity.WEIGHTS  # Once the network is known.
        chosen = self._scoring.pruned_at_once
        rules.check_granularity(recipe, chosen)
        mask_dynamics.check_granularity(recipe, chosen)
        if mask_0.holds(rules.mask_0_action):
            mask_dynamics.check_off(
                recipe,
                f"mask_0_action={rules.mask_0_action} holds pruned weights, "
                "which grow from 0 where masks change",
            )
        self._rules = rules
        self._copies = level_copies.Copies(copies, recipe, rules)
        self._last = rules.levels(_prunings(chosen, iterations))
        if not self._last and presets is None:
            mask_dynamics.check_whole(recipe, "Level 0 keeps all weights")
        self._check_scored()
        self._presets = presets
        self._presets_checksum = save_restore.checksum(presets)
        self._saving = run_settings.Course(
            save_iterations=tuple(map(steps.point_text, save_iterations))
        )
        self._on_collapse = on_collapse
        self._save_summaries = save_summaries
        self._quiet = quiet
        self._directories = [
            paths.run(output_dir, level, experiment_name)
            for level in range(self._last + 1)
        ]
        self._keeps_zeros = keep_zeros and self._begins_sparse()  # Or None.

    @property
    def writes(self) -> tuple[plans.Run, ...]:
        """The runs of all levels."""
        return tuple(
            plans.Run(directory, self._settings(level))
            for level, directory in enumerate(self._directories)
        )

    def train(self, dataset, model, are_keys=False) -> None:
        """Trains, prunes and rewinds a model, level by level.

        Args:
            dataset: DatasetBase.
            model: ModelBase; it ends with the masks and weights of the last
                level.
            are_keys: Whether the recipe's fractions name layers as they are
                saved, not as users see them.

        Raises:
            ValueError: If rules and network do not fit each other, training
                cannot start where it should, or a folder holds results made
                with other settings.
        """
        recipe, rules = self._recipe, self._rules
        criteria.check_network(self._scoring.criterion, model)
        if rules.compact_levels:
            compacted_model.check(model)
        others = model.variables.keys() - model.masks.keys()
        mask_1.check_network(rules.mask_1_action, others)
        if not are_keys:
            self._by_keys = recipe.by_keys(model)
        layer_shares.groups(
            "fraction", self._by_keys.fractions, model.masks, recipe.scope
        )
        self._find_groups(model)
        # Before anything is trained, whether levels can start there, or save.
        per_epoch = dataset.train.iterations_per_epoch
        run_settings.Course(start_iteration=rules.rewind_iteration).span(
            recipe.training_len, per_epoch
        )
        self._saving.span(recipe.training_len, per_epoch)
        make_model = functools.partial(
            model.reset,
            seed=recipe.init_seed,
            hold=mask_0.holds(rules.mask_0_action),
        )
        masks = self._given_masks(model)
        if masks and rules.one_shot:
            mask_dynamics.check_off(
                recipe, "one_shot prunes by the mask that level 0 begins with"
            )
        runs = len(self._directories) * self._copies.number
        with progress.Progress(runs, self._quiet) as bar:
            experiment.by_level(
                make_dataset=lambda: dataset,
                make_model=make_model,
                train_model=functools.partial(self._train, bar),
                start_next=functools.partial(self._next, dataset, model),
                iterations=self._last,
                presets=self._presets,
                masks=masks,
            )

    def _find_groups(self, model):
        """Groups of the network; fractions are of layers that lose some."""
        self._groups = pruned_groups.of(
            model, self._scoring.granularity, self._scoring.score_pooling
        )
        for note in self._groups.notes:
            progress.say(note, self._quiet)
        if not self._groups.whole:
            return
        fractions = layer_shares.expand(
            "fraction", self._by_keys.fractions, model.masks
        )
        pruned = {
            name: part
            for name, part in fractions.items()
            if name not in self._groups.whole
        }
        if self._last and not any(pruned.values()):
            raise ValueError(
                f"With granularity={self._scoring.granularity} all layers "
                "that have a fraction above 0 stay whole: "
                f"{', '.join(self._groups.whole)}"
            )
        self._by_keys = attrs.evolve(self._by_keys, fractions=pruned)

    def _begins_sparse(self):
        """Whether level 0 is under a mask of zeros; None if its draw tells."""
        presets, is_drawn = self._presets, self._presets is None
        if is_drawn and not user_model.is_own(self._recipe.model):
            return False
        if presets is not None and not given_zeros.is_sparse(presets):
            return False
        before = run_record.begun_with(self._directories[0])
        if before is not None:
            return "zeros_kept" in before
        return None if is_drawn else True

    def _given_masks(self, model):
        """Masks of zeros that level 0 is given, or None."""
        if self._keeps_zeros is False:
            return None
        start = self._presets
        if start is None:
            start = model.draw(self._recipe.init_seed)
        masks = given_zeros.masks_of(start, model.masks)
        if self._keeps_zeros is None:
            self._keeps_zeros = bool(masks)
        return masks

    def _check_scored(self):
        """Raises if gradients are wanted where pruned weights are not 0."""
        scoring, rules = self._scoring, self._rules
        is_of_weights = criteria.CRITERIA[scoring.criterion].kind == "weights"
        is_dense = scoring.score_steps == 1 and (
            rules.one_shot or self._last < 2
        )
        if mask_0.holds(rules.mask_0_action) and not (
            is_of_weights or is_dense
        ):
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
            "presets": self._presets_checksum,
            "level": level,
            **({"zeros_kept": True} if self._keeps_zeros else {}),
            **self._saving.settings(),
            **self._copies.settings(),
        }

    def _train(self, bar, level, dataset, model):
        """Trains a level in its folder; see `experiment.experiment`."""
        start, trainee = self._rules.rewind_iteration, model
        if level:
            if self._rules.compact_levels:
                trainee = compacted_model.of(model)
            start = "0it" if self._rules.restart else start
            course = run_settings.Course(start, self._saved(dataset, start))
        else:  # It saves what the others start from.
            given_zeros.say(model.weights, model.masks, self._quiet)
            rewound = (start,) if self._rewound_iteration(dataset) else ()
            saved = (*rewound, *self._saved(dataset, "0it"))
            course = run_settings.Course(save_iterations=saved)
        label = f"level {level}/{self._last}"
        directory, settings = self._directories[level], self._settings(level)
        is_mean = self._copies.number > 1
        if is_mean and not run_record.is_complete(directory, settings):
            average = self._copies.train(
                *(dataset, model, directory, settings),
                level=level,
                course=course,
                label=label,
                bar=bar,
            )
            course = dataclasses.replace(course, at_end=average)
        return from_recipe.train(
            self._recipe,
            dataset,
            trainee,
            directory,
            label=label,
            course=course,
            finetune=level > 0 and self._rules.retraining == "finetune",
            output=run_settings.Output(
                settings,
                save_summaries=self._save_summaries,
                on_collapse=self._on_collapse,
                bar=bar,
                facts=self._groups.facts(model.masks),
            ),
            is_first=level == 0,
        )

    def _saved(self, dataset, start):
        """Lengths after which a level saves its weights, later than a start."""
        per_epoch = dataset.train.iterations_per_epoch
        length = self._recipe.training_len
        first = steps.iterations(start, per_epoch)
        saved = self._saving.span(length, per_epoch).saved
        return tuple(f"{each}it" for each in saved if each > first)

    def _next(self, dataset, model, level, dense):
        """What the level after a level starts from; see `experiment`."""
        number = level.number + 1
        if mask_dynamics.is_on(self._recipe):  # They have changed in training.
            level = dataclasses.replace(level, masks=model.masks)
        # Whose weights are pruned, and put back.
        source = dense if self._rules.one_shot else level
        masks = self._pruned(number, source, dataset, model)
        if self._rules.retraining != "rewind":
            return experiment.Start(masks, source.final, source.unpruned)
        iteration = self._rewound_iteration(dataset)
        if iteration:
            saved = paths.at_iteration(self._directories[0], iteration)
            presets = save_restore.restore_network(saved)
            return experiment.Start(masks, presets, source.unpruned)
        presets, unpruned = self._rules.start(
            mask_0.Pruning(
                masks, source.masks, source.unpruned, source.final, model.draw
            ),
            dense.initial,
            self._recipe.init_seed,
            number,
        )
        return experiment.Start(masks, presets, unpruned)

    def _pruned(self, number, source, dataset, model):
        """Masks of a level, pruned from another, or as found in its folder."""
        directory, settings = self._directories[number], self._settings(number)
        if run_record.is_complete(directory, settings):  # Scored before.
            found = run_record.masks_before(directory)
            # In the network's order: scores are drawn, and ties settled, in it.
            return {name: found[name] for name in source.masks}
        groups, rules, by_keys = self._groups, self._rules, self._by_keys
        counted, once = groups.masks(source.masks), groups.granularity
        kept = rules.kept(by_keys, number, self._last, counted, once)
        layers, label = rules.pruned(by_keys, counted), f"level {number}"
        doubts.warn_of_whole(kept, counted, layers, label, once.noun)
        pruned = scoring_lib.prune(
            self._scoring,
            kept,
            source.masks,
            model,
            dataset,
            initial=source.unpruned,
            final=source.final,
            quiet=self._quiet,
            groups=groups,
        )
        density = rules.density(number, self._last)
        if density is not None:
            counted = groups.masks({layer: pruned[layer] for layer in layers})
            doubts.say_density(density, counted, label, self._quiet, once.noun)
        if once.is_grouped:
            progress.say(f"{label}: {groups.counted(pruned)}", self._quiet)
        return pruned

    def _rewound_iteration(self, dataset):
        """The iteration of level 0 whose weights levels start from."""
        return steps.iterations(
            self._rules.rewind_iteration, dataset.train.iterations_per_epoch
        )


def _prunings(chosen, iterations):
    """Number of prunings as asked for; n:m has one."""
    if not chosen.is_n_of_m or iterations in (0, 1):
        return iterations
    if iterations is None:
        return 1
    raise ValueError(
        f"granularity={chosen} prunes once: expected iterations=1. Received: "
        f"iterations={iterations}"
    )
