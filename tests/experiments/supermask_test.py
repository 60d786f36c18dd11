"""Tests of experiments/supermask.py, on the bundled digits."""

import json

import keras
import numpy as np
import pytest

from lottery_ticket.analysis import results
from lottery_ticket.analysis.sections import supermasks
from lottery_ticket.experiments import find_ticket, supermask, train
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.foundations.learned_masks import (
    learned_masks,
    sampled_masks,
)
from lottery_ticket.foundations.mask_actions import mask_1
from lottery_ticket.foundations.records import paths, save_restore
from lottery_ticket.foundations.training import programs
from lottery_ticket.tests import grids, planned, tiny

RECIPE = recipes.Recipe(
    training_len="200it",
    test_interval=100,
    validate_interval=100,
    optimizer="momentum",
    lr=20.0,
    drop_partial_batch=True,
    seed=1,
    jit=False,
)
SIZES = {"layer0": 19200, "layer1": 30000, "layer2": 1000}


def run(directory, recipe=RECIPE, presets=None, **options):
    """Learns a mask; returns its networks by folder and supermask.json."""
    planned.run(
        supermask.plan,
        str(directory),
        recipe,
        supermask.MaskSearch(**options),
        presets=presets,
        quiet=True,
    )
    networks = {
        name: save_restore.restore_network(str(directory / name))
        for name in ("initial", "masks", "final", "logits", "thresholded")
    }
    return networks, json.loads((directory / "supermask.json").read_text())


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """Folder, networks and record of one search with everything."""
    directory = tmp_path_factory.mktemp("learned")
    return directory, *run(
        directory, rescaling="dynamic", mask_1_action="signed_constant"
    )


def test_a_mask_is_learned_and_weights_are_frozen(learned):
    directory, networks, record = learned
    log = save_restore.read_log(str(directory), "test")
    assert log["iteration"] == [0, 100, 200]
    assert log["accuracy"][0] < 0.3
    accuracies = record["samples"]["test"]["accuracy"]
    assert min(accuracies) > 0.7
    for name, mask in networks["masks"].items():
        kernel = networks["initial"][name]
        np.testing.assert_allclose(abs(kernel), abs(kernel).flat[0])
        factor = np.float32(mask.size / mask.sum())
        np.testing.assert_array_equal(
            networks["final"][name], kernel * factor * mask
        )
        assert not networks["final"][f"{name}_bias"].any()


def test_the_record_says_how_samples_do_and_what_they_keep(learned):
    directory, networks, record = learned
    assert record["settings"]["experiment"] == "supermask"
    assert record["settings"]["rescaling"] == "dynamic"
    assert record["sizes"] == SIZES
    assert set(record["samples"]) == {"validate", "test"}
    for columns in record["samples"].values():
        for values in columns.values():
            assert len(values) == 10 and len(set(values)) > 1
    logits = networks["logits"]
    expected = sampled_masks.expected_density(logits)
    for name, size in SIZES.items():
        sampled = record["sampled_density"][name]
        assert len(sampled) == 10
        assert sampled[0] == networks["masks"][name].mean()
        assert record["expected_density"][name] == pytest.approx(expected[name])
        # 4 standard deviations of coins that are all fair.
        assert np.abs(np.array(sampled) - expected[name]).max() < 2 / size**0.5
        assert record["thresholded"]["density"][name] == (
            (logits[name] > 0).mean()
        )
    own = json.loads((directory / "run.json").read_text())
    evaluated = {**own["settings"], "evaluation_samples": 10}
    assert evaluated == record["settings"]


def test_a_report_reads_what_is_written(learned):
    directory, _, record = learned
    masks, problems = supermasks.read(
        results.read(str(directory), files={"supermask": "supermask.json"})
    )
    assert problems == []
    (row,) = masks.to_dict("records")
    expected = np.mean(record["samples"]["test"]["accuracy"])
    assert row["accuracy"] == pytest.approx(expected)


