"""Tests of networks/flops.py: against counts made by hand."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.networks import flops
from lottery_ticket.models import registry

L = keras.layers


def network(shape, *layers):
    return keras.Sequential([keras.Input(shape), *layers])


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("fc", (784,), 266_200),
        # conv0 and conv1 at 32x32 places, then dense layers.
        (
            "conv2",
            (32, 32, 3),
            (1_728 + 36_864) * 1024 + 4_194_304 + 65_536 + 2_560,
        ),
        # By stage, 1x1 shortcuts among them: the 40.8M of the literature.
        (
            "resnet20",
            (32, 32, 3),
            (432 + 6 * 2_304) * 1024
            + (4_608 + 5 * 9_216 + 512) * 256
            + (18_432 + 5 * 36_864 + 2_048) * 64
            + 640,
        ),
    ],
)
def test_networks_of_the_field(name, shape, expected):
    model = registry.create(name, shape, 10)
    found = flops.multiply_adds(model.network)
    assert sum(found.values()) == expected
    assert set(found) == set(model.masks)


@pytest.mark.parametrize(
    ("shape", "layer", "expected"),
    [
        ((4,), L.Dense(3), [1]),
        ((7, 4), L.Dense(3), [7]),
        ((7, 4), L.EinsumDense("abc,cde->abde", (7, 2, 3)), [7]),
        ((9, 2), L.Conv1D(3, 3, strides=2), [4]),
        ((9, 9, 2), L.Conv2D(3, 3, strides=2, padding="same"), [5 * 5]),
        ((9, 8, 2), L.Conv2D(4, 3, dilation_rate=2, groups=2), [5 * 4]),
        ((4, 5, 6, 1), L.Conv3D(2, 2), [3 * 4 * 5]),
        ((9, 9, 2), L.DepthwiseConv2D(3, depth_multiplier=2), [7 * 7]),
        ((9, 2), L.SeparableConv1D(3, 3, strides=2), [4, 4]),
        ((4, 5, 2), L.Conv2DTranspose(3, 3, strides=2), [4 * 5]),
        ((6,), L.Embedding(10, 4), [0]),
        ((5, 3), L.LSTM(2), [5, 5]),
        ((5, 3), L.GRU(2, return_sequences=True), [5, 5]),
        ((5, 3), L.SimpleRNN(2, unroll=True), [5, 5]),
        ((5, 3), L.RNN([L.LSTMCell(2), L.GRUCell(3)]), [5] * 4),
        ((5, 3), L.Bidirectional(L.LSTM(2)), [5] * 4),
        ((5, 9, 2), L.ConvLSTM1D(3, 3), [5 * 7] * 2),
        ((5, 9, 2), L.ConvLSTM1D(3, 3, return_sequences=True), [5 * 7] * 2),
        ((5, 3), L.TimeDistributed(L.Dense(2)), [5]),
        ((5, 9, 9, 2), L.TimeDistributed(L.Conv2D(2, 3)), [5 * 7 * 7]),
    ],
    ids=lambda each: getattr(each, "name", None),
)
def test_a_weight_is_used_once_a_place(shape, layer, expected):
    assert list(flops.positions(network(shape, layer)).values()) == expected


def test_layers_that_are_called_twice_count_twice():
    inputs = keras.Input((8, 8, 3))
    shared = L.Conv2D(3, 3, padding="same", name="shared")
    inner = network((8, 8, 3), L.Conv2D(2, 3, name="in"))
    x = shared(L.MaxPooling2D()(shared(inputs)))
    x = L.Concatenate()([L.Flatten()(inner(inputs)), L.Flatten()(x)])
    found = flops.positions(keras.Model(inputs, x))
    assert sorted(found.values()) == [36, 64 + 16]


def test_attention_is_counted_by_its_kernels():
    inputs = keras.Input((6, 8))
    x = L.MultiHeadAttention(2, 4)(inputs, inputs)
    found = flops.positions(keras.Model(inputs, x))
    assert list(found.values()) == [6] * 4


def test_inputs_in_a_dict_and_sizes_that_only_the_data_know():
    shapes = {"a": (None, 4), "b": (3,)}
    inputs = {key: keras.Input(each, name=key) for key, each in shapes.items()}
    x = L.GlobalAveragePooling1D()(L.Dense(2, name="over_a")(inputs["a"]))
    made = keras.Model(inputs, L.Dense(2)(L.Concatenate()([x, inputs["b"]])))
    found = flops.positions(made, None, {**shapes, "a": (7, 4)})
    assert list(found.values()) == [7, 1]
    assert flops.positions(made) == {}


class Loop(L.Layer):
    """A dense layer in a loop of its own."""

    def __init__(self):
        super().__init__()
        self.dense = L.Dense(4)

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x):
        return keras.ops.fori_loop(0, 5, lambda i, x: self.dense(x), x)


class OwnDense(L.Dense):
    """A dense layer that computes something else."""

    def call(self, x):
        return super().call(super().call(x))


class OwnModel(keras.Model):
    """A network of somebody's own."""

    def __init__(self):
        super().__init__()
        self.dense = L.Dense(4)

    def call(self, x):
        return self.dense(self.dense(x))


@pytest.mark.parametrize("layer", [Loop(), OwnDense(4)])
def test_what_is_not_known_is_left_out(layer):
    made = network((4,), layer, L.Dense(2, name="last"))
    assert flops.positions(made) == {"last": 1}


def test_networks_of_somebodys_own_are_told_the_shape():
    made = OwnModel()
    made(np.ones((1, 4), np.float32))
    assert flops.positions(made, None, (4,)) == {"dense": 2}


def test_nothing_is_left_behind():
    made = network((4,), L.Dense(3, activity_regularizer="l2"), L.Dropout(0.5))
    before = [dict(vars(layer)) for layer in made.layers]
    x = np.ones((2, 4), np.float32)
    expected = made(x).numpy()
    flops.positions(made)
    assert [dict(vars(layer)) for layer in made.layers] == before
    np.testing.assert_array_equal(made(x), expected)
