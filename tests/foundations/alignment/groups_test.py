"""Tests of alignment/groups.py: the network stays what it is, or is refused."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.alignment import groups, permutations
from lottery_ticket.models import registry

L = keras.layers
IMAGE = (8, 8, 3)


def named(name, shape=IMAGE, **options):
    return registry.create(name, shape, 10, **options)


def wrapped(make, shape=IMAGE):
    """A network whose layers `make` puts between an input and two logits."""
    x = keras.Input(shape)
    return keras_model.KerasModel(keras.Model(x, L.Dense(2)(make(x))))


def shaken(model):
    """All of its variables, none of them at what it begins with."""
    rng = np.random.default_rng(0)
    return {
        name: rng.uniform(0.5, 1.5, value.shape).astype(np.float32)
        if value.ndim == 1
        else value
        for name, value in model.draw(3).items()
    }


def outputs(model, network):
    model.reset(network)
    shape = (5, *model.network.inputs[0].shape[1:])
    x = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    return np.asarray(model.network(x, training=False))


def check_free(model, found):
    """Every unit of each group moves, and the outputs stay."""
    network = shaken(model)
    before = outputs(model, network)
    for group in found.every:
        order = {group.name: np.roll(np.arange(group.size), 1)}
        moved = permutations.applied(found, order, network)
        after = outputs(model, moved)
        np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-5)
        assert any(
            not np.array_equal(moved[name], network[name]) for name in network
        )


def depthwise(x):
    x = L.Conv2D(4, 3, activation="relu")(x)
    x = L.DepthwiseConv2D(3, depth_multiplier=2)(x)
    return L.Flatten()(L.PReLU()(x))


def separable(x):
    x = L.SeparableConv2D(4, 3, depth_multiplier=2, activation="tanh")(x)
    x = L.PReLU(shared_axes=(1, 2))(x)
    x = L.SeparableConv2D(5, 3, depth_multiplier=2)(x)
    return L.GlobalMaxPooling2D()(L.UpSampling2D(2)(x))


def transposed(x):
    x = L.Conv2DTranspose(4, 3, strides=2, activation="gelu")(x)
    return L.Flatten()(L.Conv2DTranspose(3, 3)(x))


def joined(x):
    y, z = L.Conv2D(4, 1)(x), L.Conv2D(3, 1)(x)
    x = L.BatchNormalization()(L.Concatenate()([y, z, y]))
    return L.GlobalAveragePooling2D()(L.ReLU()(x))


def in_rows(x):
    y, z = L.Dense(4, activation="relu")(x), L.Dense(4)(x)
    return L.Flatten()(L.Concatenate(axis=1)([y, z]))


def reshaped(x):
    x = L.Dense(12, activation="relu")(L.Flatten()(x))
    return L.Flatten()(L.Dense(3)(L.Reshape((4, 3))(x)))


def shared(x):
    layer = L.Dense(6, activation="relu")
    return L.Flatten()(layer(layer(L.Dense(6)(x))))


def padded(x):
    y = L.Conv2D(2, 1, activation="relu")(x)
    skip = L.ZeroPadding2D(((0, 0), (2, 2)), data_format="channels_first")(y)
    y = L.ReLU()(L.Add()([L.Conv2D(6, 1)(y), skip]))
    return L.GlobalAveragePooling2D()(y)


def nested(x):
    inner = keras.Sequential([L.Conv2D(4, 3), L.ReLU()], name="inner")
    return L.Flatten()(L.MaxPooling2D(2)(inner(x)))


@pytest.mark.parametrize(
    ("make", "sizes"),
    [
        (depthwise, [4]),
        (separable, [4, 5]),
        (transposed, [4, 3]),
        (joined, [4, 3]),
        (in_rows, [4]),
        (reshaped, [3, 3]),
        (shared, [6]),
        (padded, [2, 2, 2]),
        (nested, [4]),
    ],
)
def test_units_of_a_group_can_take_each_others_places(make, sizes):
    model = wrapped(make)
    found = groups.of(model)
    assert list(found.sizes.values()) == sizes
    check_free(model, found)


def test_a_dense_network():
    model = named("fc", hidden_units=(7, 5))
    found = groups.of(model)
    assert found.sizes == {"layer0": 7, "layer1": 5}
    first = found.every[0]
    assert [(each.name, each.axis) for each in first.axes] == [
        ("layer0", -1),
        ("layer0_bias", -1),
        ("layer1", -2),
    ]
    check_free(model, found)


def test_rows_behind_a_flattening_move_at_every_pixel():
    model = named("conv2", width=1 / 16)
    found = groups.of(model)
    assert found.sizes == {"conv0": 4, "conv1": 4, "dense0": 16, "dense1": 16}
    rows = next(a for a in found.every[1].axes if a.name == "dense0")
    places = np.arange(4 * 4 * 4).reshape(16, 4).T
    np.testing.assert_array_equal(rows.places, places)
    check_free(model, found)


def test_a_residual_stream_is_one_group():
    model = named("resnet20", width=1 / 4)
    found = groups.of(model)
    streams = {
        group.name: {axis.name for axis in group.axes}
        for group in found.every
        if len(group.axes) > 10
    }
    assert list(streams) == [
        "conv0",
        "stage1_block0_shortcut",
        "stage2_block0_shortcut",
    ]
    kernels = {n for n in streams["conv0"] if n in model.masks}
    assert kernels == {
        "conv0",
        *(f"stage0_block{i}_conv{j}" for i in range(3) for j in range(2)),
        *("stage1_block0_conv0", "stage1_block0_shortcut"),
    }
    assert {"stage2_block2_norm1_moving_variance", "logits"} <= streams[
        "stage2_block0_shortcut"
    ]
    assert len(found.sizes) == 3 + 9
    # Told by what its last block gives, behind the ReLU.
    call = next(
        each
        for each in found.graph.calls
        if each.outputs == (found.every[0].tensor,)
    )
    assert isinstance(call.operation, L.ReLU)
    readers = [c for c in found.graph.calls if call.outputs[0] in c.inputs]
    assert "stage1_block0_shortcut" in [each.path for each in readers]
    check_free(model, found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("resnet20", {"width": 0.25, "shortcut": "pad"}),
        ("vgg11", {}),
        ("mobilenet_v2", {}),
        ("wide_resnet28", {"width": 1}),
    ],
)
def test_networks_by_name(name, options):
    model = named(name, (32, 32, 3), **options)
    check_free(model, groups.of(model))


def of_words():
    x = keras.Input((6,), dtype="int32")
    y = L.Dense(4, activation="relu")(L.Embedding(9, 5)(x))
    y = L.GlobalAveragePooling1D()(y)
    return keras_model.KerasModel(
        keras.Model(x, L.Dense(2)(y)), np.zeros((2, 6), np.int32)
    )


def test_an_embeddings_entries_move_and_its_words_do_not():
    found = groups.of(of_words())
    assert list(found.sizes.values()) == [5, 4]
    axes = [axis.axis for axis in found.every[0].axes]
    assert axes == [-1, -2]


def test_what_is_behind_the_last_weights_needs_not_be_known():
    x = keras.Input((3,))
    y = L.Dense(2)(L.Dense(4, activation="relu")(x))
    network = keras.Model(x, L.Softmax()(y))
    assert list(groups.of(keras_model.KerasModel(network)).sizes.values()) == [
        4
    ]


def test_what_comes_before_the_first_weights_needs_not_be_known():
    def make(x):
        return L.Dense(4)(L.Flatten()(L.Normalization(mean=0, variance=1)(x)))

    assert list(groups.of(wrapped(make)).sizes.values()) == [4]


def attention(x):
    x = L.Dense(4, name="before")(x)
    return L.Flatten()(L.MultiHeadAttention(2, 2, name="heads")(x, x))


def recurrent(x):
    return L.LSTM(4, name="steps")(L.Reshape((8, 24))(x))


def grouped(x):
    return L.Flatten()(L.Conv2D(4, 3, groups=2, name="two")(L.Conv2D(4, 3)(x)))


def normed_by_place(x):
    x = L.Conv2D(4, 3)(x)
    return L.Flatten()(L.BatchNormalization(axis=1, name="rows")(x))


def layer_normed(x):
    x = L.Conv2D(4, 3)(x)
    return L.Flatten()(L.LayerNormalization(axis=(1, 2), name="maps")(x))


def softmax(x):
    return L.Softmax(name="shares")(L.Dense(4)(L.Flatten()(x)))


def dense_softmax(x):
    return L.Dense(4, activation="softmax", name="gate")(L.Flatten()(x))


def turned(x):
    return L.Flatten()(L.Permute((3, 1, 2), name="turn")(L.Conv2D(4, 3)(x)))


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (attention, "MultiHeadAttention 'heads'"),
        (recurrent, "LSTM 'steps'"),
        (grouped, "Conv2D 'two'"),
        (normed_by_place, "BatchNormalization 'rows'"),
        (layer_normed, "LayerNormalization 'maps'"),
        (softmax, "Softmax 'shares'"),
        (dense_softmax, "Dense 'gate'"),
        (turned, "Permute 'turn'"),
    ],
)
def test_layers_that_cannot_be_proven_are_refused_by_name(make, name):
    with pytest.raises(ValueError, match=f"Received: {name}, which"):
        groups.of(wrapped(make))


def test_a_network_with_a_call_of_its_own_is_refused():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = L.Dense(4)
            self.last = L.Dense(2)

        def call(self, x):
            return self.last(self.inner(x))

    network = Own()
    network(np.zeros((1, 3), np.float32))
    model = keras_model.KerasModel(network, np.zeros((1, 3), np.float32))
    with pytest.raises(ValueError, match="to be aligned. Received: Own"):
        groups.of(model)


def test_a_network_without_hidden_units_is_refused():
    with pytest.raises(ValueError, match="which has none"):
        groups.of(wrapped(L.Flatten()))