def test_its_figures_are_those_of_the_networks(learned):
    """The final network is the first sample; the other one is thresholded."""
    directory, networks, record = learned
    dataset = supermask.from_recipe.dataset(RECIPE)
    x, y = dataset.prepare(dataset.test.x), dataset.test.y

    def accuracy(w):
        x_flat = np.reshape(x, (len(y), -1))
        for name in ("layer0", "layer1"):
            x_flat = np.maximum(x_flat @ w[name], 0)
        return (np.argmax(x_flat @ w["layer2"], 1) == y).mean()

    first = record["samples"]["test"]["accuracy"][0]
    assert accuracy(networks["final"]) == pytest.approx(first, abs=1e-6)
    rounded = learned_masks.effective(
        networks["initial"], networks["thresholded"], "dynamic"
    )
    assert accuracy(rounded) == pytest.approx(
        record["thresholded"]["test"]["accuracy"], abs=1e-6
    )


@pytest.mark.slow
def test_round_mode_has_one_mask(tmp_path):
    networks, record = run(tmp_path, sampling="round")
    for name, mask in networks["masks"].items():
        np.testing.assert_array_equal(mask, networks["logits"][name] > 0)
    for split, columns in record["samples"].items():
        (accuracy,) = columns["accuracy"]
        assert accuracy == record["thresholded"][split]["accuracy"]
    assert record["samples"]["test"]["accuracy"][0] > 0.5


@pytest.mark.slow
def test_weights_can_be_given_and_biases_stay_with_them(tmp_path):
    rng = np.random.default_rng(3)
    presets = {
        "layer0": rng.normal(size=(64, 300)).astype(np.float32) / 8,
        "layer1_bias": rng.normal(size=100).astype(np.float32),
    }
    networks, _ = run(tmp_path, presets=presets)
    np.testing.assert_array_equal(
        networks["initial"]["layer0"], presets["layer0"]
    )
    for folder in ("initial", "final"):
        np.testing.assert_array_equal(
            networks[folder]["layer1_bias"], presets["layer1_bias"]
        )


def test_a_finished_search_is_skipped_and_its_settings_hold(
    learned, monkeypatch
):
    directory, networks, _ = learned
    monkeypatch.setattr(programs.Program, "launch", None)
    monkeypatch.setattr(supermask, "_evaluated", None)
    given = {"rescaling": "dynamic", "mask_1_action": "signed_constant"}
    run(directory, **given)
    assert planned.is_complete(
        supermask.plan, str(directory), RECIPE, supermask.MaskSearch(**given)
    )
    with pytest.raises(ValueError, match="rescaling: 'dynamic' there, 'none'"):
        run(directory, mask_1_action="signed_constant")
    with pytest.raises(ValueError, match="mask_seed: "):
        run(directory, mask_seed=5, **given)


@pytest.mark.slow
def test_a_search_that_was_not_evaluated_is_evaluated_alone(
    tmp_path, monkeypatch
):
    evaluated = supermask._evaluated
    monkeypatch.setattr(supermask, "_evaluated", None)
    with pytest.raises(TypeError):  # As if killed right before.
        run(tmp_path)
    search = supermask.MaskSearch()
    assert not planned.is_complete(
        supermask.plan, str(tmp_path), RECIPE, search
    )
    monkeypatch.setattr(supermask, "_evaluated", evaluated)
    monkeypatch.setattr(programs.Program, "launch", None)
    _, record = run(tmp_path)
    assert planned.is_complete(supermask.plan, str(tmp_path), RECIPE, search)
    monkeypatch.undo()
    _, whole = run(tmp_path / "whole")
    del record["environment"], record["checksum"]
    assert record == {name: whole[name] for name in record}


@pytest.mark.slow
def test_another_number_of_samples_trains_nothing(tmp_path, monkeypatch):
    _, record = run(tmp_path)
    with pytest.raises(ValueError, match="evaluation_samples: 10 there, 12 no"):
        run(tmp_path, evaluation_samples=12)
    (tmp_path / "supermask.json").unlink()
    monkeypatch.setattr(programs.Program, "launch", None)
    _, again = run(tmp_path, evaluation_samples=12)
    found = again["samples"]["test"]["loss"]
    assert found[:10] == record["samples"]["test"]["loss"]
    assert len(found) == 12


@pytest.mark.slow
def test_a_damaged_search_is_redone(tmp_path):
    _, record = run(tmp_path)
    (tmp_path / "logits/layer0.npy").write_bytes(b"")
    search = supermask.MaskSearch()
    assert not planned.is_complete(
        supermask.plan, str(tmp_path), RECIPE, search
    )
    _, again = run(tmp_path)
    assert again["samples"] == record["samples"]
    (tmp_path / "supermask.json").write_text("{}")
    _, again = run(tmp_path)
    assert again["samples"] == record["samples"]


