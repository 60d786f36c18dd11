"""Recurrent kernels, and those that users register, under masks.

LSTM and GRU against numpy, whole experiments killed and gone on with, scores
and searches, and folders that were begun when 0.1.0 gave them no masks.
"""

import json
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from lottery_ticket.experiments import find_ticket
from lottery_ticket.experiments.settings import recipes, scoring
from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.learned_masks import masked_network
from lottery_ticket.foundations.networks import flow, keras_private
from lottery_ticket.foundations.records import run_record
from lottery_ticket.foundations.training import programs
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.runners import report
from lottery_ticket.tests import grids, tiny

L = keras.layers
RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 5, 3)).astype(np.float32)
Y = (X[:, 0, 0] + X[:, 3, 1] > 0).astype(np.int32)


class Own(L.Layer):
    """A layer of somebody's own, of two kernels that meet in products."""

    def build(self, shape):
        self.left = self.add_weight(shape=(shape[-1], 3), name="left")
        self.right = self.add_weight(shape=(shape[-1], 3), name="right")

    def call(self, x):
        x = keras.ops.mean(x, axis=1)
        return (x @ self.left) * (x @ self.right)


keras_model.register_kernels(Own, "left", "right")
LAYERS = {
    "lstm": lambda: [L.LSTM(3)],
    "gru": lambda: [L.GRU(3)],
    "conv_lstm": lambda: [
        L.Reshape((5, 3, 1)),
        L.ConvLSTM1D(2, 2),
        L.Flatten(),
    ],
    "registered": lambda: [Own()],
    "simple_rnn": lambda: [L.SimpleRNN(3)],
    "halves": lambda: [L.Bidirectional(L.SimpleRNN(2))],
    "bidirectional": lambda: [
        L.Bidirectional(L.GRU(2, return_sequences=True)),
        L.Bidirectional(L.LSTM(2)),
    ],
}
CONTRACT = ("lstm", "gru", "conv_lstm", "registered")


def network(kind, seed=1):
    keras.utils.set_random_seed(seed)
    layers = [keras.Input((5, 3)), *LAYERS[kind](), L.Dense(2)]
    return keras.Sequential(layers)


def masked(kind, density=0.6):
    """A model, about 0.6 of each kernel kept, its biases drawn."""
    model = keras_model.KerasModel(network(kind), X[:2])
    rng = np.random.default_rng(2)
    masks = {
        name: (rng.random(mask.shape) < density).astype(np.uint8)
        for name, mask in model.masks.items()
    }
    presets = {
        name: rng.normal(size=each.shape)
        for name, each in model.weights.items()
    }
    return model.reset(presets, masks)


