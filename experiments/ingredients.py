"""Makes what a recipe names: dataset, model, training."""

import logging
import os

from lottery_ticket.datasets import image_files
from lottery_ticket.datasets import registry as datasets
from lottery_ticket.foundations import (
    devices,
    lazy,
    optimizers,
    progress,
    seeds,
    steps,
)
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.models import registry as models
from lottery_ticket.models import user_model

batches = lazy.module("lottery_ticket.foundations.training.batches")
keras = lazy.module("keras")
trainer = lazy.module("lottery_ticket.foundations.trainer")
_log = logging.getLogger(__name__)


class Workshop:
    """Where datasets and models are made, and the last of each is kept.

    So the next run of the same process that needs the same ones, such as the
    next line of an argfile, neither loads nor compiles anew. Of each there is
    one: another takes its place.
    """

    def __init__(self):
        """Starts with nothing."""
        self._datasets = {}  # What the last one was made by -> it.
        self._models = {}

    def clear(self) -> None:
        """Lets go of the dataset, and of the model with all it compiled."""
        self._datasets.clear()
        self._models.clear()

    def dataset(self, recipe):
        """Returns the dataset of a recipe.

        Args:
            recipe: recipes.Recipe.

        Raises:
            ValueError: If the recipe names no dataset or no network.
            FileNotFoundError: If its data cannot be had.
        """
        for flag, value in {
            "dataset": recipe.dataset,
            "model": recipe.model,
        }.items():
            if value is None:
                raise ValueError(
                    f"Recipe {recipe.recipe!r} names no {flag}: give --{flag}"
                )
        settings = _dataset_settings(recipe)
        # A file that has changed is another.
        key = (recipe.dataset, _stamp(recipe.dataset), *settings.items())
        return _kept(
            self._datasets,
            key,
            lambda: datasets.create(recipe.dataset, **settings),
        )

    def model(self, recipe, dataset, quiet=False):
        """Returns the network of a recipe, in need of a `reset`.

        Args:
            recipe: recipes.Recipe.
            dataset: DatasetBase that it is for.
            quiet: Whether not to say which kernels of a user's own network
                have masks, and which have none.

        Raises:
            ValueError: If the network cannot be built for such examples.
        """
        is_own = user_model.is_own(recipe.model)
        key = (
            recipe.model,
            # A function that has changed builds another.
            (user_model.fingerprint(recipe.model), dataset) if is_own else None,
            dataset.input_shape,
            dataset.num_classes,
            recipe.dtype,
            recipe.strategy,
            *recipe.model_options().items(),
        )
        model = _kept(
            self._models, key, lambda: _create_model(recipe, dataset, is_own)
        )
        if is_own:
            progress.say(model.summary(), quiet)
        return model


# That of this process: all commands make what they need here.
WORKSHOP = Workshop()


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
):
    """Trains a model once, as a recipe says; see `trainer.train`.

    Args:
        recipe: recipes.Recipe.
        dataset: DatasetBase.
        model: ModelBase, with the weights and masks to start from.
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

    Returns:
        Pair (initial, final) of dicts, name -> array.

    Raises:
        ValueError: If an image that is streamed cannot be read.
    """
    per_epoch = dataset.train.iterations_per_epoch
    length = steps.iterations(recipe.training_len, per_epoch)
    if is_first:
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
        else steps.iterations(course.start_iteration, per_epoch),
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
            label=label,
            course=course,
            intervals=run_settings.Intervals(
                recipe.test_interval, recipe.validate_interval
            ),
            step=run_settings.Step(
                recipe.coupled_weight_decay(),
                recipe.label_smoothing,
                recipe.jit,
            ),
            output=output,
        )
    except Exception as error:
        path = image_files.unreadable(error)
        if path is None:
            raise
        raise ValueError(
            f"{path} cannot be read as an image. Mend or remove it, and use "
            "another output_dir, as that is another dataset"
        ) from error


def _kept(made, key, make):
    """What was made by a key, the last one or one that takes its place."""
    if key not in made:
        found = make()
        made.clear()
        made[key] = found
    return made[key]


def _dataset_settings(recipe):
    return {
        "data_dir": recipe.data_dir,
        "image_size": recipe.image_size,
        "train_batch_size": recipe.train_batch_size,
        "drop_partial_batch": recipe.drop_partial_batch,
        "validation_size": recipe.validation_size,
        "subset": recipe.subset,
        "normalization": recipe.normalization,
        "augmentation": recipe.augmentation,
        "permute_labels": recipe.permute_labels,
        "random_labels": recipe.random_labels,
        "split_seed": recipe.split_seed,
        "labels_seed": seeds.derive(recipe.seed, "labels"),
        "train_order_seed": recipe.train_order_seed,
        "augment_seed": recipe.augment_seed,
    }


def _create_model(recipe, dataset, is_own):
    """A new network, in the recipe's precision and on its devices."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(recipe.dtype)
    try:
        with devices.strategy(recipe.strategy).scope():
            if is_own:
                return user_model.create(
                    recipe.model,
                    batches.examples(dataset),
                    dataset.num_classes,
                )
            return models.create(
                recipe.model,
                dataset.input_shape,
                dataset.num_classes,
                **recipe.model_options(),
            )
    finally:
        keras.config.set_dtype_policy(before)


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
