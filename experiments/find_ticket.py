"""Finds a lottery ticket in any Keras model, from Python."""

import json

import numpy as np

from lottery_ticket.experiments import (
    ingredients,
    lottery_experiment,
    recipes,
)
from lottery_ticket.foundations import (
    dataset_base,
    files,
    lazy,
    paths,
    progress,
    save_restore,
    seeds,
)

batches = lazy.module("lottery_ticket.foundations.batches")
keras_model = lazy.module("lottery_ticket.foundations.keras_model")

VALIDATION_FRACTION = 0.1  # Of training examples that are given as arrays.


def find_ticket(
    model,
    dataset,
    output_dir: str,
    recipe: recipes.Recipe | None = None,
    *,
    iterations: int = 10,
    experiment_name: str = "same_init",
    save_summaries: bool = True,
    quiet: bool = False,
):
    """Trains, prunes and rewinds a Keras model; returns it as a sparse one.

    Every trained kernel of a layer in `kernels.KERNELS` gets a mask, in nested
    and shared layers too; what gets none is listed. Results lie in OUTPUT_DIR
    as those of `lottery_experiment`, and `report` draws them. The same call
    goes on with what was stopped, from the weights that it first began with.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.

    Args:
        model: keras.Model with logits or softmax probabilities as outputs. It
            is trained itself, like by `fit`; a copy is not made.
        dataset: Pair ((x_train, y_train), (x_test, y_test)) of arrays as the
            model takes them, y integers or one-hot; or a DatasetBase.
        output_dir: Folder of the results, one per trial.
        recipe: How to train and prune; its dataset and network do not count.
            None means recipes.Recipe("own_model"): Adam 1e-3, batches of 128,
            10 epochs a level, 20 % of each kernel's weights pruned a level.
        iterations: Number of prunings; levels 0 to `iterations` are trained.
        experiment_name: Name of the runs; may not end in a digit.
        save_summaries: Whether to write TensorBoard summaries.
        quiet: Whether to print nothing.

    Returns:
        The same keras.Model with the weights that the last level ended with,
        pruned ones exactly 0, and without masks: plain Keras, for `.save()`.

    Raises:
        ValueError: If model and dataset do not fit each other, a setting does
            not fit, or output_dir holds results made with other settings.
    """
    recipe = recipe or recipes.Recipe("own_model")
    dataset = _dataset(dataset, recipe)
    wrapped = keras_model.KerasModel(model, batches.examples(dataset))
    progress.say(wrapped.summary(), quiet)
    start = _start(output_dir, wrapped)
    runs = lottery_experiment.level_runs(
        output_dir, recipe, iterations, experiment_name, start
    )
    lottery_experiment.train_levels(
        recipe, dataset, wrapped, runs, start, save_summaries, quiet
    )
    return wrapped.release()


def load_ticket(model, directory: str):
    """Gives a Keras model the weights of a finished run; returns it.

    Args:
        model: keras.Model of the same architecture, built.
        directory: Folder of the run, such as results/trial1/5/same_init.

    Raises:
        ValueError: If the run is damaged or not finished, or is one of another
            architecture.
        FileNotFoundError: If there is no such run.
    """
    final = ingredients.network(paths.final(directory))
    wrapped = keras_model.KerasModel(model)
    wrapped.reset(presets=final)
    return wrapped.release()


def _dataset(given, recipe):
    if isinstance(given, dataset_base.DatasetBase):
        return given
    try:
        (x, y), test = given
    except (TypeError, ValueError):
        raise ValueError(
            "dataset must be ((x_train, y_train), (x_test, y_test)) or a "
            f"DatasetBase. Received: {type(given).__name__}"
        ) from None
    x, y = np.asarray(x), np.asarray(y)
    size = recipe.validation_size
    size = int(len(x) * VALIDATION_FRACTION) if size is None else size
    if not 0 <= size < len(x):
        raise ValueError(
            f"validation_size must be in [0, {len(x)}), as {len(x)} examples "
            f"are to train on. Received: {size}"
        )
    order = np.random.default_rng(recipe.split_seed).permutation(len(x))
    kept, held_out = np.sort(order[size:]), np.sort(order[:size])
    return dataset_base.DatasetBase(
        (x[kept], y[kept]),
        recipe.train_batch_size,
        test,
        validate=(x[held_out], y[held_out]) if size else None,
        train_order_seed=seeds.derive(recipe.seed, "train_order"),
        drop_partial_batch=recipe.drop_partial_batch,
    )


def _start(output_dir, wrapped):
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
    return start