def data(size=16):
    return dataset_base.DatasetBase((X, Y), size, (X, Y))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(x, kernel, recurrent, bias):
    """The last output of an LSTM, in float64; gates i, f, c, o."""
    h = c = np.zeros((len(x), len(recurrent)))
    for step in range(x.shape[1]):
        z = x[:, step] @ kernel + h @ recurrent + bias
        i, f, g, o = np.split(z, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h


def gru(x, kernel, recurrent, bias):
    """The same of a GRU; gates z, r, h, with reset_after as Keras has it."""
    h = np.zeros((len(x), len(recurrent)))
    for step in range(x.shape[1]):
        inputs = np.split(x[:, step] @ kernel + bias[0], 3, axis=1)
        states = np.split(h @ recurrent + bias[1], 3, axis=1)
        z, r = (
            sigmoid(a + b) for a, b in zip(inputs[:2], states[:2], strict=True)
        )
        h = z * h + (1 - z) * np.tanh(inputs[2] + r * states[2])
    return h


TWINS = {"lstm": lstm, "gru": gru}


def logits(kind, x, weights):
    """What numpy gives for weights, pruned ones being 0, by their own names."""
    cell = f"{kind}.{kind}_cell"
    names = ("kernel", "recurrent_kernel", "bias")
    h = TWINS[kind](x, *(weights[f"{cell}_{name}"] for name in names))
    return h @ weights["dense"] + weights["dense_bias"]


def loss(kind, x, y, weights):
    out = logits(kind, x, weights)
    out -= out.max(axis=1, keepdims=True)
    out -= np.log(np.exp(out).sum(axis=1, keepdims=True))
    return -out[np.arange(len(y)), y].mean()


def gradient(kind, x, y, weights, name):
    """By central differences."""
    found = np.zeros_like(weights[name])
    for index in np.ndindex(found.shape):
        ends = []
        for step in (1e-5, -1e-5):
            moved = weights[name].copy()
            moved[index] += step
            ends.append(loss(kind, x, y, {**weights, name: moved}))
        found[index] = (ends[0] - ends[1]) / 2e-5
    return found


@pytest.mark.parametrize("kind", grids.first(1, TWINS))
def test_a_step_under_masks_is_numpys(kind):
    model = masked(kind)
    before = {n: each.astype(np.float64) for n, each in model.weights.items()}
    np.testing.assert_allclose(
        model.network(X), logits(kind, X.astype(np.float64), before), atol=1e-5
    )
    program = programs.program(
        model,
        lambda: keras.optimizers.SGD(0.5, momentum=0.9),
        data(len(X)),
        jit=False,
    )
    program.train(0, 1, 1)
    slots = [slot.numpy() for slot in program.optimizer.variables[2:]]
    for (name, after), slot in zip(model.weights.items(), slots, strict=True):
        moved = gradient(kind, X.astype(np.float64), Y, before, name)
        moved *= model.masks.get(name, 1)
        np.testing.assert_allclose(after, before[name] - moved / 2, atol=1e-4)
        pruned = model.masks.get(name, np.ones(after.shape)) == 0
        assert not after[pruned].any() and not slot[pruned].any()
        assert slot[~pruned].any()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lstm", "gru", "bidirectional"])
@pytest.mark.parametrize("jit", [False, True])
def test_without_masks_it_trains_as_fit_does(kind, jit):
    ours, kerass = network(kind), network(kind)
    kerass.compile(
        keras.optimizers.Adam(0.02),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    kerass.fit(X, Y, batch_size=len(X), epochs=4, verbose=0)
    program = programs.program(
        keras_model.KerasModel(ours, X[:2]),
        lambda: keras.optimizers.Adam(0.02),
        data(len(X)),
        jit=jit,
    )
    program.train(0, 4, 4)
    pairs = zip(ours.get_weights(), kerass.get_weights(), strict=True)
    for mine, other in pairs:
        np.testing.assert_allclose(mine, other, atol=3e-5)


def find(directory, kind, model=None, **options):
    given = {
        "recipe": recipes.Recipe(
            "own_model",
            training_len="6it",
            test_interval=3,
            validate_interval=3,
            train_batch_size=10,
            jit=False,
        ),
        "iterations": 2,
        "quiet": True,
    }
    return find_ticket.find_ticket(
        model or network(kind),
        ((X[:40], Y[:40]), (X[40:], Y[40:])),
        str(directory),
        **given | options,
    )


# The last argument says at which loop a process kills itself.
KILLED = """
import os, sys
from lottery_ticket.tests import recurrent_test
from lottery_ticket.foundations.training import programs

launch, calls = programs.Program.launch, []

def killing(self, *arguments):
    calls.append(1)
    if len(calls) == int(sys.argv[3]):
        os.kill(os.getpid(), 9)
    return launch(self, *arguments)

programs.Program.launch = killing
recurrent_test.find(*sys.argv[1:3], iterations=1)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", CONTRACT)
def test_tickets_are_found_and_reported(kind, tmp_path, capsys):
    whole = tmp_path / "trial1"
    ticket = find(whole, kind, iterations=1)
    names = keras_model.KerasModel(ticket).masks
    records = [
        json.loads((whole / f"{level}/same_init/run.json").read_text())
        for level in range(2)
    ]
    for name, mask in names.items():
        kept = [record["density"][name][0] for record in records]
        assert kept[0] == mask.size > kept[1], name
    report.RUN(str(tmp_path))
    tables = (tmp_path / "report").glob("*.csv")
    text = "".join(table.read_text() for table in tables)
    assert all(name in text for name in names)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lstm", "registered"])
def test_killed_searches_of_tickets_go_on(kind, tmp_path):
    whole, killed = (tmp_path / name / "trial1" for name in ("whole", "killed"))
    find(whole, kind, iterations=1)
    command = [sys.executable, "-c", KILLED, str(killed), kind]
    ended = subprocess.run([*command, "4"])
    assert ended.returncode == -signal.SIGKILL
    assert (killed / "0/same_init/run.json").exists()
    assert not (killed / "1/same_init/run.json").exists()
    subprocess.run([*command, "0"], check=True)
    assert tiny.result_bytes(killed) == tiny.result_bytes(whole)


@pytest.mark.slow
@pytest.mark.parametrize("kind", CONTRACT)
@pytest.mark.parametrize("name", ["snip", "grasp"])
def test_scores_by_gradients_are_of_all_kernels(kind, name):
    model = masked(kind)
    masks, dataset = model.masks, data()
    scores = criteria.score_fn(name, model, dataset, examples_per_class=8)
    found = scores(masks)
    assert set(found) == set(masks)
    for layer, score in found.items():
        assert score[masks[layer] == 1].any()
        assert not score[masks[layer] == 0].any()


@pytest.mark.slow
@pytest.mark.parametrize("layer", [L.LSTM, L.GRU, L.SimpleRNN])
def test_grasp_is_the_same_through_loops_and_steps_in_a_row(layer):
    keras.utils.set_random_seed(1)
    found = []
    for unroll in (False, True):
        inner = layer(3, unroll=unroll, name="inner")
        network = keras.Sequential([keras.Input((5, 3)), inner, L.Dense(2)])
        model = keras_model.KerasModel(network, X[:2])
        if found:
            model.reset(found[0][0])
        scores = criteria.score_fn("grasp", model, data())(model.masks)
        found.append((model.weights, scores))
    for name, score in found[0][1].items():
        assert np.abs(score).max() > 1e-9
        np.testing.assert_allclose(score, found[1][1][name], atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("kind", TWINS)
def test_snip_is_weight_times_gradient_by_numpy(kind):
    model = masked(kind)
    scores = criteria.score_fn("snip", model, data(), examples_per_class=99)
    before = {n: each.astype(np.float64) for n, each in model.weights.items()}
    for name, score in scores(model.masks).items():
        by = gradient(kind, X.astype(np.float64), Y, before, name)
        expected = np.abs(before[name] * by)
        np.testing.assert_allclose(score, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        *grids.first(
            1,
            [
                ("lstm", "LSTMCell 'lstm.lstm_cell_kernel', LSTMCell"),
                ("gru", "GRUCell 'gru.gru_cell_kernel'"),
                ("conv_lstm", "ConvLSTMCell 'conv_lstm1d.conv_lstm_cell_ke"),
                ("registered", "Own 'own_left', Own 'own_right': gates mult"),
            ],
        )
    ],
)
def test_synflow_is_refused_by_name_before_any_work(kind, named, tmp_path):
    with pytest.raises(ValueError, match=f"^Criterion 'synflow' is .*{named}"):
        find(
            tmp_path / "trial1",
            kind,
            scoring=scoring.Scoring("synflow", score_at="initial"),
        )
    assert not list(tmp_path.rglob("run.json"))
    assert not list(tmp_path.rglob("checkpoint.bin"))


@pytest.mark.slow
def test_synflow_of_a_simple_rnn_is_that_of_its_steps():
    model = masked("simple_rnn")
    weights, masks = model.weights, model.masks
    found = criteria.score_fn("synflow", model)(masks)
    names = [f"simple_rnn.simple_rnn_cell_{n}" for n in ("kernel", "bias")]
    names.insert(1, names[0].replace("kernel", "recurrent_kernel"))
    w, u, b = (np.abs(weights[name].astype(np.float64)) for name in names)

    def flowing(w, u):
        h = np.zeros(3)
        for _ in range(5):
            h = np.ones(3) @ w + h @ u + b
        return (h @ np.abs(weights["dense"])).sum()

    for index in np.ndindex(3, 3):
        move = np.zeros((3, 3))
        move[index] = 1e-6
        for name, ends in (
            (names[0], (flowing(w + move, u), flowing(w - move, u))),
            (names[1], (flowing(w, u + move), flowing(w, u - move))),
        ):
            by = (ends[0] - ends[1]) / 2e-6
            np.testing.assert_allclose(
                found[name][index],
                np.abs(weights[name][index]) * by,
                rtol=1e-4,
            )


class Half:
    """A source whose masks keep every other weight, and are not learned."""

    rescaling = "none"
    has_dropout = True

    def __init__(self, shapes):
        self.masks = [np.arange(np.prod(s)).reshape(s) % 2 for s in shapes]
        self.trained, self.variables = {}, []
        self.iterations = keras.Variable(0, dtype="int32", trainable=False)

    def masked(self, trained, weights, training):
        return [w * m for w, m in zip(weights, self.masks, strict=True)]


@pytest.mark.parametrize(
    ("kind", "jit"),
    grids.first(
        1, [(kind, False) for kind in LAYERS] + [("lstm", True), ("gru", True)]
    ),
)
def test_learned_masks_reach_kernels_inside_of_loops(kind, jit):
    model = keras_model.KerasModel(network(kind), X[:2])
    searched = masked_network.MaskedNetwork(
        model, lambda shapes: Half(list(shapes.values())), "half"
    )
    import tensorflow as tf

    found = tf.function(searched, jit_compile=jit, autograph=False)(X)
    assert np.abs(found - model.network(X)).max() > 1e-3
    half = {
        name: np.arange(mask.size).reshape(mask.shape) % 2
        for name, mask in model.masks.items()
    }
    model.reset(model.weights, half)
    np.testing.assert_allclose(found, model.network(X), atol=1e-6)


@pytest.mark.parametrize(
    "kind",
    grids.thinned([kind for kind in LAYERS if kind != "simple_rnn"], ["lstm"]),
)
def test_paths_through_them_are_not_known(kind):
    model = masked(kind)
    assert flow.effective_masks(model) is None
    assert "is not known to add up what flows in" in flow.obstacle(model)


@pytest.mark.slow
def test_a_registered_kernel_of_keras_own_layer_stops_paths():
    class Scaled(L.PReLU):
        """Of somebody's own."""

    keras_model.register_kernels(Scaled, "alpha")
    inputs = [keras.Input((5, 3)), Scaled(), L.Flatten(), L.Dense(2)]
    model = keras_model.KerasModel(keras.Sequential(inputs))
    assert list(model.masks) == ["scaled", "dense"]
    assert flow.effective_masks(model) is None


@pytest.mark.slow
def test_what_began_without_recurrent_masks_goes_on_so(
    tmp_path, monkeypatch, capsys
):
    kind, usual = "halves", run_record.is_without_recurrent

    def find(directory, kind, **options):
        with keras_private.fresh_names():  # As in a new process.
            return globals()["find"](directory, kind, **options)

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    monkeypatch.setattr(run_record, "is_without_recurrent", lambda *_: True)
    find(whole, kind)
    find(killed, kind, iterations=0)
    monkeypatch.setattr(run_record, "is_without_recurrent", usual)
    before = json.loads((killed / "0/same_init/run.json").read_text())
    assert list(before["density"]) == ["dense"]
    find(killed, kind, quiet=False)
    said = capsys.readouterr().err
    assert "begun when recurrent kernels had no masks" in said
    assert tiny.result_bytes(killed) == tiny.result_bytes(whole)
    with keras_private.fresh_names():
        loaded = find_ticket.load_ticket(network(kind), f"{whole}/2/same_init")
    final = find(whole, kind).get_weights()
    for array, other in zip(loaded.get_weights(), final, strict=True):
        np.testing.assert_array_equal(array, other)


@pytest.mark.slow
def test_a_folder_of_other_registered_kernels_is_refused_by_name(tmp_path):
    class Late(Own):
        """Of which nothing more is registered at first."""

        def build(self, shape):
            super().build(shape)
            self.third = self.add_weight(shape=(3, 3), name="third")

        def call(self, x):
            return super().call(x) @ self.third

    def late():
        keras.utils.set_random_seed(1)
        return keras.Sequential([keras.Input((5, 3)), Late(), L.Dense(2)])

    find(tmp_path, "registered", late(), iterations=0)
    keras_model.register_kernels(Late, "third")
    with pytest.raises(
        ValueError, match="registered_kernels: .* there, .* now"
    ):
        find(tmp_path, "registered", late(), iterations=0)


def test_names_are_the_same_whatever_was_built_before():
    names = []
    for _ in range(2):
        for kind in ("bidirectional", "conv_lstm"):
            names.append(list(keras_model.KerasModel(network(kind)).masks))
    assert names[:2] == names[2:]
    assert names[0][:2] == [
        "bidirectional.forward_gru.gru_cell_kernel",
        "bidirectional.forward_gru.gru_cell_recurrent_kernel",
    ]
    assert names[1][0] == "conv_lstm1d.conv_lstm_cell_kernel"
