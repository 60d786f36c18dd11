"""Tests of networks/tracing.py: other networks, nothing left behind."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.networks import flow, tracing

L = keras.layers


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_precision_does_not_count(policy):
    effective = []
    for dtype in (policy, "float32"):
        inputs = keras.Input((6, 6, 2))
        x = L.Conv2D(64, 3, padding="same", dtype=dtype)(inputs)
        inner = keras.Sequential([L.Dense(64, dtype=dtype), L.ReLU(6)])
        x = L.Dense(2, dtype=dtype)(L.GlobalAveragePooling2D()(inner(x)))
        model = keras_model.KerasModel(keras.Model(inputs, x))
        rng = np.random.default_rng(0)
        masks = {
            name: (rng.random(mask.shape) < 0.1).astype(np.uint8)
            for name, mask in model.masks.items()
        }
        effective.append(list(flow.effective_masks(model, masks).values()))
    for mask, expected in zip(*effective, strict=True):
        np.testing.assert_array_equal(mask, expected)
    assert 0 < mask.sum() < mask.size


def test_without_dropout_nothing_is_random_and_all_is_as_before_after():
    network = keras.Sequential(
        [
            keras.Input((4, 3)),
            L.LSTM(
                5, dropout=0.4, recurrent_dropout=0.3, return_sequences=True
            ),
            L.Bidirectional(L.GRU(2, dropout=0.5, return_sequences=True)),
            L.SpatialDropout1D(0.3),
            keras.Sequential([L.Dense(4), L.Dropout(0.5), L.GaussianNoise(1)]),
            L.Flatten(),
        ]
    )
    x = np.random.default_rng(1).normal(size=(6, 4, 3)).astype(np.float32)
    calm = network(x, training=False)
    with tracing.without_dropout(network):
        np.testing.assert_allclose(network(x, training=True), calm, atol=1e-6)
    assert np.abs(network(x, training=True) - calm).max() > 0.1


def test_outputs_of_all_relus_are_recorded_in_their_order():
    inner = keras.Sequential([L.Dense(3, activation="relu"), L.Dense(2)])
    layers = [inner, L.ReLU(), L.Dense(4), L.Activation("relu"), L.Dense(2)]
    network = keras.Sequential([keras.Input((5,)), *layers])
    x = np.random.default_rng(1).normal(size=(6, 5)).astype(np.float32)
    with tracing.recorded_relus(network) as found:
        outputs = network(x)
    assert [each.shape[1] for each in found] == [3, 2, 4]
    assert all((each.numpy() >= 0).all() for each in found)
    np.testing.assert_allclose(layers[-1](found[-1]), outputs, atol=1e-6)
    network(x)
    assert len(found) == 3
    assert tracing.has_relus(network)
    assert not tracing.has_relus(keras.Sequential([L.Dense(2, "tanh")]))


def test_squared_inputs_are_those_of_each_call():
    layer = L.Dense(2, activation="relu")
    network = keras.Sequential([keras.Input((2,)), layer, layer])
    layer.kernel.assign(np.eye(2))
    x = np.array([[3.0, -1], [0, 2]], np.float32)
    before = network(x)
    with tf.GradientTape() as tape, tracing.squared_inputs([layer]) as found:
        np.testing.assert_array_equal(network(x), before)
        total = tf.reduce_sum(found)
    squares = tape.gradient(total, layer.kernel.value)
    np.testing.assert_array_equal(squares, [[18, 18], [5 + 4, 5 + 4]])
    network(x)
    assert len(found) == 2 and layer.activation is keras.activations.relu


class Own(keras.Model):
    """A network of somebody's own."""

    def __init__(self):
        super().__init__()
        self.dense = L.Dense(2)

    def call(self, x):
        return self.dense(x) - self.dense(x)


class OwnCall(keras.Sequential):
    """A row of layers, with a call of somebody's own."""

    def call(self, x, training=None, mask=None):
        return self.layers[0](x) * 0


