"""Finds a lottery ticket in any Keras model, from Python."""

import json
import typing

import attrs

from lottery_ticket.datasets.images import labels, splits
from lottery_ticket.experiments import load_ticket as load_ticket_lib
from lottery_ticket.experiments.finished import finished_runs
from lottery_ticket.experiments.settings import (
    level_rules,
    model_settings,
    recipes,
)
from lottery_ticket.experiments.settings import scoring as scoring_lib
from lottery_ticket.experiments.stages import levels
from lottery_ticket.foundations.machine import files, lazy, progress
from lottery_ticket.foundations.records import (
    paths,
    run_record,
    save_restore,
    sealed,
)
from lottery_ticket.foundations.selection import layer_shares
from lottery_ticket.foundations.training import optimizers
from lottery_ticket.foundations.values import (
    array_pairs,
    dataset_base,
    dataset_split,
    names_0_1_0,
    sources,
)

with lazy.imports():
    import keras

    from lottery_ticket.foundations import keras_model, trainer
    from lottery_ticket.foundations.tasks import network_tasks
    from lottery_ticket.foundations.training import batches, compiled_optimizer

USUAL_ITERATIONS = 10
VALIDATION_FRACTION = 0.1  # Of training examples that are given as arrays.
# What the model and the arrays are already.
NOT_OF_A_RECIPE = (
    *model_settings.OPTIONS,
    *("dataset", "data_dir", "image_size", "subset", "normalization"),
    *("augmentation", "permute_labels", "random_labels", "augment_seed"),
    *("model", "dtype", "strategy", "init_seed"),
)
# What a DatasetBase has decided as well.
OF_ARRAYS_ONLY = (
    *("train_batch_size", "validation_size", "drop_partial_batch"),
    *("train_order_seed", "split_seed"),
)


