"""Tests of models/user_model.py: a function in a file builds the network."""

import hashlib

import numpy as np
import pytest

from lottery_ticket.models import user_model
from lottery_ticket.tests import grids

GOOD = """
import keras

def build():
    return keras.Sequential([keras.layers.Dense(5), keras.layers.Dense(3)])

def sized(num_classes, input_shape):
    return keras.Sequential(
        [keras.Input(input_shape), keras.layers.Dense(num_classes)]
    )

def no_model():
    return 7

class Own(keras.Model):
    pass

def a_class():
    return Own

def a_function():
    return build

def a_layer():
    return keras.layers.Dense(3)

def a_file():
    return "saved.keras"

def of_keras_2():
    Old = type("Old", (), {"__module__": "tf_keras.src.engine.training"})
    return Old()

def fails():
    raise KeyError("inside")

constant = 3
"""
X = np.zeros((2, 4), np.float32)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "networks.py"
    path.write_text(GOOD)
    return str(path)


def test_draws_are_known_by_their_seed(file):
    first, again = (user_model.create(f"{file}:build", X, 3) for _ in range(2))
    assert list(first.masks) == ["dense", "dense_1"]
    weights = [
        model.reset(seed=seed).weights["dense"]
        for model, seed in ((first, 1), (again, 1), (again, 2))
    ]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert (weights[0] != weights[2]).all()


def test_shape_and_classes_are_handed_over_by_name(file):
    model = user_model.create(f"{file}:sized", X, 7)
    assert model.num_outputs == 7 and model.input_shape == (4,)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("missing", "has no function 'missing'"),
        ("constant", "has no function 'constant'"),
        ("no_model", "must return a keras.Model. Received: int"),
        ("a_class", "Received: the class Own. Pass one model that it makes"),
        ("a_function", "Received: the function build. Pass what it returns"),
        ("a_layer", "Received: Dense, a layer. Put it into a keras.Sequential"),
        ("a_file", "Received: str 'saved.keras'. Read a saved model with"),
        ("of_keras_2", r"Received: Old, a model of Keras 2 \(tf_keras\)"),
        ("fails", "failed: KeyError"),
    ],
)
def test_functions_that_build_nothing_are_errors(file, function, message):
    with pytest.raises(ValueError, match=message):
        user_model.create(f"{file}:{function}", X, 3)