def own():
    network = Own()
    network(np.ones((1, 3)))
    return network


def dense(*layers):
    return keras.Sequential([keras.Input((4, 4)), *layers, L.Dense(2)])


def patched():
    network = dense(keras.Sequential([L.Dense(4)], name="inner"))
    network.layers[0].call = lambda x, **options: -x
    return network


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (own, "^Own 'own.*' has a call of its own"),
        (
            lambda: OwnCall([keras.Input((3,)), L.Dense(2)]),
            "^OwnCall 'own_call.*' has a call of its own",
        ),
        (
            lambda: dense(keras.Sequential([L.Dense(4), L.GRU(2)])),
            "^GRU 'gru.*' is not known",
        ),
        (patched, "^Sequential 'inner' has a call of its own"),
    ],
)
def test_networks_that_may_compute_anything_are_named(build, reason):
    assert re.search(reason, tracing.path_obstacle(build()))


class Functional(keras.Model):
    """A network of somebody's own that calls its layers one by one."""

    def __init__(self):
        x = keras.Input((3,))
        super().__init__(x, L.Dense(2)(x))


def test_subclasses_that_compute_nothing_else_are_known():
    assert tracing.path_obstacle(Functional()) is None


def test_layers_compute_as_before_afterwards():
    activation = L.LeakyReLU(0.1)
    network = dense(
        L.Dense(3, activation=activation), L.Dropout(0.5), L.Dense(3, "tanh")
    )
    before = [dict(vars(layer)) for layer in network.layers]
    x = np.random.default_rng(0).normal(size=(2, 4, 4))
    outputs = network(x).numpy()
    with pytest.raises(KeyError), tracing.as_paths(network):
        assert network(x).numpy().max() <= 1
        raise KeyError
    assert [dict(vars(layer)) for layer in network.layers] == before
    np.testing.assert_array_equal(network(x).numpy(), outputs)


ONES = np.ones((1, 4), np.float32)


def build(middle, last=None):
    """Two dense layers without biases, something between them."""
    keras.utils.set_random_seed(1)  # The hidden values have both signs.
    inputs = keras.Input((4,))
    x = keras.layers.Dense(5, use_bias=False)(inputs)
    x = middle(x)
    outputs = keras.layers.Dense(3, activation=last, use_bias=False)(x)
    return keras.Model(inputs, outputs)


def product(network):
    first, second = (each.numpy() for each in network.trainable_variables[:2])
    return ONES @ first @ second


