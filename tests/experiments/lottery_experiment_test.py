"""Tests of experiments/lottery_experiment.py, on the bundled digits."""

import itertools
import pathlib
import re

import attrs
import numpy as np
import pytest

from lottery_ticket.experiments import lottery_experiment, train
from lottery_ticket.experiments.settings import (
    level_rules,
    recipes,
    scoring,
)
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations.records import paths, run_record, save_restore
from lottery_ticket.foundations.training import programs
from lottery_ticket.tests import grids, planned, tiny

RECIPE = recipes.Recipe(
    training_len="20it", test_interval=10, seed=1, jit=False
)


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """A finished experiment of two prunings."""
    directory = str(tmp_path_factory.mktemp("results") / "trial1")
    planned.run(
        lottery_experiment.plan, directory, RECIPE, iterations=2, quiet=True
    )
    return directory


def networks(trial, level):
    directory = paths.run(trial, level, "same_init")
    places = (paths.initial, paths.final, paths.masks)
    return [save_restore.restore_network(place(directory)) for place in places]


def test_counts_are_exact_at_every_level(trial):
    expected = [
        {"layer0": 19200, "layer1": 30000, "layer2": 1000},
        {"layer0": 15360, "layer1": 24000, "layer2": 900},
        {"layer0": 12288, "layer1": 19200, "layer2": 810},
    ]
    for level, counts in enumerate(expected):
        masks = networks(trial, level)[2]
        kept = {name: int(mask.sum()) for name, mask in masks.items()}
        assert kept == counts


def test_kept_weights_start_where_level_0_began_and_pruned_ones_stay_0(trial):
    first = networks(trial, 0)[0]
    for level in (1, 2):
        initial, final, masks = networks(trial, level)
        for name, mask in masks.items():
            np.testing.assert_array_equal(initial[name], first[name] * mask)
            np.testing.assert_array_equal(final[name][mask == 0], 0)
            assert (final[name] != initial[name])[mask == 1].mean() > 0.5


def test_the_smallest_weights_of_the_level_before_are_pruned(trial):
    for level in (1, 2):
        _, final, before = networks(trial, level - 1)
        masks = networks(trial, level)[2]
        for name, mask in masks.items():
            magnitudes = np.abs(final[name])
            lost = (before[name] == 1) & (mask == 0)
            assert magnitudes[lost].max() <= magnitudes[mask == 1].min()
            assert (mask <= before[name]).all()


def test_the_same_command_finds_nothing_left_to_do(trial, monkeypatch, capsys):
    assert planned.is_complete(
        lottery_experiment.plan, trial, RECIPE, iterations=2
    )
    assert not planned.is_complete(
        lottery_experiment.plan, trial, RECIPE, iterations=3
    )
    monkeypatch.setattr(from_recipe, "dataset", None)
    planned.run(lottery_experiment.plan, trial, RECIPE, iterations=2)
    assert capsys.readouterr().err == f"{trial}: complete already\n"
    planned.run(
        lottery_experiment.plan, trial, RECIPE, iterations=2, quiet=True
    )
    assert capsys.readouterr().err == ""


def test_more_levels_train_only_those(trial, monkeypatch, capsys):
    trained = []
    real = programs.Program.launch

    def noted(self, *arguments):
        trained.append(arguments)
        return real(self, *arguments)

    monkeypatch.setattr(programs.Program, "launch", noted)
    planned.run(lottery_experiment.plan, trial, RECIPE, iterations=3)
    assert len(trained) == 2  # 40 iterations in chunks of 20.
    text = capsys.readouterr().err
    assert "level 2/3: complete already" in text
    assert re.search(r"level 3/3: train \d.*%", text)


def test_a_damaged_level_is_redone_alone(trial):
    path = pathlib.Path(paths.run(trial, 1, "same_init"), "final/layer1.npy")
    before = path.read_bytes()
    path.write_bytes(before[:-8])
    assert not planned.is_complete(
        lottery_experiment.plan, trial, RECIPE, iterations=2
    )
    planned.run(
        lottery_experiment.plan, trial, RECIPE, iterations=2, quiet=True
    )
    assert path.read_bytes() == before
    assert planned.is_complete(
        lottery_experiment.plan, trial, RECIPE, iterations=2
    )


