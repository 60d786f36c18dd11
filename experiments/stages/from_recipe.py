"""What is made from a recipe: its dataset, its network, a training."""

import dataclasses
import functools
import logging
import os
import typing

from lottery_ticket.datasets import registry as datasets
from lottery_ticket.datasets.images import decoding, image_files
from lottery_ticket.datasets.rows import csv_rows
from lottery_ticket.experiments.settings import model_settings
from lottery_ticket.experiments.stages import mask_dynamics
from lottery_ticket.foundations.machine import (
    devices,
    lazy,
    precision,
    progress,
)
from lottery_ticket.foundations.records import run_record
from lottery_ticket.foundations.tickets import ticket_file
from lottery_ticket.foundations.training import (
    optimizers,
    run_settings,
    step_hooks,
)
from lottery_ticket.foundations.training.hooks import hooks
from lottery_ticket.foundations.values import (
    examples,
    names_0_1_0,
    seeds,
    steps,
)
from lottery_ticket.models import registry as models
from lottery_ticket.models import user_model

with lazy.imports():
    import keras

    from lottery_ticket.foundations import trainer
    from lottery_ticket.foundations.tasks import network_tasks
    from lottery_ticket.foundations.training import batches, compiled_optimizer

_log = logging.getLogger(__name__)
# Settings of a recipe that its dataset is made by.
_OF_DATASETS = (
    *("data_dir", "image_size", "train_batch_size", "drop_partial_batch"),
    *("validation_size", "subset", "normalization", "augmentation"),
    *("permute_labels", "random_labels", "split_seed", "train_order_seed"),
    "augment_seed",
)
# Those that a network is built by, and those that its training is compiled by:
# see `_last_model`, and `programs.program`.
OF_NETWORKS = (
    *("dataset", "image_size", "model", "outputs", "task", "dtype", "strategy"),
    *model_settings.OPTIONS,
)
OF_PROGRAMS = (
    *("train_batch_size", "drop_partial_batch", "validation_size", "subset"),
    *("normalization", "augmentation", "optimizer", "momentum", "epsilon"),
    *("lr", "schedule", "lr_drops", "lr_drop_factor", "warmup"),
    *("weight_decay", "decoupled_weight_decay", "label_smoothing"),
    *("training_len", "jit", "hooks"),
)


def dataset(recipe):
    """Returns the dataset of a recipes.Recipe.

    The last one is kept, as the last model is: the next run of this process
    that needs the same, such as the next line of an argfile, neither loads nor
    compiles anew.

    Raises:
        ValueError: If the recipe names no dataset or no network.
        FileNotFoundError: If its data cannot be had.
    """
    for flag in ("dataset", "model"):
        if getattr(recipe, flag) is None:
            raise ValueError(
                f"Recipe {recipe.recipe!r} names no {flag}: give --{flag}"
            )
    settings = {name: getattr(recipe, name) for name in _OF_DATASETS}
    if recipe.task != "auto":
        settings["task"] = recipe.task
    settings["labels_seed"] = seeds.derive(recipe.seed, "labels")
    stamp = _stamp(datasets.path(recipe.dataset))
    return _last_dataset(recipe.dataset, stamp, tuple(settings.items()))


def model(recipe, dataset, quiet=False, folders=()):
    """Returns the network of a recipe for a dataset, in need of a `reset`.

    Unless `quiet`, it says which kernels of a user's own network have masks,
    which have none, and what its outputs are taken as. Folders are those of
    runs, or tickets' files, that are gone on with or started from: where
    recurrent layers of one have no masks, they get none here. Raises ValueError
    if the network cannot be built for such examples.
    """
    kind = (recipe.model, recipe.dtype, recipe.strategy)
    options = tuple(recipe.model_options().items())
    if not user_model.is_own(recipe.model):
        return _last_model(
            _named,
            *kind,
            _one(recipe.model, dataset.input_shape),
            dataset.num_outputs,
            dataset.task,
            len(dataset.vocabulary or ()) or None,
            options,
        )
    # A function that has changed builds another.
    code = user_model.fingerprints(recipe.model)["code"]
    own = (*kind, dataset, recipe.outputs, recipe.task, code)
    made: typing.Any = _last_model(_own, *own)
    if names_0_1_0.RECURRENT in made.declared and any(
        map(_is_without_recurrent, folders)
    ):
        made = _last_model(_own, *own, True)
    has_loss = recipe.task == "auto" and made.task.name == "compiled"
    of_classes = has_loss and dataset.task == "classification"
    if of_classes and csv_rows.is_renumbered(recipe.dataset):
        raise ValueError(
            f"The whole numbers to be told in {recipe.dataset} would be "
            "numbered as classes, and the network is compiled with a loss of "
            "its own. Pass --task=compiled to train on them as they are"
        )
    progress.say(made.summary(), quiet)
    return made