@pytest.mark.parametrize(
    "middle",
    [
        keras.layers.ReLU(max_value=0.1),
        keras.layers.LeakyReLU(0.5),
        keras.layers.ELU(),
        keras.layers.Activation("tanh"),
        keras.layers.Activation("relu6"),
        keras.ops.sigmoid,
        keras.ops.relu6,
        lambda x: keras.ops.silu(keras.ops.gelu(x)),
    ],
)
def test_activations_are_left_out_and_come_back(middle):
    network = build(middle)
    before = network(ONES).numpy()
    with tracing.without_activations(network):
        linear = tf.function(network, autograph=False)(ONES).numpy()
    np.testing.assert_allclose(linear, product(network), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(network(ONES).numpy(), before)
    assert np.abs(before - linear).max() > 1e-4


def test_attributes_of_layers_too_and_nested_ones():
    inner = build(keras.layers.Identity(), last="tanh")
    outer = keras.Sequential([keras.Input((4,)), inner])
    before = outer(ONES).numpy()
    with tracing.without_activations(outer):
        linear = tf.function(outer, autograph=False)(ONES).numpy()
    np.testing.assert_allclose(linear, product(inner), rtol=1e-5)
    np.testing.assert_array_equal(outer(ONES).numpy(), before)


@pytest.mark.parametrize("last", ["softmax", lambda x: 2 * x])
def test_softmax_and_what_is_not_known_stay(last):
    network = build(keras.layers.Identity(), last=last)
    before = network(ONES).numpy()
    with tracing.without_activations(network):
        np.testing.assert_allclose(network(ONES), before, rtol=1e-6)


def test_activations_are_given_back_after_an_error():
    network = build(keras.layers.ReLU(max_value=0.1))
    before = network(ONES).numpy()
    with pytest.raises(RuntimeError, match="mine"):
        with tracing.without_activations(network):
            raise RuntimeError("mine")
    np.testing.assert_array_equal(network(ONES).numpy(), before)


def normed(dtype=None):
    """Nested, with batch normalisation."""
    inner = [L.Dense(3, dtype=dtype), L.BatchNormalization(dtype=dtype)]
    inner = keras.Sequential([keras.Input((4,)), *inner])
    return keras.Sequential([keras.Input((4,)), inner, L.Dense(2, dtype=dtype)])


def policies(built):
    return [layer.dtype_policy for layer in built._flatten_layers()]


def gradient(built, dtype, factor=1.0):
    """Outputs and gradient by the first kernel, this times a factor."""
    kernel = built.trainable_variables[0]
    value = factor * tf.cast(kernel.value, dtype)
    x = tf.cast([[0.125, -0.25, 0.5, 1.5]], dtype)

    @tf.function(autograph=False)
    def traced(value):
        with tf.GradientTape() as tape:
            tape.watch(value)
            y = tracing.outputs(built, [kernel], [value], x)
        return y, tape.gradient(y, value)

    with tracing.in_precision(built, dtype):
        return traced(value)


def twin(built, dtype, factor):
    """The same in numpy, for moving statistics as they were built."""
    values = [np.asarray(each, dtype) for each in built.trainable_variables]
    first, _, _, _, last, _ = values
    scale = 1 / np.sqrt(1 + 1e-3)
    x = np.array([[0.125, -0.25, 0.5, 1.5]], dtype)
    y = x @ (factor * first) * scale @ last
    return y, x.T * scale @ last.sum(1)[None]


def test_outputs_are_float64_and_of_the_values_given():
    built = normed()
    before = [np.array(each) for each in built.variables]
    result = gradient(built, "float64", factor=3.0)
    for actual, exact in zip(result, twin(built, "f8", 3.0), strict=True):
        assert actual.dtype == tf.float64
        np.testing.assert_allclose(actual, exact, rtol=1e-12)
    for variable, value in zip(built.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)
        assert variable.dtype == "float32"


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_can_be_traced_in_float32(dtype):
    built = normed(dtype)
    result = gradient(built, "float32")
    for actual, exact in zip(result, twin(built, "f8", 1.0), strict=True):
        assert actual.dtype == tf.float32
        np.testing.assert_allclose(actual, exact, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [None, "mixed_bfloat16"])
def test_afterwards_all_is_as_before(dtype):
    built = normed(dtype)
    before = policies(built)
    with pytest.raises(RuntimeError, match="inside"):
        with tracing.in_precision(built):
            assert {each.name for each in policies(built)} == {"float64"}
            raise RuntimeError("inside")
    assert policies(built) == before


def test_layers_of_integers_stay_as_they_are():
    layers = [keras.Input((2,), dtype="int32"), L.Embedding(3, 2), L.Flatten()]
    lookup = L.Discretization([0.5], dtype="int32")
    built = keras.Sequential([*layers, lookup])
    with tracing.in_precision(built):
        assert lookup.compute_dtype == "int32"
        assert built.layers[0].compute_dtype == "float64"


def test_recurrent_layers_are_traced_without_their_fused_form():
    layer = L.LSTM(2)
    network = keras.Sequential([keras.Input((3, 2)), layer])
    x = np.ones((1, 3, 2), np.float32)
    expected = network(x)
    layer.use_cudnn = True  # An error on a CPU.
    with pytest.raises(ValueError, match="cuDNN"):
        network(x)
    np.testing.assert_array_equal(tracing.outputs(network, [], [], x), expected)
    assert layer.use_cudnn is True