def test_other_settings_are_refused_before_any_work(trial, monkeypatch):
    monkeypatch.setattr(from_recipe, "dataset", None)
    other = recipes.Recipe(
        training_len="40it", test_interval=20, seed=2, jit=False
    )
    with pytest.raises(ValueError, match="seed: 1 there, 2 now"):
        planned.run(lottery_experiment.plan, trial, other, iterations=2)


def test_presets_are_where_level_0_starts(trial, tmp_path):
    presets = paths.final(paths.run(trial, 0, "same_init"))
    directory = str(tmp_path / "trial1")
    planned.run(
        lottery_experiment.plan,
        directory,
        RECIPE,
        iterations=0,
        presets=presets,
        quiet=True,
    )
    initial = networks(directory, 0)[0]
    for name, array in networks(trial, 0)[1].items():
        np.testing.assert_array_equal(initial[name], array)
    with pytest.raises(ValueError, match="presets:"):
        planned.run(lottery_experiment.plan, directory, RECIPE, iterations=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"iterations": -1}, "iterations must be 0 or more"),
        ({"experiment_name": "run2"}, "not end in a digit"),
        (
            {"recipe": recipes.Recipe(fractions={"layer9": 0.2})},
            "Unknown layer in fractions 'layer9'. Did you mean 'layer",
        ),
        ({"presets": {"layer9": np.ones(3)}}, "Unknown preset 'layer9'"),
    ],
)
def test_what_does_not_fit_stops_before_training(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        planned.run(
            lottery_experiment.plan, str(tmp_path / "trial1"), **options
        )
    assert not (tmp_path / "trial1").exists()


NETWORK = """
from __future__ import annotations

import dataclasses

import keras
from sizes_of_it import UNITS

@dataclasses.dataclass
class Size:
    units: int = UNITS

def build():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(Size().units, name="dense_1"),
            keras.layers.Dense(10, name="dense_2"),
        ]
    )
"""


def of_file(folder, **settings):
    """A recipe of a network's file, with a file beside it."""
    (folder / "net.py").write_text(NETWORK)
    (folder / "sizes_of_it.py").write_text("UNITS = 16")
    usual = {"training_len": "3it", "jit": False, "seed": 1}
    return recipes.Recipe(
        "own_model",
        model=f"{folder}/net.py:build",
        dataset="digits",
        **usual | settings,
    )


@pytest.mark.slow
def test_a_network_of_a_file_is_pruned_by_the_names_it_has(tmp_path):
    recipe = of_file(tmp_path, fractions={"dense_2": 0.5})
    trials = [str(tmp_path / f"trial{trial}") for trial in (1, 2)]
    for directory in trials:
        planned.run(
            lottery_experiment.plan, directory, recipe, iterations=1, quiet=True
        )
        _, _, masks = networks(directory, 1)
        assert {name: mask.mean() for name, mask in masks.items()} == {
            "dense": 1,
            "dense_1": 0.5,
        }
    for first, again in zip(*(networks(d, 1) for d in trials), strict=True):
        for name, array in first.items():
            np.testing.assert_array_equal(array, again[name])
    assert lottery_experiment.plan(trials[0], recipe, iterations=1).is_complete
    (tmp_path / "sizes_of_it.py").write_text("UNITS = 8")
    with pytest.raises(ValueError, match="code: the code of the network"):
        planned.run(
            lottery_experiment.plan, trials[0], recipe, iterations=1, quiet=True
        )
    mixed = of_file(tmp_path, fractions={"dense_1": 0.5})
    with pytest.raises(ValueError, match="'dense_1' names 2 layers"):
        planned.run(
            lottery_experiment.plan,
            str(tmp_path / "trial3"),
            mixed,
            iterations=1,
            quiet=True,
        )


def test_sparse_presets_stay_sparse_or_grow_as_is_said(trial, tmp_path, caplog):
    presets = paths.final(paths.run(trial, 2, "same_init"))
    were = save_restore.restore_network(presets)
    kept = {}
    for keep_zeros in (True, False):
        directory = str(tmp_path / str(keep_zeros))
        planned.run(
            lottery_experiment.plan,
            directory,
            RECIPE,
            iterations=0,
            presets=presets,
            keep_zeros=keep_zeros,
            quiet=True,
        )
        _, final, masks = networks(directory, 0)
        kept[keep_zeros] = np.count_nonzero(final["layer1"])
        assert masks["layer1"].all() != keep_zeros
        assert "are trained, too" in caplog.text or keep_zeros
    assert kept[True] == np.count_nonzero(were["layer1"]) < kept[False]
    # What was begun without the rule goes on without it.
    again = {"presets": presets, "iterations": 0, "quiet": True}
    plan = lottery_experiment.plan(str(tmp_path / "False"), RECIPE, **again)
    assert "zeros_kept" not in plan.writes[0].settings
    plan = lottery_experiment.plan(str(tmp_path / "True"), RECIPE, **again)
    assert plan.writes[0].settings["zeros_kept"] is True
    with pytest.raises(ValueError, match="zeros_kept: True there, None now"):
        planned.run(
            lottery_experiment.plan,
            str(tmp_path / "True"),
            RECIPE,
            keep_zeros=False,
            **again,
        )


SPARSE = """
import keras
import numpy as np

def drawn(shape, dtype=None):
    coins = keras.random.uniform(shape)
    values = keras.random.normal(shape, stddev=0.1)
    return keras.ops.where(coins < 0.3, values, 0.0)

def network(initializer):
    hidden = keras.layers.Dense(16, kernel_initializer=initializer, name="h")
    layers = [keras.layers.Flatten(), hidden, keras.layers.Dense(10, name="o")]
    return keras.Sequential([keras.Input((8, 8, 1)), *layers])

def draws():
    return network(drawn)

def loads():
    made = network("zeros")
    kernel = np.linspace(-1, 1, 1024).reshape(64, 16)
    made.layers[1].kernel.assign(kernel * (np.abs(kernel) > 0.7))
    return made

def starts_at_0():
    return network("zeros")
"""


def of_sparse(tmp_path, build, keep_zeros=True, iterations=0):
    """A plan of a network whose function gives zeros."""
    (tmp_path / "net.py").write_text(SPARSE)
    recipe = recipes.Recipe(
        "own_model",
        model=f"{tmp_path}/net.py:{build}",
        dataset="digits",
        training_len="9it",
        jit=False,
        seed=1,
    )
    return lottery_experiment.plan(
        str(tmp_path / "trial1"),
        recipe,
        iterations=iterations,
        keep_zeros=keep_zeros,
        quiet=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("build", "keep_zeros"),
    grids.thinned(
        [
            ("draws", True),
            ("loads", True),
            ("draws", False),
            ("loads", False),
            ("starts_at_0", True),
        ],
        [("draws", True)],
    ),
)
def test_zeros_that_a_function_gives_stay_or_grow(
    tmp_path, build, keep_zeros, caplog
):
    of_sparse(tmp_path, build, keep_zeros).run()
    initial, final, masks = networks(str(tmp_path / "trial1"), 0)
    is_kept = keep_zeros and build != "starts_at_0"
    if is_kept:
        np.testing.assert_array_equal(masks["h"], initial["h"] != 0)
        assert 0.2 < masks["h"].mean() < 0.4
        assert not final["h"][masks["h"] == 0].any()
    else:
        assert masks["h"].all() and np.mean(final["h"] == 0) < 0.6
    assert ("are trained, too" in caplog.text) == (not keep_zeros)
    again = of_sparse(tmp_path, build, keep_zeros)
    assert again.is_complete
    assert ("zeros_kept" in again.settings) == is_kept
    # What was begun without the rule goes on without it.
    assert of_sparse(tmp_path, build).is_complete
    if is_kept:
        with pytest.raises(ValueError, match="zeros_kept: True there, None"):
            of_sparse(tmp_path, build, keep_zeros=False).run()


@pytest.mark.slow
def test_zeros_that_a_function_gives_are_pruned_no_second_time(tmp_path):
    of_sparse(tmp_path, "draws", iterations=1).run()
    first, second = (
        networks(str(tmp_path / "trial1"), level)[2]["h"] for level in (0, 1)
    )
    kept = int(first.sum())
    assert int(second.sum()) == kept - round(0.2 * kept)
    assert not (second > first).any()
    assert of_sparse(tmp_path, "draws", iterations=1).is_complete


def run_granular(directory, granularity, **options):
    """Runs an experiment; returns the record of its last level, and masks."""
    rules = options.pop("rules", level_rules.LevelRules())
    recipe = options.pop("recipe", RECIPE)
    trial = str(directory / "trial1")
    arguments = (
        trial,
        recipe,
        scoring.Scoring(granularity=granularity, **options),
        rules,
    )
    levels = None if granularity == "2:4" else 2
    planned.run(
        lottery_experiment.plan, *arguments, iterations=levels, quiet=True
    )
    assert planned.is_complete(
        lottery_experiment.plan, *arguments, iterations=levels
    )
    last = paths.run(trial, levels or 1, "same_init")
    return run_record.read(last), save_restore.restore_network(
        paths.masks(last)
    )


def test_units_go_with_what_reads_them_and_both_are_counted(tmp_path, capsys):
    record, masks = run_granular(tmp_path, "unit")
    assert record["groups"] == {"layer0": [192, 300], "layer1": [64, 100]}
    assert record["density"] == {
        "layer0": [64 * 192, 19200],
        "layer1": [192 * 64, 30000],
        "layer2": [64 * 10, 1000],
    }
    assert record["settings"]["granularity"] == "unit"
    assert record["settings"]["score_pooling"] == "mean"
    for first, second in itertools.pairwise(masks.values()):
        kept = first.any(axis=0)
        np.testing.assert_array_equal(second.any(axis=1), kept)
    with pytest.raises(ValueError, match="granularity: 'unit' there, 'block"):
        run_granular(tmp_path, "block:2x2")
    with pytest.raises(ValueError, match="granularity: 'unit' there, 'weight'"):
        run_granular(tmp_path, "weight")


def test_smaller_levels_have_the_results_of_full_ones(tmp_path):
    for name in ("full", "smaller"):
        rules = level_rules.LevelRules(compact_levels=name == "smaller")
        run_granular(tmp_path / name, "unit", rules=rules)
    trials = [str(tmp_path / name / "trial1") for name in ("full", "smaller")]
    for level in range(3):
        directories = [paths.run(each, level, "same_init") for each in trials]
        if not level:  # All units are there: it is trained itself.
            assert tiny.result_bytes(directories[0]) == tiny.result_bytes(
                directories[1]
            )
        first, second = (networks(each, level) for each in trials)
        for one, other in zip(first, second, strict=True):
            assert list(one) == list(other)
            for name, value in one.items():
                np.testing.assert_allclose(other[name], value, atol=1e-5)
        there, here = map(run_record.read, directories)
        for name in ("density", "effective", "groups", "iterations"):
            assert there.get(name) == here.get(name)
        logs = [save_restore.read_log(each, "test") for each in directories]
        for name, column in logs[0].items():
            np.testing.assert_allclose(logs[1][name], column, atol=1e-4)
    assert here["settings"]["compact_levels"] is True
    assert here["compacted_weights"][1] == (
        64 * 192 + 192 + 192 * 64 + 64 + 64 * 10 + 10
    )
    # The last level once more, as it was trained; and then as it was not.
    made = str(tmp_path / "again")
    planned.run(train.plan, made, ticket=directories[1], quiet=True)
    assert tiny.result_bytes(made) == tiny.result_bytes(directories[1])
    with pytest.raises(ValueError, match="compact_levels: True there, False"):
        run_granular(tmp_path / "smaller", "unit")


def test_a_hook_does_the_same_to_smaller_levels(tmp_path):
    recipe = attrs.evolve(RECIPE, hooks="ham")
    trials = [str(tmp_path / name / "trial1") for name in ("full", "smaller")]
    for name in ("full", "smaller"):
        rules = level_rules.LevelRules(compact_levels=name == "smaller")
        run_granular(tmp_path / name, "unit", rules=rules, recipe=recipe)
    first, second = (networks(each, 2) for each in trials)
    for one, other in zip(first, second, strict=True):
        for name, value in one.items():
            np.testing.assert_allclose(other[name], value, atol=1e-5)
    without = tmp_path / "without"
    run_granular(without, "unit")
    plain = networks(str(without / "trial1"), 2)[1]
    assert abs(plain["layer0"] - first[1]["layer0"]).max() > 1e-3


OF_DROPOUT = {"model": "conv2", "hidden_units": None, "dropout": 0.5}


def test_smaller_levels_are_refused_before_any_is_trained(tmp_path):
    for given, once, message in (
        (OF_DROPOUT, "unit", "random in training"),
        ({}, "weight", "expected granularity=unit"),
    ):
        recipe = attrs.evolve(RECIPE, **given)
        with pytest.raises(ValueError, match=message):
            planned.run(
                lottery_experiment.plan,
                str(tmp_path / "trial1"),
                recipe,
                scoring.Scoring(granularity=once),
                level_rules.LevelRules(compact_levels=True),
                iterations=1,
                quiet=True,
            )
    assert not (tmp_path / "trial1").exists()


def test_the_units_of_lowest_mean_magnitude_are_pruned(tmp_path):
    run_granular(tmp_path, "unit")
    trial = str(tmp_path / "trial1")
    _, final, before = networks(trial, 0)
    masks = networks(trial, 1)[2]
    for name in ("layer0", "layer1"):
        score = np.abs(final[name]).mean(axis=0)
        kept = masks[name].any(axis=0)
        assert before[name].all()
        assert score[~kept].max() <= score[kept].min()


def test_blocks_are_counted_over_all_layers(tmp_path):
    record, masks = run_granular(tmp_path, "block:4x4", score_pooling="l2")
    assert record["groups"] == {
        "layer0": [768, 1200],
        "layer1": [1200, 1875],
        "layer2": [60, 75],
    }
    for name in ("layer0", "layer1"):
        rows, columns = (size // 4 for size in masks[name].shape)
        tiles = masks[name].reshape(rows, 4, columns, 4).sum(axis=(1, 3))
        assert set(tiles.flat) == {0, 16}


def test_n_of_m_is_one_level_and_sets_the_density(tmp_path):
    record, masks = run_granular(tmp_path, "2:4")
    assert "groups" not in record
    for mask in masks.values():
        assert (mask.T.reshape(-1, 4).sum(axis=1) == 2).all()
    with pytest.raises(ValueError, match="prunes once: .*iterations=3"):
        planned.run(
            lottery_experiment.plan,
            str(tmp_path / "other"),
            RECIPE,
            scoring.Scoring(granularity="2:4"),
            iterations=3,
        )
    assert not (tmp_path / "other").exists()


def test_densities_are_of_units_and_global_compares_them(tmp_path, capsys):
    trial = str(tmp_path / "trial1")
    recipe = attrs.evolve(RECIPE, fractions={"*": 0.2}, scope="global")
    planned.run(
        lottery_experiment.plan,
        trial,
        recipe,
        scoring.Scoring(granularity="unit"),
        level_rules.LevelRules(densities=(0.3,)),
    )
    text = capsys.readouterr().err
    assert "layer2: units are outputs, and all stay" in text
    assert "level 1: density 30 % (120 of 400 units kept)" in text
    record = run_record.read(paths.run(trial, 1, "same_init"))
    assert sum(kept for kept, _ in record["groups"].values()) == 120


def test_layers_that_stay_whole_alone_are_an_error(tmp_path):
    recipe = attrs.evolve(RECIPE, fractions={"layer2": 0.2})
    with pytest.raises(ValueError, match="granularity=unit all .* layer2"):
        planned.run(
            lottery_experiment.plan,
            str(tmp_path),
            recipe,
            scoring.Scoring(granularity="unit"),
            iterations=1,
        )
