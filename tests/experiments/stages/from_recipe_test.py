"""Tests of experiments/stages/from_recipe.py."""

import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.datasets import dataset_own
from lottery_ticket.experiments import lottery_experiment
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations import trainer
from lottery_ticket.foundations.networks import output_kind
from lottery_ticket.foundations.records import (
    checkpoint,
    run_record,
    save_restore,
)
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.foundations.values import fields
from lottery_ticket.tests import planned
from lottery_ticket.tests.datasets import picture_files

RECIPE = recipes.Recipe(seed=1)


def test_dataset_and_model_are_made_once_for_runs_alike():
    dataset = from_recipe.dataset(RECIPE)
    model = from_recipe.model(RECIPE, dataset)
    alike = recipes.Recipe(seed=1, lr=0.5, init_seed=3)
    assert from_recipe.dataset(alike) is dataset
    assert from_recipe.model(alike, dataset) is model
    from_recipe.forget()
    assert from_recipe.dataset(RECIPE) is not dataset


def test_cycles_repeat_the_schedule_with_optimizers_that_are_fresh(tmp_path):
    """One of 10 iterations is the second half of a cyclic training of 20."""
    common = {
        **{"hidden_units": (12, 8), "test_interval": 5, "jit": False},
        **{"validate_interval": 10, "seed": 1, "schedule": "triangular"},
    }
    cyclic, half = (
        recipes.Recipe(training_len=length, hooks=words, **common)
        for length, words in (("20it", ("cycles:number=2",)), ("10it", ()))
    )
    dataset = from_recipe.dataset(cyclic)
    model = from_recipe.model(cyclic, dataset).reset(seed=1)
    train = from_recipe.train
    _, whole = train(cyclic, dataset, model, str(tmp_path / "whole"))
    model.reset(seed=1)
    _, first = train(half, dataset, model, str(tmp_path / "half"))
    folder = str(tmp_path / "stopped")
    model.reset(seed=1)
    _, stopped = train(cyclic, dataset, model, folder, stop_iteration="10it")
    for name, array in first.items():
        np.testing.assert_array_equal(stopped[name], array)
    assert any((whole[name] != array).any() for name, array in first.items())
    events = run_record.read(str(tmp_path / "whole"))["events"]
    assert events == [{"iteration": 10}]
    with pytest.raises(ValueError, match="Received: one that starts at 3"):
        train(
            cyclic,
            dataset,
            model.reset(seed=1),
            str(tmp_path / "late"),
            course=run_settings.Course("3it"),
        )


def test_what_cannot_repeat_is_refused():
    with pytest.raises(ValueError, match="Received: schedule=constant"):
        recipes.Recipe(hooks=("cycles",))
    with pytest.raises(ValueError, match="Received: schedule=constant"):
        recipes.Recipe("own_model", optimizer="compiled", hooks=("cycles",))
    with pytest.raises(ValueError, match="do not go together"):
        recipes.Recipe(schedule="cosine", hooks=("cycles", "sign_in"))


def test_recipes_alike_compile_the_same():
    network, training = from_recipe.program(RECIPE)
    alike = recipes.Recipe(seed=2, test_interval=7, fractions={"layer0": 0.1})
    assert from_recipe.program(alike) == (network, training)
    other_rate = from_recipe.program(recipes.Recipe(seed=1, lr=0.5))
    assert other_rate[0] == network and other_rate[1] != training
    wider = recipes.Recipe(seed=1, hidden_units=(20, 10))
    assert from_recipe.program(wider)[0] != network


def test_what_augments_is_compiled_in():
    one, other = (
        from_recipe.program(recipes.Recipe("cifar10_resnet20", seed=seed))
        for seed in (1, 2)
    )
    assert one[0] == other[0] and one[1] != other[1]


def test_every_setting_of_a_recipe_is_in_its_program_or_leaves_it_alone():
    told = {*from_recipe.OF_NETWORKS, *from_recipe.OF_PROGRAMS}
    left = {*fields.names_of(recipes.Recipe)} - told
    assert left == {
        *("recipe", "data_dir", "permute_labels", "random_labels"),
        *("fractions", "scope", "test_interval", "validate_interval"),
        *("seed", *(f"{name}_seed" for name in recipes.SEEDS)),
    }


