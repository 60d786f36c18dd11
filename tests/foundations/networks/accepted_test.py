"""Tests of foundations/networks/accepted.py: each refusal says why."""

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.networks import accepted

L = keras.layers
X = np.random.default_rng(0).random((4, 8), np.float32)


class WithTime(keras.Model):
    """Its call wants a second argument."""

    def __init__(self):
        super().__init__()
        self.dense = L.Dense(2)

    def call(self, x, time, training=None, mask=None):
        return self.dense(x)


class Images(keras.Model):
    """Takes images, which nothing but its layers know."""

    def __init__(self):
        super().__init__()
        self.conv = L.Conv2D(2, 3)

    def call(self, x, scale=1.0):
        return self.conv(x)


class Printing(keras.Model):
    """Puts what it is given into its error."""

    def __init__(self):
        super().__init__(name="printing")

    def call(self, x):
        raise ValueError(f"I do not like {x.numpy()} nor {x.numpy()[0]}")


def joined(count, merged=2):
    inputs = [keras.Input((8,)) for _ in range(count)]
    return keras.Model(inputs, L.Dense(merged)(L.Concatenate()(inputs)))


def sequential(*layers, shape=(8,)):
    return keras.Sequential([keras.Input(shape), *layers, L.Dense(2)])


def stranger(module, kind=object):
    return type("Sequential", (kind,), {"__module__": module})()


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (7, "Received: int$"),
        (None, "Received: NoneType$"),
        (stranger("tf_keras.src.models"), r"a model of Keras 2 \(tf_keras\)"),
        (stranger("tensorflow.python.keras.engine"), "a model of Keras 2"),
        (
            stranger("mine", type(stranger("tf_keras.src.models.model"))),
            "a model of Keras 2",
        ),
        (stranger("torch.nn.modules.container"), "a module of PyTorch"),
        (stranger("torchlike"), "Received: Sequential$"),
        (L.Dense(2), "Dense, a layer. Put it into a keras.Sequential"),
        (keras.Sequential, "the class Sequential. Pass one model"),
        (sequential, "the function sequential. Pass what it returns"),
        ("a.keras", "str 'a.keras'. Read a saved model with keras.models"),
        (pathlib.Path("b"), "Path 'b'. Read a saved model"),
        ([sequential()], "Received: list$"),
    ],
)
def test_what_is_no_keras_model_is_named(network, message):
    with pytest.raises(ValueError, match=f"must be a keras.Model. .*{message}"):
        accepted.check(network)


def test_a_network_that_was_not_begun_is_an_error():
    class Own(keras.Model):
        def __init__(self):
            pass

    with pytest.raises(ValueError, match=r"Own is no whole .*super\(\)"):
        accepted.check(Own())


def test_variables_that_no_file_holds_are_an_error():
    accepted.check(sequential())
    network = keras.Sequential(
        [keras.Input((8,)), L.Dense(2, dtype="bfloat16")]
    )
    with pytest.raises(ValueError, match="kernel' must not be bfloat16"):
        accepted.check(network)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: joined(2), "it takes 2 arrays, or a dict of 'keras_tensor"),
        (lambda: joined(3), "it takes 3 arrays"),
        (WithTime, r"call\(\) needs time; here, all inputs are its first"),
        (
            lambda: sequential(L.Flatten(), shape=(4, 2, 1)),
            r"examples of shape \(8,\): it takes examples of shape \(4, 2, 1\)",
        ),
        (lambda: sequential(shape=(7,)), r"it takes examples of shape \(7,\)"),
        (
            lambda: sequential(L.Conv1D(2, 3), shape=(None, 3)),
            r"it takes examples of shape \(None, 3\)",
        ),
        (Images, "expected min_ndim=4, found ndim=2."),
    ],
)
def test_examples_that_do_not_fit_are_an_error_without_pixels(make, message):
    with pytest.raises(ValueError, match=message) as error:
        accepted.outputs(make(), X)
    assert "\x1b" not in str(error.value) and "0." not in str(error.value)


def two(kind):
    left, right = (
        keras.Input((8,), name="left"),
        keras.Input((3,), name="right"),
    )
    inputs = {"list": [left, right], "dict": {"left": left, "right": right}}[
        kind
    ]
    return keras.Model(inputs, L.Dense(2)(L.Concatenate()([left, right])))


