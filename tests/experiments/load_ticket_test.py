"""Tests of experiments/load_ticket.py; find_ticket_test has more of it."""

import keras
import numpy as np
import pytest

from lottery_ticket.experiments import load_ticket, train
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.foundations.records import paths, save_restore


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    directory = str(tmp_path_factory.mktemp("run"))
    recipe = recipes.Recipe(hidden_units=(4, 4), training_len="2it")
    train.plan(directory, recipe, quiet=True).run()
    return directory


def test_the_network_of_a_recipe_is_made(run):
    ticket = load_ticket.load_ticket(run)
    final = save_restore.restore_network(paths.final(run))
    assert isinstance(ticket, keras.Model) and ticket.output_shape == (None, 10)
    for name in ("layer0", "layer1", "layer2"):
        layer = ticket.get_layer(name)
        np.testing.assert_array_equal(layer.kernel, final[name])
        assert layer.kernel.constraint is None


def test_each_is_a_network_of_its_own(run):
    first, second = load_ticket.load_ticket(run), load_ticket.load_ticket(run)
    assert first is not second


def test_a_model_is_given_the_weights(run):
    network = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    with pytest.raises(ValueError, match="no kernel|another network"):
        load_ticket.load_ticket(run, network)
    with pytest.raises(FileNotFoundError, match="has no run.json"):
        load_ticket.load_ticket(f"{run}/nothing")


def test_the_run_comes_first(run):
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="comes first, then a model"):
        load_ticket.load_ticket(network, run)


@pytest.mark.slow
def test_a_ticket_goes_to_onnx(run, tmp_path):
    pytest.importorskip("tf2onnx")
    runtime = pytest.importorskip("onnxruntime")
    ticket, path = load_ticket.load_ticket(run), str(tmp_path / "ticket.onnx")
    ticket.export(path, format="onnx", verbose=False)
    session = runtime.InferenceSession(path)
    x = np.ones((3, *ticket.input_shape[1:]), np.float32)
    [found] = session.run(None, {session.get_inputs()[0].name: x})
    np.testing.assert_allclose(found, ticket(x), rtol=0, atol=1e-5)