@pytest.mark.parametrize(
    "start", grids.thinned(["initial", "final"], ["initial"])
)
def test_the_learned_mask_feeds_training(learned, tmp_path, start):
    directory, networks, _ = learned
    planned.run(
        train.plan,
        str(tmp_path),
        recipes.Recipe(training_len="30it", seed=1, jit=False),
        masks=str(directory / "masks"),
        presets=str(directory / start),
        quiet=True,
    )
    initial = save_restore.restore_network(paths.initial(str(tmp_path)))
    final = save_restore.restore_network(paths.final(str(tmp_path)))
    for name, mask in networks["masks"].items():
        np.testing.assert_array_equal(
            initial[name], networks[start][name] * mask
        )
        assert (final[name] != initial[name]).any()
        assert not final[name][mask == 0].any()


def test_the_learned_network_is_loaded_into_plain_keras(learned):
    directory, networks, record = learned
    dataset = supermask.from_recipe.dataset(RECIPE)
    network = keras.Sequential(
        [
            keras.Input(dataset.input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(300, activation="relu", name="layer0"),
            keras.layers.Dense(100, activation="relu", name="layer1"),
            keras.layers.Dense(10, name="layer2"),
        ]
    )
    find_ticket.load_ticket(network, str(directory))
    outputs = network(dataset.prepare(dataset.test.x)).numpy()
    accuracy = (outputs.argmax(1) == dataset.test.y).mean()
    assert accuracy == pytest.approx(
        record["samples"]["test"]["accuracy"][0], abs=1e-6
    )


OWN = """
import keras
from keras import layers as L


def network():
    inputs = keras.Input((8, 8, 1))
    inner = keras.Sequential([L.Dense(64, use_bias=False), L.ReLU()])
    x = inner(inner(L.Flatten()(inputs)))
    x = L.Dropout(0.1)(L.BatchNormalization()(x))
    return keras.Model(inputs, L.Dense(10)(x))
"""


@pytest.mark.slow
def test_any_keras_model_can_be_searched(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    recipe = recipes.Recipe(
        "own_model",
        dataset="digits",
        model=f"{tmp_path}/own.py:network",
        optimizer="momentum",
        lr=10.0,
        training_len="200it",
        seed=1,
        jit=False,
    )
    networks, record = run(tmp_path / "mask", recipe)
    assert set(networks["masks"]) == {"sequential.dense", "dense"}
    moving = "batch_normalization_moving_mean"
    assert (networks["final"][moving] != networks["initial"][moving]).any()
    gamma = "batch_normalization_gamma"
    np.testing.assert_array_equal(networks["final"][gamma], np.ones(64))
    assert min(record["samples"]["test"]["accuracy"]) > 0.5


@pytest.mark.slow
def test_a_learned_mask_that_keeps_nothing_is_named(tmp_path, caplog):
    networks, record = run(tmp_path, sigmoid_bias=-60.0)
    assert not any(mask.any() for mask in networks["masks"].values())
    assert "Layer collapse, the learned mask: layer 'layer0'" in caplog.text
    assert "no path is left from input to output" in caplog.text
    assert record["sampled_density"]["layer0"] == [0.0] * 10


@pytest.mark.slow
def test_without_validation_there_is_the_test_set_alone(tmp_path):
    recipe = recipes.Recipe(
        training_len="10it",
        validation_size=0,
        optimizer="momentum",
        lr=1.0,
        jit=False,
    )
    _, record = run(tmp_path, recipe, evaluation_samples=2)
    assert set(record["samples"]) == {"test"}
    assert set(record["thresholded"]) == {"test", "density"}


RNG = np.random.default_rng(1)


@pytest.fixture(scope="module")
def model():
    return tiny.Model().reset(seed=1)


def test_weights_are_frozen_as_they_are_drawn(model):
    search = supermask.MaskSearch()
    drawn = {**model.weights, "layer0_bias": RNG.normal(size=5)}
    for name, array in search.weights(model, drawn, 0).items():
        np.testing.assert_array_equal(array, drawn[name])


def test_signed_constants_have_a_magnitude_and_a_multiplier(model):
    drawn = model.weights
    usual = supermask.MaskSearch(mask_1_action="signed_constant")
    given = supermask.MaskSearch(
        mask_1_action="signed_constant",
        signed_constant=2,
        signed_constant_multiplier=1.5,
    )
    for name in model.masks:
        found = usual.weights(model, drawn, 0)[name]
        expected = np.sign(drawn[name]) * drawn[name].std()
        np.testing.assert_allclose(found, expected, rtol=1e-6)
        found = given.weights(model, drawn, 0)[name]
        np.testing.assert_array_equal(found, 3 * np.sign(drawn[name]))
        assert found.dtype == np.float32


NEEDS = {name: each.needs for name, each in mask_1.MASK_1_ACTIONS.items()}


@pytest.mark.parametrize(
    "action", [name for name, needs in NEEDS.items() if needs != "final"]
)
def test_weights_can_be_frozen_by_any_action(model, action):
    search = supermask.MaskSearch(mask_1_action=action)
    found = search.weights(model, model.weights, 3)
    again = search.weights(model, model.weights, 3)
    assert set(found) == set(model.weights)
    for name, array in found.items():
        np.testing.assert_array_equal(array, again[name])
        assert array.shape == model.weights[name].shape
        assert array.any() == model.weights[name].any()


def test_logits_start_at_the_bias(model):
    logits = supermask.MaskSearch(sigmoid_bias=-2).logits(model)
    assert set(logits) == set(model.masks)
    np.testing.assert_array_equal(logits["layer1"], np.full((5, 3), -2.0))
    assert logits["layer1"].dtype == np.float32


def test_the_mask_seed_derives_from_the_seed_unless_given():
    resolved = [supermask.MaskSearch().resolved(seed) for seed in (1, 1, 2)]
    assert resolved[0] == resolved[1] != resolved[2]
    assert supermask.MaskSearch(mask_seed=7).resolved(1).mask_seed == 7
    assert resolved[0].settings() == {
        "sampling": "bernoulli",
        "sigmoid_bias": 0.0,
        "rescaling": "none",
        "mask_1_action": "rewind",
        "signed_constant": None,
        "signed_constant_multiplier": 1.0,
        "mask_seed": resolved[0].mask_seed,
    }


def test_none_is_rewind():
    search = supermask.MaskSearch(mask_1_action="none")
    assert search == supermask.MaskSearch()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"sampling": "bernouli"}, "Did you mean 'bernoulli'"),
        ({"rescaling": "dynamics"}, "Did you mean 'dynamic'"),
        ({"mask_1_action": "signed_const"}, "signed_constant"),
        ({"mask_1_action": "signed_draw"}, "draw takes signs .* never trained"),
        ({"sigmoid_bias": float("inf")}, "sigmoid_bias must be .* finite"),
        ({"sigmoid_bias": -1e39}, "at least -3.4e[+]38 .*: -1e[+]39"),
        ({"sigmoid_bias": "1"}, "Received: '1'"),
        ({"sigmoid_bias": True}, "Received: True"),
        (
            {"signed_constant": 0.1},
            "signed_constant is for mask_1_action=signed_",
        ),
        (
            {"mask_1_action": "signed_constant", "signed_constant": -1},
            "signed_constant must be .* Received: -1.0",
        ),
        (
            {"signed_constant_multiplier": 2.0},
            "signed_constant_multiplier is for mask_1_action=",
        ),
        (
            {
                "mask_1_action": "signed_constant",
                "signed_constant_multiplier": 0,
            },
            "multiplier must be a number, .*Received: 0.0",
        ),
        (
            {
                "mask_1_action": "signed_constant",
                "signed_constant_multiplier": 1e-50,
            },
            "Received: 1e-50",
        ),
        ({"evaluation_samples": 0}, "an integer, at least 1. Received: 0"),
        ({"evaluation_samples": 1.5}, "Received: 1.5"),
        ({"mask_seed": -1}, "an integer, at least 0. Received: -1"),
    ],
)
def test_what_does_not_fit_is_an_error(flags, message):
    with pytest.raises(ValueError, match=message):
        supermask.MaskSearch(**flags)


def test_hooks_of_trained_weights_are_refused(tmp_path):
    recipe = recipes.Recipe(hooks=("ham", "sparse_opt"))
    with pytest.raises(ValueError, match="trains none. .*=sparse_opt,ham"):
        supermask.plan(str(tmp_path), recipe)