@pytest.mark.parametrize(
    ("kind", "inputs", "message"),
    [
        ("list", (X, X[:, :3]), ""),
        ("list", {"right": X[:, :3], "left": X}, ""),
        ("dict", {"right": X[:, :3], "left": X}, ""),
        ("list", (X, X, X), "it takes 2 arrays, or a dict of 'left', 'right'"),
        ("list", {"left": X, "rihgt": X}, "'rihgt'.*a dict of 'left', 'right'"),
        ("list", (X[:, :3], X), r"takes examples of input '0' of shape \(8,\)"),
        ("list", {"left": X, "right": X}, r"of input 'right' of shape \(3,\)"),
        ("dict", {"left": X}, "it takes a dict of 'left', 'right'"),
        ("dict", (X, X[:, :3]), "it takes a dict of 'left', 'right'"),
        ("dict", {"left": X, "right": X, "s": X}, "it takes a dict of"),
    ],
)
def test_inputs_have_the_names_and_shapes_of_the_networks(
    kind, inputs, message
):
    network = two(kind)
    if not message:
        assert accepted.outputs(network, inputs).shape == (4, 2)
        return
    with pytest.raises(ValueError, match=f"does not accept .*{message}"):
        accepted.outputs(network, inputs)


def test_one_input_is_no_tuple():
    with pytest.raises(
        ValueError, match="takes one array, or a dict of 'keras"
    ):
        accepted.outputs(sequential(), (X,))
    network = sequential()
    name = network.inputs[0].name
    assert accepted.outputs(sequential(), X).shape == (4, 2)
    assert accepted._fault_of_structure(network, {name: X}) is None


@pytest.mark.parametrize("name", ["my layer", "schön", "w[0]", "a:0", "_a"])
def test_names_that_tensorflow_does_not_compile_are_an_error(name):
    network = keras.Sequential([keras.Input((8,)), L.Dense(2)], name=name)
    with pytest.raises(ValueError, match="network's name .*Rename it"):
        accepted.outputs(network, X)
    layer = L.Dense(2, name=name)
    for each in (layer, keras.Sequential([layer])):
        if name != "_a":
            with pytest.raises(ValueError, match="layer's name .*Rename it"):
                accepted.outputs(sequential(each), X)


def test_an_error_of_a_layer_has_no_pixels():
    network = Printing()
    with pytest.raises(ValueError) as error:
        accepted.outputs(network, tf.constant(np.tile(X, (1, 3))))
    assert str(error.value) == (
        "The network 'printing' does not accept examples of shape (24,): I do "
        "not like [...] nor [...]"
    )


@pytest.mark.parametrize(
    ("outputs", "received"),
    [
        (lambda x: [L.Dense(2)(x), L.Dense(2)(x)], "list"),
        (lambda x: {"a": L.Dense(2)(x)}, "dict"),
        (lambda x: L.Reshape((2, 4))(L.Dense(8)(x)), r"\(4, 2, 4\)"),
    ],
)
def test_other_outputs_than_one_vector_are_an_error(outputs, received):
    inputs = keras.Input((8,))
    network = keras.Model(inputs, outputs(inputs))
    given = accepted.outputs(network, X)
    with pytest.raises(ValueError, match=f"one output, .*{received}.*task="):
        accepted.check_one_vector(network, given)


def test_outputs_are_those_of_the_network():
    network = sequential()
    np.testing.assert_array_equal(accepted.outputs(network, X), network(X))


def frozen():
    network = sequential(L.Dense(3))
    network.trainable = False
    return network


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (frozen, r"its 2 kernels are not trained \(trainable=False\)"),
        (
            lambda: keras.Sequential(
                [keras.Input((8,)), L.Dense(2, trainable=False)]
            ),
            "its 1 kernels are not trained",
        ),
        (
            lambda: keras.Sequential([keras.Input((8,)), L.ReLU()]),
            "no layer is one of Dense, EinsumDense",
        ),
    ],
)
def test_a_network_without_a_kernel_to_prune_is_an_error(make, message):
    with pytest.raises(ValueError, match=f"no kernel to prune: {message}"):
        accepted.trained_kernels(make())


def test_kernels_that_are_trained_are_found():
    network = sequential(L.Dense(3, trainable=False))
    assert accepted.trained_kernels(network) == [network.layers[-1].kernel]