def test_one_dataset_and_one_model_are_kept():
    dataset = from_recipe.dataset(RECIPE)
    model = weakref.ref(from_recipe.model(RECIPE, dataset))
    other = from_recipe.dataset(recipes.Recipe(seed=2))
    assert other is not dataset
    assert from_recipe.dataset(RECIPE) is not dataset
    from_recipe.forget()
    gc.collect()
    assert model() is None


SIGMOID = """
import keras

def build():
    return keras.Sequential(
        [keras.layers.Flatten(), keras.layers.Dense(10, "sigmoid")]
    )
"""


@pytest.mark.slow
def test_what_outputs_are_reaches_a_network_of_a_file(tmp_path, capsys):
    (tmp_path / "net.py").write_text(SIGMOID)
    own = {"model": f"{tmp_path}/net.py:build", "dataset": "digits"}
    auto, logits, other = (
        recipes.Recipe("own_model", **own, outputs=kind)
        for kind in output_kind.KINDS
    )
    dataset = from_recipe.dataset(auto)
    with pytest.raises(ValueError, match="outputs of a sigmoid.*by outputs="):
        from_recipe.model(auto, dataset)
    model = from_recipe.model(logits, dataset)
    assert capsys.readouterr().err.count("taken as logits: as was said") == 1
    assert model.facts == {"outputs": "logits: as was said"}
    assert from_recipe.model(logits, dataset, quiet=True) is model
    assert from_recipe.model(other, dataset, quiet=True).gives_probabilities
    assert not capsys.readouterr().err


LSTM = """
import keras

def build():
    return keras.Sequential(
        [
            keras.layers.Reshape((8, 8)),
            keras.layers.Bidirectional(keras.layers.GRU(2)),
            keras.layers.Dense(10),
        ]
    )
"""


@pytest.mark.slow
def test_what_began_without_recurrent_masks_has_none(tmp_path, capsys):
    (tmp_path / "net.py").write_text(LSTM)
    recipe = recipes.Recipe(
        "own_model", model=f"{tmp_path}/net.py:build", dataset="digits"
    )
    for name, inputs in {"old": {}, "new": {"recurrent_kernels": 1}}.items():
        facts = {"identity": {"settings": {}, "inputs": inputs}}
        checkpoint.save(str(tmp_path / name), {}, facts)
    dataset = from_recipe.dataset(recipe)
    counts = {
        folder: len(
            from_recipe.model(
                recipe, dataset, folders=("none", str(tmp_path / folder))
            ).masks
        )
        for folder in ("old", "new", "none", "old/masks")
    }
    assert counts == {"old": 1, "new": 5, "none": 5, "old/masks": 1}
    said = capsys.readouterr().err
    assert said.count("begun when recurrent kernels had no masks") == 8


def test_the_recipe_reaches_the_dataset():
    dataset = from_recipe.dataset(
        recipes.Recipe(
            train_batch_size=7,
            validation_size=11,
            train_order_seed=13,
            normalization="none",
        )
    )
    assert dataset.train.batch_size == 7
    assert dataset.validate.size == 11
    assert dataset.train.seed == 13
    assert dataset.train.x.max() == 16


def test_seeds_move_the_split_and_the_order():
    one, other = (from_recipe.dataset(recipes.Recipe(seed=s)) for s in (1, 2))
    assert (one.validate.x != other.validate.x).any()
    assert (one.train.order(0) != other.train.order(0)).any()
    np.testing.assert_array_equal(one.test.x, other.test.x)


MIRRORED = """
import sys, tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)
from lottery_ticket.experiments import lottery_experiment, recipes
from lottery_ticket.tests import planned
for strategy in ("none", "mirrored"):
    recipe = recipes.Recipe(
        dataset=sys.argv[1], recipe="cifar10_conv2", strategy=strategy,
        train_batch_size=8, validation_size=16, training_len="3it",
        test_interval=3, validate_interval=3, lr=1e-3,
    )
    planned.run(lottery_experiment.plan, 
        f"{sys.argv[2]}/{strategy}/trial1", recipe, iterations=1, quiet=True
    )
"""