def find_ticket(
    model: "keras.Model",
    dataset: typing.Any,
    output_dir: str,
    recipe: recipes.Recipe | None = None,
    scoring: scoring_lib.Scoring = scoring_lib.Scoring(),  # noqa: B008
    rules: level_rules.LevelRules = level_rules.LevelRules(),  # noqa: B008
    *,
    iterations: int | None = None,
    experiment_name: str = "same_init",
    on_collapse: str = "warn",
    keep_zeros: bool = True,
    save_summaries: bool = True,
    quiet: bool = False,
    resume_weights: bool = False,
    task: str | None = None,
    class_weight: dict[int, float] | None = None,
) -> "keras.Model":
    """Trains, prunes and rewinds a Keras model; returns it as a sparse one.

    Every trained kernel of a layer in `kernels.KERNELS`, and those that are
    registered, get a mask, in nested and shared layers too; what gets none is
    listed. Results lie in OUTPUT_DIR as those of `lottery_experiment`, and
    `report` draws them. The same call goes on with what was stopped; where that
    was begun when recurrent layers had no masks, without them.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.

    Args:
        model: keras.Model. If it is compiled, its loss and metrics are those
            of `compile`, and without a recipe the optimizer is, too; else it
            gives logits or softmax probabilities, or what `task` wants. It is
            trained itself, like by `fit`; a copy is not made.
        dataset: Pair ((x_train, y_train), (x_test, y_test)) of arrays as the
            model takes them, x in a dict, list or tuple if it has several
            inputs, y integers or one-hot, or what task or loss want. Weights
            of examples may stand behind y. In place of a pair, batches of it: a
            tf.data.Dataset, keras.utils.PyDataset or generator that ends; see
            docs/data.md. Or a DatasetBase.
        output_dir: Folder of the results, one per trial.
        recipe: How to train and prune, made from "own_model", and what the
            outputs are, if that is not to be found out; nothing in it may
            change model or data, which are taken as they are. None means
            recipes.Recipe("own_model"): Adam 1e-3, or what the model is
            compiled with, batches of 128, 10 epochs a level, 20 % of each
            kernel's weights pruned a level.
        scoring: Which weights go first; see Scoring.
        rules: How far levels prune, where they start from; see LevelRules.
        iterations: Number of prunings; levels 0 to `iterations` are trained.
            None is 10, or one for each of the rules' densities, or of n:m.
        experiment_name: Name of the runs; may not end in a digit.
        on_collapse: What to do where a layer keeps nothing, or no path is left
            from input to output: warn, or stop before training.
        keep_zeros: Whether a network that is sparse already stays so: a kernel
            with more than 5 % zeros, and not of zeros alone, is trained under
            a mask from level 0 on. Each is listed.
        save_summaries: Whether to write TensorBoard summaries.
        quiet: Whether to print nothing.
        resume_weights: Whether a folder that was begun with other weights than
            the model has goes on from those that it was begun with; else it is
            an error.
        task: What the model is trained for, a name in task_kinds.KINDS, unless
            the recipe says so; see there. None is as the recipe has it.
        class_weight: Dict, class -> what losses of its training examples are
            multiplied by, as in `fit`. A DatasetBase has it itself.

    Returns:
        The same keras.Model with the weights that the last level ended with,
        pruned ones exactly 0, or what the rules' mask_0_action held them at,
        and without masks: plain Keras, for `.save()`.

    Raises:
        ValueError: If model and dataset do not fit each other, a setting does
            not fit, or output_dir holds results made with other settings, or
            begun with other weights.
    """
    recipe = recipe or _usual_recipe(model)
    _check_recipe(recipe, dataset)
    if task is not None:
        recipe = attrs.evolve(recipe, task=task)
    for name, value, kind in (
        ("scoring", scoring, scoring_lib.Scoring),
        ("rules", rules, level_rules.LevelRules),
    ):
        if not isinstance(value, kind):
            raise ValueError(
                f"{name} must be a {kind.__name__}. Received: {value!r}"
            )
    dataset = _dataset(dataset, recipe, model, class_weight, quiet)
    level_0 = paths.run(output_dir, 0, experiment_name)
    wrapped = keras_model.KerasModel(
        model,
        batches.examples(dataset),
        outputs=recipe.outputs,
        task=network_tasks.name_for(model, recipe.task, dataset),
        labels=batches.example_labels(dataset),
        as_0_1_0=run_record.is_without_recurrent(level_0),
    )
    try:
        _check_registered(level_0, wrapped)
        progress.say(wrapped.summary(), quiet)
        progress.say(_what_counts(recipe, wrapped), quiet)
        trainer.check_fits(model=wrapped, dataset=dataset)
        recipe = recipe.by_keys(wrapped)
        layer_shares.groups(
            "fraction", recipe.fractions, wrapped.masks, recipe.scope
        )
        is_once = scoring.pruned_at_once.is_n_of_m
        if iterations is None and not (rules.densities or is_once):
            iterations = USUAL_ITERATIONS
        levels.Levels(
            output_dir,
            recipe,
            scoring,
            rules,
            iterations=iterations,
            presets=_start(output_dir, wrapped, resume_weights),
            keep_zeros=keep_zeros,
            experiment_name=experiment_name,
            on_collapse=on_collapse,
            save_summaries=save_summaries,
            quiet=quiet,
        ).train(dataset, wrapped, are_keys=True)
    finally:
        ticket = wrapped.release()
    return ticket


def load_ticket(
    model: "keras.Model | str", directory: "str | keras.Model"
) -> "keras.Model":
    """Returns the same as `load_ticket.load_ticket(directory, model)`.

    That has the folder first, which is taken here too.
    """
    if isinstance(model, str):
        model, directory = directory, model
    return load_ticket_lib.load_ticket(
        str(directory), typing.cast(typing.Any, model)
    )


def _check_recipe(recipe, dataset):
    """Raises if a recipe says what model and dataset alone can say."""
    if not isinstance(recipe, recipes.Recipe):
        raise ValueError(
            "recipe must be a recipes.Recipe, such as "
            f"recipes.Recipe('own_model', lr=1e-3). Received: {recipe!r}"
        )
    without_effect = list(NOT_OF_A_RECIPE)
    if isinstance(dataset, dataset_base.DatasetBase):
        without_effect += OF_ARRAYS_ONLY
    usual = recipes.Recipe("own_model", seed=recipe.seed)
    given = [
        name
        for name in without_effect
        if getattr(recipe, name) != getattr(usual, name)
    ]
    if given:
        raise ValueError(
            "Model and dataset are taken as they are: a recipe for find_ticket "
            f"cannot have {', '.join(given)}. Begin with "
            "recipes.Recipe('own_model', ...)"
        )


