"""Tests of experiments/load_ticket.py; find_ticket_test has more of it."""

import keras
import numpy as np
import pytest

from lottery_ticket.experiments import find_ticket, load_ticket, train
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.foundations.records import paths, save_restore
from lottery_ticket.foundations.tickets import run_tickets, ticket_file


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


def test_a_file_gives_the_same_as_the_folder(run, tmp_path):
    path = f"{tmp_path}/a.ticket"
    ticket_file.write(path, run_tickets.of_run(run))
    ticket = load_ticket.load_ticket(path)
    final = save_restore.restore_network(paths.final(run))
    np.testing.assert_array_equal(
        ticket.get_layer("layer0").kernel, final["layer0"]
    )
    ticket_file.write(path, run_tickets.of_run(run, "initial"))
    with pytest.raises(ValueError, match="holds no final weights. Pack it --w"):
        load_ticket.load_ticket(path)


def network(units=6, activation="relu", function=None):
    layers = [
        keras.Input((4,)),
        keras.layers.Dense(units, activation, name="a"),
        *([keras.layers.Lambda(function)] if function else []),
        keras.layers.Dense(3, name="b"),
    ]
    return keras.Sequential(layers)


def found(directory, model):
    """The path of a ticket of a network that was given from Python."""
    x = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    y = np.arange(40) % 3
    recipe = recipes.Recipe("own_model", training_len="2it", jit=False)
    data = ((x, y), (x, y))
    find_ticket.find_ticket(
        model, data, f"{directory}/trial1", recipe, iterations=1, quiet=True
    )
    path = f"{directory}/mine.ticket"
    run = f"{directory}/trial1/1/same_init"
    ticket_file.write(path, run_tickets.of_run(run))
    return path


def test_the_network_of_a_user_is_asked_for_and_compared(tmp_path):
    path = found(tmp_path, trained := network())
    with pytest.raises(ValueError, match="pass one of this architecture as"):
        load_ticket.load_ticket(path)
    loaded = load_ticket.load_ticket(path, network())
    for one, other in zip(loaded.weights, trained.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match=r"another network: 'a' has shape \(4"):
        load_ticket.load_ticket(path, network(units=7))
    with pytest.raises(ValueError, match="layers' settings or wiring differ"):
        load_ticket.load_ticket(path, network(activation="tanh"))


def doubled():
    return lambda x: x * 2


def test_code_of_a_lambda_is_the_users_own_and_compared(tmp_path):
    path = found(tmp_path, network(function=doubled()))
    assert load_ticket.load_ticket(path, network(function=doubled()))
    with pytest.raises(ValueError, match="layers' settings or wiring differ"):
        load_ticket.load_ticket(path, network(function=lambda x: x + 1))


def test_another_keras_is_said_to_describe_it_otherwise(tmp_path, caplog):
    path = found(tmp_path, network())
    ticket = ticket_file.read(path)
    ticket.record["environment"]["keras"] = "3.0.0"
    other = ticket_file.Ticket(
        ticket.masks, ticket.networks, ticket.record, ticket.logs
    )
    ticket_file.write(path, other)
    assert load_ticket.load_ticket(path, network(activation="tanh"))
    assert "was made with Keras 3.0.0, here is" in caplog.text
