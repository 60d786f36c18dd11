"""Tests of experiments/stages/level_copies.py, on the bundled digits."""

import pathlib

import attrs
import numpy as np
import pytest

from lottery_ticket.analysis import results
from lottery_ticket.experiments import lottery_experiment, train
from lottery_ticket.experiments.settings import level_rules, recipes
from lottery_ticket.experiments.stages import from_recipe, level_copies
from lottery_ticket.foundations.records import paths, run_record, save_restore
from lottery_ticket.tests import planned, tiny

RECIPE = recipes.Recipe(
    training_len="40it", test_interval=20, seed=1, jit=False
)
COPIES = 3
NORMED = """
import keras

def build():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dense(8, "relu", name="one"),
            keras.layers.Dense(10, name="two"),
        ]
    )
"""


def run(folder, copies=COPIES, recipe=RECIPE, iterations=1, **rules):
    """Runs an experiment; returns its folder as text."""
    planned.run(
        lottery_experiment.plan,
        str(folder),
        recipe,
        rules=level_rules.LevelRules(**rules),
        iterations=iterations,
        copies=copies,
        save_summaries=False,
        quiet=True,
    )
    return str(folder)


def part(trial, level, name=None):
    directory = paths.run(trial, level, "same_init")
    return f"{directory}/parts/{name}" if name else directory


def network(directory, folder="final"):
    return save_restore.restore_network(f"{directory}/{folder}")


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """An experiment without copies."""
    return run(tmp_path_factory.mktemp("alone") / "trial1", copies=1)


@pytest.fixture(scope="module")
def averaged(tmp_path_factory):
    """The same with three networks a level."""
    return run(tmp_path_factory.mktemp("averaged") / "trial1")


def test_one_copy_is_the_experiment_as_ever(alone):
    settings = run_record.read(part(alone, 1))["settings"]
    assert "copies" not in settings
    given = {"iterations": 1, "save_summaries": False}
    assert planned.is_complete(lottery_experiment.plan, alone, RECIPE, **given)
    assert not pathlib.Path(part(alone, 0), "parts").exists()
    with pytest.raises(ValueError, match="copies: 1 there, 3 now"):
        run(alone)


def test_a_level_is_the_mean_of_its_copies(alone, averaged):
    """The first of level 0 is the run of an experiment without copies."""
    parts = [part(averaged, 0, f"copy{n}") for n in range(2, COPIES + 1)]
    finals = [network(part(alone, 0)), *map(network, parts)]
    found = network(part(averaged, 0))
    for name, array in found.items():
        mean = np.mean([np.float64(each[name]) for each in finals], axis=0)
        np.testing.assert_array_equal(array, mean.astype(np.float32))
        assert len({each[name].tobytes() for each in finals}) == COPIES


def test_copies_start_alike_and_have_orders_of_their_own(averaged):
    for level in (0, 1):
        of_level = part(averaged, level)
        whole = run_record.read(of_level)
        seen = {whole["inputs"]["train_order_seed"]}
        for number in range(2, COPIES + 1):
            directory = part(averaged, level, f"copy{number}")
            inputs = run_record.read(directory)["inputs"]
            seen.add(inputs["train_order_seed"])
            assert inputs["masks"] == whole["inputs"]["masks"]
            for name, array in network(directory, "initial").items():
                first = network(of_level, "initial")[name]
                np.testing.assert_array_equal(array, first)
        assert len(seen) == COPIES
        assert whole["settings"]["copies"] == COPIES


def test_the_mean_is_pruned_and_rewound(averaged):
    mean, masks = (
        network(part(averaged, 0)),
        network(part(averaged, 1), "masks"),
    )
    first = network(part(averaged, 0), "initial")
    for name, mask in masks.items():
        kept, lost = (np.abs(mean[name])[mask == each] for each in (1, 0))
        assert lost.size and lost.max() <= kept.min()
        started = network(part(averaged, 1), "initial")[name]
        np.testing.assert_array_equal(started, first[name] * mask)
        assert not network(part(averaged, 1))[name][mask == 0].any()


def test_the_log_ends_with_the_mean(averaged):
    directory = part(averaged, 1)
    dataset = from_recipe.dataset(RECIPE)
    model = from_recipe.model(RECIPE, dataset)
    model.reset(network(directory), network(directory, "masks"))
    logits = model.network(dataset.prepare(dataset.test.x))
    right = np.argmax(logits, axis=1) == dataset.test.y
    log = save_restore.read_log(directory, "test")
    assert log["iteration"] == [0, 20, 40]
    assert log["accuracy"][-1] == pytest.approx(right.mean())


