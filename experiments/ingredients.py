"""Makes what a recipe names: dataset, model, training.

The last dataset and the last model are kept, so that the next run of the same
process that needs the same ones neither loads nor compiles anew.
"""

import functools
import logging
import os

from lottery_ticket.datasets import image_files
from lottery_ticket.datasets import registry as datasets
from lottery_ticket.foundations import (
    lazy,
    optimizers,
    progress,
    seeds,
    steps,
    strategies,
)
from lottery_ticket.models import own
from lottery_ticket.models import registry as models

batches = lazy.module("lottery_ticket.foundations.training.batches")
keras = lazy.module("keras")
trainer = lazy.module("lottery_ticket.foundations.trainer")
_log = logging.getLogger(__name__)


def dataset(recipe):
    """Returns the dataset of a recipe.

    Args:
        recipe: recipes.Recipe.

    Raises:
        ValueError: If the recipe names no dataset or no network.
        FileNotFoundError: If its data cannot be had.
    """
    for flag in ("dataset", "model"):
        if getattr(recipe, flag) is None:
            raise ValueError(
                f"Recipe {recipe.recipe!r} names no {flag}: give --{flag}"
            )
    return _dataset(
        recipe.dataset,
        _stamp(recipe.dataset),
        data_dir=recipe.data_dir,
        image_size=recipe.image_size,
        train_batch_size=recipe.train_batch_size,
        drop_partial_batch=recipe.drop_partial_batch,
        validation_size=recipe.validation_size,
        subset=recipe.subset,
        normalization=recipe.normalization,
        augmentation=recipe.augmentation,
        permute_labels=recipe.permute_labels,
        random_labels=recipe.random_labels,
        split_seed=recipe.split_seed,
        labels_seed=seeds.derive(recipe.seed, "labels"),
        train_order_seed=recipe.train_order_seed,
        augment_seed=recipe.augment_seed,
    )


def model(recipe, dataset, quiet=False):
    """Returns the network of a recipe, in need of a `reset`.

    Args:
        recipe: recipes.Recipe.
        dataset: DatasetBase that it is for.
        quiet: Whether not to say which kernels of a user's own network have
            masks, and which have none.

    Raises:
        ValueError: If the network cannot be built for such examples.
    """
    is_own = own.is_own(recipe.model)
    model = _model(
        recipe.model,
        own.fingerprint(recipe.model) if is_own else None,
        dataset if is_own else None,
        dataset.input_shape,
        dataset.num_classes,
        recipe.dtype,
        recipe.strategy,
        **recipe.model_options(),
    )
    if is_own:
        progress.say(model.summary(), quiet)
    return model


def train(
    recipe,
    dataset,
    model,
    output_dir,
    *,
    start_iteration="0it",
    stop_iteration=None,
    finetune=False,
    **options,
):
    """Trains a model once, as a recipe says; see `trainer.train`.

    Args:
        recipe: recipes.Recipe.
        dataset: DatasetBase.
        model: ModelBase, with the weights and masks to start from.
        output_dir: Folder of the run.
        start_iteration: Length of training that lies behind the model.
        stop_iteration: Length at which to stop, the schedule still being that
            of the recipe's training_len; None means that.
        finetune: Whether to train at the schedule's last rate throughout.
        options: Keyword arguments of `trainer.train`.

    Returns:
        Pair (initial, final) of dicts, name -> array.

    Raises:
        ValueError: If an image that is streamed cannot be read.
    """
    per_epoch = dataset.train.iterations_per_epoch
    length = steps.iterations(recipe.training_len, per_epoch)
    _warn_of_late_drops(recipe, per_epoch, length)
    optimizer_fn = optimizers.optimizer_fn(
        recipe.optimizer,
        recipe.lr,
        recipe.learning_rate_schedule(),
        per_epoch=per_epoch,
        training_iterations=length,
        # Of the last iteration the rate stays what it is.
        start_iteration=length - 1
        if finetune
        else steps.iterations(start_iteration, per_epoch),
        is_constant=finetune,
        **recipe.optimizer_options(),
    )
    try:
        return trainer.train(
            dataset,
            model,
            optimizer_fn,
            stop_iteration or recipe.training_len,
            output_dir,
            start_iteration=start_iteration,
            test_interval=recipe.test_interval,
            validate_interval=recipe.validate_interval,
            weight_decay=recipe.coupled_weight_decay(),
            label_smoothing=recipe.label_smoothing,
            jit=recipe.jit,
            **options,
        )
    except Exception as error:
        path = image_files.unreadable(error)
        if path is None:
            raise
        raise ValueError(
            f"{path} cannot be read as an image. Mend or remove it, and use "
            "another output_dir, as that is another dataset"
        ) from error


def train_alone(
    recipe,
    dataset,
    model,
    output_dir,
    settings,
    save_summaries,
    quiet,
    **options,
) -> None:
    """Trains a model once, with a progress bar of its own; as `train`."""
    with progress.Progress(quiet=quiet) as bar:
        train(
            recipe,
            dataset,
            model,
            output_dir,
            settings=settings,
            save_summaries=save_summaries,
            bar=bar,
            **options,
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
        _warn_once(
            f"The learning rate will not drop at {', '.join(late)}: training "
            f"ends after {length} iterations"
        )


@functools.lru_cache
def _warn_once(message):
    """Warns the first time, and not again at each level."""
    _log.warning("%s", message)


@functools.lru_cache(maxsize=1)
def _dataset(name, stamp, **settings):
    del stamp  # A file that has changed is another.
    return datasets.create(name, **settings)


@functools.lru_cache(maxsize=1)
def _model(name, code, dataset, shape, num_classes, dtype, strategy, **options):
    del code  # A function that has changed builds another.
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        with strategies.create(strategy).scope():
            if dataset is None:
                return models.create(name, shape, num_classes, **options)
            return own.create(name, batches.examples(dataset), num_classes)
    finally:
        keras.config.set_dtype_policy(before)