def _usual_recipe(model):
    """What to train by if nothing is said: as compiled, or as own_model has it.

    A network that is compiled with the same optimizer is one of the latter: so
    folders of 0.1.0, which knew no other, go on.
    """
    usual = recipes.Recipe("own_model")
    make = optimizers.optimizer_fn(usual.optimizer, usual.lr)
    if compiled_optimizer.is_plain(model, make):
        return usual
    return recipes.Recipe("own_model", optimizer=optimizers.COMPILED)


def _what_counts(recipe, wrapped):
    """What a model is trained by and measured by, in one line."""
    own = wrapped.network.optimizer if wrapped.network.compiled else None
    optimizer = f"optimizer {recipe.optimizer}"
    if recipe.optimizer == optimizers.COMPILED:
        optimizer = f"optimizer {type(own).__name__} of compile()"
    elif own is not None:
        optimizer += f" of the recipe, not compile()'s {type(own).__name__}"
    headline = wrapped.headline
    better = "higher" if headline.higher_is_better else "lower"
    return (
        f"What counts: {wrapped.task.name} ({wrapped.task.words}; {better} "
        f"{headline.metric} is better), {optimizer}"
    )


def _dataset(given, recipe, model, class_weight, quiet):
    if isinstance(given, dataset_base.DatasetBase):
        if class_weight is not None:
            raise ValueError("Give the DatasetBase its class_weight")
        return given
    halves = array_pairs.train_and_test(given)
    data = [sources.collected(half) for half in halves]
    task = network_tasks.name_of(model, recipe.task, data[0][1])
    train, test = (dataset_split.DatasetSplit(x, task=task) for x in data)
    for half, split in zip(halves, (train, test), strict=True):
        if sources.kind(half):
            progress.say(sources.said(half, split.x), quiet)
    if task == "classification":
        labels.check_known(train.y, test.y)
    size = recipe.validation_size
    size = VALIDATION_FRACTION if size is None else size
    kept, held_out = splits.validation(train.size, size, recipe.split_seed)
    return dataset_base.DatasetBase(
        train.taken(kept),
        recipe.train_batch_size,
        (test.x, *test.targets),
        validate=train.taken(held_out) if len(held_out) else None,
        train_order_seed=recipe.train_order_seed,
        drop_partial_batch=recipe.drop_partial_batch,
        task=task,
        class_weight=class_weight,
    )


def _check_registered(level_0, wrapped):
    """Raises if level 0 was begun with other kernels registered."""
    begun = run_record.begun_with(level_0, "inputs")
    if begun is not None:
        name = names_0_1_0.REGISTERED
        there, now = ({name: x.get(name)} for x in (begun, wrapped.declared))
        sealed.check_same(there, now, level_0)


def _start(output_dir, wrapped, resume_weights):
    """The weights that the first call with this output_dir began with."""
    folder = files.join(output_dir, "start")
    seal = files.join(output_dir, "start.json")
    if not files.exists(seal):
        start = wrapped.weights
        save_restore.save_network(folder, start)
        record = {"checksum": save_restore.checksum(start)}
        files.write(seal, json.dumps(record).encode())
        return start
    start = save_restore.restore_network(folder)
    sealed = json.loads(files.read(seal))["checksum"]
    if save_restore.checksum(start) != sealed:
        raise ValueError(
            f"{folder} is damaged: what was begun cannot go on. Use another "
            "output_dir."
        )
    finished_runs.check_network(output_dir, start, wrapped.variables)
    is_same = save_restore.checksum(wrapped.weights) == sealed
    if not is_same and not resume_weights:
        raise ValueError(
            f"{output_dir} was begun with other weights than the model has now "
            "(is keras.utils.set_random_seed called before it is built?). Use "
            "another output_dir, or pass resume_weights=True to go on from "
            "those that it began with"
        )
    return start