def test_copies_of_one_order_are_one_network(alone, tmp_path, monkeypatch):
    monkeypatch.setattr(
        level_copies.Copies, "recipe_of", lambda self, number: self.recipe
    )
    trial = run(tmp_path / "trial1", copies=2)
    for level in (0, 1):
        expected = tiny.result_bytes(part(alone, level))
        found = tiny.result_bytes(part(trial, level))
        assert {n: found[n] for n in expected} == expected


@pytest.mark.parametrize("chunks", [0, 1, 3, 5, 7, 11])
def test_what_was_stopped_ends_in_the_same_bytes(
    averaged, tmp_path, monkeypatch, chunks
):
    """In each copy of both levels, and in the levels' own runs."""
    with tiny.stopping(monkeypatch, chunks):
        run(tmp_path / "trial1")
    trial = run(tmp_path / "trial1")
    assert tiny.result_bytes(trial) == tiny.result_bytes(averaged)


def test_copies_of_a_finished_level_are_not_missed(averaged, tmp_path):
    trial = run(tmp_path / "trial1", iterations=0)
    for number in range(2, COPIES + 1):
        for path in pathlib.Path(part(trial, 0, f"copy{number}")).rglob("*"):
            if path.is_file():
                path.unlink()
    run(trial)
    assert not pathlib.Path(part(trial, 0, "copy2"), "run.json").exists()
    for name, array in network(part(averaged, 1)).items():
        np.testing.assert_array_equal(array, network(part(trial, 1))[name])


def test_copies_are_no_runs_of_a_report(averaged):
    found = results.read(averaged)
    assert [*found.runs["level"]] == [0, 1]
    assert found.problems == []


@pytest.mark.slow
def test_statistics_of_normalisations_are_taken_anew(tmp_path):
    (tmp_path / "net.py").write_text(NORMED)
    recipe = recipes.Recipe(
        "own_model",
        model=f"{tmp_path}/net.py:build",
        dataset="digits",
        training_len="10it",
        jit=False,
    )
    trial = run(tmp_path / "trial1", copies=2, recipe=recipe, iterations=0)
    dataset = from_recipe.dataset(recipe)
    split = dataset.train
    rows, _ = split.batches(0, split.size // split.batch_size)
    x = np.asarray(dataset.prepare(split.x[rows.ravel()]))
    x = x.reshape(*rows.shape, -1)
    found = network(part(trial, 0))
    [name] = [each for each in found if each.endswith("moving_mean")]
    np.testing.assert_allclose(found[name], x.mean(axis=(0, 1)), atol=1e-5)
    running = network(part(trial, 0, "copy2"))[name]
    assert np.abs(running - found[name]).max() > 1e-3


def test_copies_part_where_levels_rewind_to(tmp_path):
    trial = run(tmp_path / "trial1", copies=2, rewind_iteration="10it")
    saved = network(part(trial, 0), "iteration10")
    for name, array in network(part(trial, 0, "stem")).items():
        np.testing.assert_array_equal(array, saved[name])
    for level in (0, 1):
        directory = part(trial, level, "copy2")
        assert run_record.read(directory)["inputs"]["start_iteration"] == 10
        masks = network(directory, "masks")
        for name, array in network(directory, "initial").items():
            expected = saved[name] * masks.get(name, 1)
            np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize(
    ("copies", "recipe", "rules", "message"),
    [
        (0, {}, {}, "copies must be an integer, at least 1. Received: 0"),
        (2.0, {}, {}, "copies must be an integer"),
        (2, {"hooks": ("set",)}, {}, "masks change end under several masks"),
        (
            2,
            {"hooks": ("cycles",), "schedule": "triangular"},
            {"rewind_iteration": "5it", "restart": True},
            "with copies, expected rewind_iteration=0it",
        ),
    ],
)
def test_what_does_not_fit_is_refused_before_any_work(
    tmp_path, copies, recipe, rules, message
):
    given = attrs.evolve(RECIPE, **recipe)
    with pytest.raises(ValueError, match=message):
        run(tmp_path / "trial1", copies, given, **rules)
    assert not (tmp_path / "trial1").exists()


def test_smaller_levels_are_refused():
    rules = level_rules.LevelRules(compact_levels=True)
    with pytest.raises(ValueError, match="compact_levels is for one network"):
        level_copies.Copies(2, RECIPE, rules)
    assert level_copies.Copies(1, RECIPE, rules).settings() == {}


def test_a_mean_is_no_training_to_repeat(averaged, tmp_path):
    with pytest.raises(ValueError, match="is the mean of 3 copies"):
        planned.run(
            train.plan,
            str(tmp_path / "again"),
            ticket=part(averaged, 1),
        )