@pytest.mark.slow
def test_several_devices_find_the_ticket_of_one(tmp_path):
    """In a process of its own: devices are set up before TensorFlow starts."""
    rng = np.random.default_rng(0)
    arrays = {
        f"{kind}_{split}": array
        for split, size in {"train": 64, "test": 24}.items()
        for kind, array in {
            "x": rng.integers(0, 256, (size, 8, 8, 3)).astype(np.uint8),
            "y": np.arange(size) % 10,
        }.items()
    }
    np.savez(tmp_path / "images.npz", **arrays)
    command = [sys.executable, "-c", MIRRORED]
    done = subprocess.run(
        [*command, str(tmp_path / "images.npz"), str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    one, two = (
        save_restore.restore_network(
            str(tmp_path / strategy / "trial1/1/same_init/final")
        )
        for strategy in ("none", "mirrored")
    )
    masks = save_restore.restore_network(
        str(tmp_path / "mirrored/trial1/1/same_init/masks")
    )
    assert one.keys() == two.keys()
    for name, array in one.items():
        np.testing.assert_allclose(two[name], array, atol=1e-4, err_msg=name)
        if name in masks:
            np.testing.assert_array_equal(two[name][masks[name] == 0], 0)


@pytest.mark.slow
def test_an_image_that_cannot_be_streamed_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset_own, "MEMORY_LIMIT_BYTES", 0)
    folder = tmp_path / "images"
    picture_files.save_classes(folder / "train", 10)
    picture_files.save_classes(folder / "test", 2)
    broken = folder / "train/ant/003.png"
    broken.write_bytes(broken.read_bytes()[:-20])
    recipe = recipes.Recipe(
        "own_model",
        model="conv2",
        dataset=str(folder),
        validation_size=2,
        train_batch_size=4,
        training_len="2ep",
        test_interval=4,
        validate_interval=4,
    )
    dataset = from_recipe.dataset(recipe)
    assert dataset.train.is_streamed
    model = from_recipe.model(recipe, dataset).reset(seed=1)
    with pytest.raises(ValueError, match="ant/003.png cannot be read"):
        from_recipe.train(recipe, dataset, model, str(tmp_path / "out"))
    # A deep image that came after the folder was looked at.
    deep = tf.io.encode_png(np.zeros((8, 8, 3), np.uint16))
    broken.write_bytes(deep.numpy())
    with pytest.raises(ValueError, match="003.png is an image of 16 bits"):
        from_recipe.train(recipe, dataset, model, str(tmp_path / "deep"))


@pytest.mark.slow
def test_a_drop_after_the_end_is_warned_of_once(tmp_path, caplog):
    recipe = recipes.Recipe(
        training_len="3it",
        test_interval=3,
        validate_interval=3,
        schedule="piecewise",
        lr_drops=("2it", "1ep"),
        jit=False,
    )
    planned.run(
        lottery_experiment.plan, str(tmp_path), recipe, iterations=1, quiet=True
    )
    assert (tmp_path / "1/same_init/run.json").exists()
    said = [m for m in caplog.messages if "will not drop" in m]
    assert said == [
        "The learning rate will not drop at 1ep: training ends after 3 "
        "iterations"
    ]


@pytest.mark.parametrize(
    ("given", "task", "outputs"),
    [
        ({"recipe": "diabetes_fc", "hidden_units": (4, 4)}, "regression", 1),
        ({"dataset": "diabetes", "hidden_units": (4, 4)}, "regression", 1),
        ({"recipe": "shapes_fc", "hidden_units": (4, 4)}, "multi_label", 5),
        ({"recipe": "inequalities_transformer"}, "binary", 1),
        ({"hidden_units": (4, 4), "task": "regression"}, "regression", 1),
    ],
)
def test_a_network_of_ours_is_for_the_task_of_the_data(given, task, outputs):
    recipe = recipes.Recipe(**given)
    dataset = from_recipe.dataset(recipe)
    model = from_recipe.model(recipe, dataset)
    assert (dataset.task, model.task.name) == (task, task)
    assert model.num_outputs == dataset.num_outputs == outputs
    trainer.check_fits(model, dataset)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"model": "transformer"}, "takes numbers of words"),
        ({"model": "vit", "dataset": "diabetes"}, "input_shape must be"),
        ({"dataset": "shapes", "task": "binary"}, "for the task multi_label"),
    ],
)
def test_a_network_of_ours_that_does_not_fit_the_data(given, message):
    recipe = recipes.Recipe(**given)
    with pytest.raises(ValueError, match=message):
        from_recipe.model(recipe, from_recipe.dataset(recipe))