def _is_without_recurrent(source):
    """Whether recurrent kernels have no masks in a run, or a ticket's file."""
    if ticket_file.is_packed(source):
        inputs = ticket_file.read(source).record["inputs"]
        return names_0_1_0.RECURRENT not in inputs
    return run_record.is_without_recurrent(source)


def _one(name, shape):
    """The shape of one example; an error for those of several inputs."""
    if not examples.is_one(shape):
        raise ValueError(
            f"The network {name!r} has one input. Received: examples of shape "
            f"{shape}. Pass --model=path/to/file.py:function for one of several"
        )
    return shape


def program(recipe) -> tuple[tuple, tuple]:
    """Returns what runs of a recipe compile, as a Plan has it; cheap.

    Recipes of equal ones share the network that is kept, and its program.
    """
    network, training = (
        tuple(getattr(recipe, name) for name in names)
        for names in (OF_NETWORKS, OF_PROGRAMS)
    )
    if recipe.augmentation not in (None, "none"):  # It is compiled in.
        training = (*training, recipe.augment_seed)
    return network, training


def forget() -> None:
    """Lets go of the dataset, and of the model with all it compiled."""
    _last_dataset.cache_clear()
    _last_model.cache_clear()


def train(
    recipe,
    dataset,
    model,
    output_dir,
    *,
    label="training",
    course=run_settings.Course(),  # noqa: B008  It is frozen.
    stop_iteration=None,
    finetune=False,
    output=run_settings.Output(),  # noqa: B008
    is_first=True,
    hook: step_hooks.StepHook = step_hooks.NONE,
):
    """Trains a model once, as a recipe says; see `trainer.train`.

    Args:
        recipe: recipes.Recipe.
        dataset: DatasetBase.
        model: ModelBase, with the weights and masks to start from; or a search
            for masks, which the recipe's hooks leave alone.
        output_dir: Folder of the run.
        label: Name of the run for the progress bar and errors.
        course: run_settings.Course: where the run starts, and what it does on
            the way.
        stop_iteration: Length at which to stop, the schedule still being that
            of the recipe's training_len; None means that.
        finetune: Whether to train at the schedule's last rate throughout.
        output: run_settings.Output.
        is_first: Whether it is the first run of its experiment by this recipe,
            and says what of the recipe has no effect.
        hook: step_hooks.StepHook of its iterations; new for each run.

    Returns:
        Pair (initial, final) of dicts, name -> array.

    Raises:
        ValueError: If an image that is streamed cannot be read.
    """
    per_epoch = dataset.train.iterations_per_epoch
    length = _schedule_length(recipe, model, per_epoch)
    if is_first:
        _warn_of_late_drops(recipe, per_epoch, length)
        _warn_of_hooks(recipe, model)
    start = steps.iterations(course.start_iteration, per_epoch)
    optimizer_fn = _optimizer_fn(recipe, model, per_epoch, start, finetune)
    try:
        return trainer.train(
            dataset,
            model,
            optimizer_fn,
            stop_iteration or recipe.training_len,
            output_dir,
            label=label,
            course=_course(recipe, model, per_epoch, course, stop_iteration),
            intervals=run_settings.Intervals(
                recipe.test_interval, recipe.validate_interval
            ),
            step=run_settings.Step(
                recipe.coupled_weight_decay(),
                recipe.label_smoothing,
                recipe.jit,
                _hook(recipe, model, per_epoch, start, hook),
            ),
            output=output,
        )
    except Exception as error:
        path = image_files.unreadable(error)
        if path is None:
            raise
        raise ValueError(
            f"{decoding.fault(path)}. Mend or remove it, and use another "
            "output_dir, as that is another dataset"
        ) from error