def test_a_file_that_cannot_be_run_is_an_error(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("import no_such_module_at_all")
    with pytest.raises(ValueError, match="cannot be run: ModuleNotFound"):
        user_model.create(f"{path}:build", X, 3)


def test_names_of_own_models(file):
    assert user_model.is_own(f"{file}:build") and not user_model.is_own("conv2")
    user_model.check(f"{file}:build")
    with pytest.raises(FileNotFoundError, match="No such file"):
        user_model.check("nowhere.py:build")
    for name in ("file.txt:build", "file.py:", "file.py:a-b"):
        with pytest.raises(ValueError, match="path/to/file.py:function"):
            user_model.check(name)


def test_fingerprints_are_those_of_0_1_0_and_of_all_files(tmp_path):
    path = tmp_path / "a.py"
    prints = []
    for text in ("x = 1", "# Said.\nx  =  1\n", '"""Doc."""\nx = 1', "x = 2"):
        path.write_text(text)
        prints.append(user_model.fingerprints(f"{path}:build"))
    assert prints[0] == prints[1]
    assert prints[0]["model_code"] == hashlib.sha256(b"x = 1").hexdigest()
    assert prints[0]["code"] == prints[2]["code"] != prints[3]["code"]
    assert prints[0]["model_code"] != prints[2]["model_code"]
    path.write_text("x = (")
    with pytest.raises(ValueError, match="cannot be run"):
        user_model.fingerprints(f"{path}:build")


@pytest.mark.slow
def test_the_users_own_random_state_is_left_alone(file):
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    user_model.create(f"{file}:build", X, 3).reset(seed=1)
    assert np.random.random() == expected


HEAD = """
import functools, random, time
import keras
import numpy as np

L = keras.layers

def make(*layers):
    return keras.Sequential([keras.Input((8,)), *layers])

def given(kernel):
    network = make(L.Dense(4))
    network.layers[-1].kernel.assign(kernel)
    return network

"""


def created(tmp_path, text):
    path = tmp_path / "net.py"
    path.write_text(HEAD + text)
    return user_model.create(f"{path}:build", np.zeros((2, 8), np.float32), 4)


@pytest.mark.parametrize(
    ("text", "message"),
    grids.first(
        7,
        [
            ("m = make(L.Dense(4))\ndef build(): return m", "the same network"),
            (
                "@functools.cache\ndef build(): return make(L.Dense(4))",
                "the same network",
            ),
            (
                "m = None\ndef build():\n    global m\n"
                "    m = m or make(L.Dense(4))\n    return m",
                "the same network",
            ),
            (
                "hidden = L.Dense(4, name='h')\n"
                "def build(): return make(hidden, L.Dense(4))",
                "share the variable 'h'",
            ),
            (
                "norm = L.BatchNormalization(scale=False, center=False, "
                "name='n')\n"
                "def build(): return make(norm, L.Dense(4))",
                "share the variable 'n_moving_mean'",
            ),
            (
                "def build(): return given(np.random.default_rng().random((8, "
                "4)))",
                "other values of 'dense' from the same seed",
            ),
            (
                "def build():\n    keras.utils.set_random_seed("
                "time.time_ns() % 2**31)\n    return make(L.Dense(4))",
                "other values of 'dense' from the same seed",
            ),
            (
                "rng = np.random.default_rng(0)\n"
                "def build(): return given(rng.random((8, 4)))",
                "other values of 'dense' from the same seed",
            ),
            (
                "def build(): return given(np.random.default_rng(0)"
                ".random((8, 4)))",
                r"the same weights from two seeds \(dense\)",
            ),
            (
                "def build(): return make(L.Dense(4, kernel_initializer="
                "keras.initializers.HeNormal(seed=3)))",
                "the same weights from two seeds",
            ),
            (
                "shared = keras.initializers.GlorotUniform()\n"
                "def build(): return make(L.Dense(4, "
                "kernel_initializer=shared))",
                "the same weights from two seeds",
            ),
            (
                "def build():\n    keras.utils.set_random_seed(7)\n"
                "    return make(L.Dense(4))",
                "the same weights from two seeds",
            ),
            (
                "n = [0]\ndef build():\n    n[0] += 1\n"
                "    return make(L.Dense(4, name=f'h{n[0]}'))",
                r"another architecture at each call: 'h3' \(8, 4\).* then 'h1'",
            ),
            (
                "n = [4]\ndef build():\n    n[0] += 1\n"
                "    return make(L.Dense(n[0]), L.Dense(4))",
                "another architecture at each call",
            ),
            (
                "n = [0]\ndef build():\n    n[0] += 1\n"
                "    return make(L.Dropout(0.1 * n[0]), L.Dense(4))",
                "set in the layer 'dropout' changes",
            ),
            (
                "n = [0]\ndef build():\n    n[0] += 1\n    return make(L.Dense("
                "4, activation=['relu', 'tanh', 'elu'][n[0] % 3]))",
                "set in the layer 'dense' changes",
            ),
            (
                "n = [0]\ndef build():\n    n[0] += 1\n    k = n[0]\n"
                "    return make(L.Lambda(lambda x: k * x), L.Dense(4))",
                "set in the layers' code changes",
            ),
            ("def build(): raise SystemExit(0)", r"failed: SystemExit\(0\)"),
            (
                "def build(a, num_classes): return make(L.Dense(4))",
                "Received: a function of a",
            ),
        ],
    ),
)
def test_a_function_that_does_not_build_is_an_error(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        created(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    grids.first(
        3,
        [
            "def build(*_, a=1, **__): return make(L.Dense(4))",
            "m = make(L.Dense(4))\ndef build(): return "
            "keras.models.clone_model(m)",
            "norm = L.Normalization(axis=-1)\nnorm.adapt(np.eye(8))\n"
            "def build(): return make(norm, L.Dense(4))",
            "base = L.Dense(4, trainable=False)\n"
            "def build(): return make(base, L.Dense(4))",
            "def build(): return given(np.random.random((8, 4)))",
            "def build(): return make(L.Dense(4, kernel_initializer='ones'))",
            "def build():\n    k = random.random()\n    return "
            "make(L.Dropout(k), "
            "L.Lambda(lambda x: k * x), L.Dense(4))",
            "def build(): return make(L.Dense(8, "
            "kernel_initializer='identity'),"
            " L.Dense(4))",
        ],
    ),
)
def test_a_function_that_builds_is_taken(tmp_path, text, caplog):
    model = created(tmp_path, text)
    assert list(model.draw(1)) == list(model.variables)
    assert not caplog.text


def test_weights_that_no_seed_draws_are_named(tmp_path, caplog):
    text = """
w = np.random.default_rng(5).random((8, 8))

def build():
    network = make(L.Dense(8, name="base"), L.Dense(4, name="head"))
    network.layers[0].kernel.assign(w)
    return network
"""
    model = created(tmp_path, text)
    assert "no seed draws base anew" in caplog.text
    first, other = model.draw(1), model.draw(2)
    np.testing.assert_array_equal(first["base"], other["base"])
    assert (first["head"] != other["head"]).any()


@pytest.mark.slow
def test_automatic_names_are_the_same_in_every_process(tmp_path):
    networks = [
        created(tmp_path, "def build(): return make(L.Dense(4), L.Dense(4))")
        for _ in range(2)
    ]
    for model in networks:
        names = [layer.name for layer in model.network.layers]
        assert names == ["dense", "dense_1"] == list(model.masks)


def test_a_network_may_import_what_lies_beside_its_file(tmp_path):
    (tmp_path / "beside_it.py").write_text(
        "import keras\ndef act(x): return keras.ops.tanh(x)"
    )
    text = """
class Late(L.Layer):
    def call(self, x):
        import beside_it

        return beside_it.act(x)

def build(): return make(L.Dense(4), Late())
"""
    model = created(tmp_path, text)
    assert model.draw(1).keys() == model.weights.keys()
    model.network(np.zeros((2, 8), np.float32))