COMPILED = """
import keras

def make(input_shape):
    layers = [keras.Input(input_shape), keras.layers.Dense(1)]
    made = keras.Sequential(layers)
    made.compile("sgd", LOSS, metrics=["mae"])
    return made

def plain(input_shape):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(1)])
"""


def of_a_table(folder, values, function="make", **given):
    """The dataset and the network of a file, by a column of a table."""
    (folder / "net.py").write_text(COMPILED.replace("LOSS", "'mse'"))
    rows = [f"{n},{v}" for n, v in enumerate(values)]
    (folder / "t.csv").write_text("\n".join(["x,y", *rows]))
    recipe = recipes.Recipe(
        "own_model",
        model=f"{folder}/net.py:{function}",
        dataset=f"{folder}/t.csv:y",
        **given,
    )
    dataset = from_recipe.dataset(recipe)
    return dataset, from_recipe.model(recipe, dataset, quiet=True)


FLOATS = np.arange(20) / 8


def test_a_network_of_a_file_is_trained_as_it_is_compiled(tmp_path):
    dataset, model = of_a_table(tmp_path, FLOATS)
    assert (dataset.task, model.task.name) == ("compiled", "compiled")
    trainer.check_fits(model, dataset)
    np.testing.assert_array_equal(np.sort(dataset.test.y) * 8 % 1, 0)


@pytest.mark.parametrize(
    ("values", "function", "message"),
    [
        (FLOATS, "plain", "compiled without a loss.*task=regression"),
        (np.arange(20) % 2 + 7, "make", "Pass --task=compiled"),
        (np.arange(20) * 3, "make", "too few.*are for another --task"),
    ],
)
def test_labels_that_a_network_of_a_file_cannot_have(
    tmp_path, values, function, message
):
    with pytest.raises(ValueError, match=message):
        of_a_table(tmp_path, values, function)
    dataset, model = of_a_table(
        tmp_path,
        values,
        function,
        task="compiled" if function == "make" else "regression",
    )
    assert set(np.ravel(dataset.train.y)) <= set(values)
    trainer.check_fits(model, dataset)


def test_a_network_of_ours_needs_a_task_for_numbers(tmp_path):
    of_a_table(tmp_path, FLOATS)
    given = {"dataset": f"{tmp_path}/t.csv:y", "hidden_units": (4, 4)}
    for task in ("auto", "regression"):
        recipe = recipes.Recipe(task=task, **given)
        dataset = from_recipe.dataset(recipe)
        if task == "regression":
            assert from_recipe.model(recipe, dataset).task.name == task
            continue
        with pytest.raises(ValueError, match="name the task"):
            from_recipe.model(recipe, dataset)


def test_hooks_are_of_trained_weights_and_said_to_do_nothing_once(
    monkeypatch, caplog
):
    taken = []
    monkeypatch.setattr(
        trainer, "train", lambda *args, step, **options: taken.append(step)
    )
    recipe = recipes.Recipe(hooks=("norm_interpolation", "sparse_opt"))
    dataset = from_recipe.dataset(recipe)
    model = from_recipe.model(recipe, dataset)
    for is_first in (True, False):
        from_recipe.train(recipe, dataset, model, "x", is_first=is_first)
    assert [text.split(":")[0] for text in caplog.messages] == [
        "hooks=norm_interpolation changes nothing",
        "hooks=sparse_opt changes little",
    ]
    monkeypatch.setattr(type(model), "trains_weights", False)
    from_recipe.train(recipe, dataset, model, "x")
    first, _, search = [step.identity for step in taken]
    assert [*first["hook"]] == ["norm_interpolation", "sparse_opt"]
    assert "hook" not in search and len(caplog.messages) == 2