def _cycles(recipe, model):
    """Options of cyclic training of weights, or None."""
    return hooks.repeating(recipe.hooks) if model.trains_weights else None


def _schedule_length(recipe, model, per_epoch):
    """Iterations that the schedule is for: a training, or a cycle of it."""
    length = steps.iterations(recipe.training_len, per_epoch)
    cycles = _cycles(recipe, model)
    return length if cycles is None else cycles.cycle(length)


def _course(recipe, model, per_epoch, given, stop_iteration):
    """A course with the events that a recipe's hooks have, if any."""
    cycles = _cycles(recipe, model)
    if cycles is None:
        return mask_dynamics.course(
            recipe, model, per_epoch, given, stop_iteration
        )
    length, end = (
        steps.iterations(each, per_epoch)
        for each in (
            recipe.training_len,
            stop_iteration or recipe.training_len,
        )
    )
    starts = tuple(each for each in cycles.starts(length) if each < end)
    return dataclasses.replace(given, event_iterations=starts)


def _hook(recipe, model, per_epoch, start, given):
    """What changes the steps of a run: what is given, and the recipe's."""
    length = steps.iterations(recipe.training_len, per_epoch)
    seed = seeds.derive(recipe.train_order_seed, "hooks")
    run = hooks.Run(per_epoch, start, seed, length)
    own = recipe.hooks if model.trains_weights else ()
    return step_hooks.Hooks([given, hooks.make(own, run)])


def _warn_of_hooks(recipe, model):
    known = optimizers.OPTIMIZERS.get(recipe.optimizer)
    if model.trains_weights:
        for doubt in hooks.doubts(
            recipe.hooks,
            model.network,
            known is not None and known.divides_by_size,
        ):
            _log.warning("%s", doubt)


def _optimizer_fn(recipe, model, per_epoch, start, finetune):
    """Function () -> the recipe's optimizer, from an iteration on."""
    if recipe.optimizer == optimizers.COMPILED:
        return compiled_optimizer.optimizer_fn(
            model.network, starts_later=finetune or start > 0
        )
    length = _schedule_length(recipe, model, per_epoch)
    return optimizers.optimizer_fn(
        recipe.optimizer,
        recipe.lr,
        recipe.learning_rate_schedule(),
        per_epoch=per_epoch,
        training_iterations=length,
        # Of the last iteration the rate stays what it is.
        start_iteration=length - 1 if finetune else start,
        is_constant=finetune,
        **recipe.optimizer_options(),
    )


@functools.lru_cache(maxsize=1)
def _last_dataset(name, stamp, settings):
    """A dataset; a stamp tells a file from what it was before it changed."""
    del stamp
    return datasets.create(name, **dict(settings))


@functools.lru_cache(maxsize=1)
def _last_model(make, name, dtype, strategy, *given):
    """A network, in the recipe's precision and on its devices."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision.set_policy(dtype))
    try:
        with devices.strategy(strategy).scope():
            return make(name, *given)
    finally:
        keras.config.set_dtype_policy(before)


def _named(name, shape, outputs, task, vocabulary_size, options):
    made = models.create(
        name, shape, outputs, vocabulary_size=vocabulary_size, **dict(options)
    )
    made.task = network_tasks.of_logits(task, outputs) or made.task
    return made


def _own(name, dataset, outputs, task, code, as_0_1_0=False):
    """One of a user's; its code is what it is kept by."""
    del code
    return user_model.create(
        name,
        batches.examples(dataset),
        dataset.num_classes,
        outputs,
        task,
        batches.example_labels(dataset),
        dataset.vocabulary,
        as_0_1_0,
        dataset.task,
    )


def _stamp(path):
    """What changes with a local file's content, or None for no file."""
    path = os.path.expanduser(path)
    if not os.path.isfile(path):
        return None
    found = os.stat(path)
    return found.st_mtime_ns, found.st_size


def _warn_of_late_drops(recipe, per_epoch, length):
    late = [
        drop
        for drop in recipe.lr_drops
        if steps.iterations(drop, per_epoch) >= length
    ]
    if late:
        _log.warning(
            "The learning rate will not drop at %s: training ends after %s "
            "iterations",
            ", ".join(late),
            length,
        )
