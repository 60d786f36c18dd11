"""Tests of networks/kernels.py; conformance_test tries every class."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import keras_model, model_base
from lottery_ticket.foundations.networks import (
    keras_private,
    kernels,
    network_variables,
)

L = keras.layers


class Own(L.Layer):
    """A layer of somebody's own."""

    def build(self, shape):
        self.matrix = self.add_weight(shape=(shape[-1], 3), name="matrix")
        self.offset = self.add_weight(shape=(3,), name="offset")

    def call(self, x):
        return x @ self.matrix + self.offset


def test_kernels_of_trained_layers_are_found_once():
    shared = L.Dense(4)
    frozen = L.Dense(4, trainable=False)
    network = keras.Sequential(
        [keras.Input((4,)), shared, shared, frozen, L.Dense(2)]
    )
    found = kernels.find(network)
    assert [kernel.shape for kernel in found] == [(4, 4), (4, 2)]
    assert found[0] is shared.kernel


def test_what_is_not_masked_is_listed_with_its_reason():
    network = keras.Sequential(
        [
            keras.Input((5, 4)),
            L.PReLU(),
            Own(),
            L.Dense(4, trainable=False),
            L.BatchNormalization(),
            L.Dense(2),
        ]
    )
    left = kernels.not_masked(network, kernels.find(network))
    assert [(each.name, each.shape) for each in left] == [
        ("p_re_lu_alpha", (5, 4)),
        ("own_matrix", (4, 3)),
        ("dense_kernel", (3, 4)),
    ]
    assert left[1].reason == (
        "Own has no kernel that is known here: register_kernels(Own, 'matrix') "
        "masks it"
    )
    assert left[2].reason == "it is not trained"


def test_subclasses_of_known_layers_have_kernels():
    class Scaled(L.Dense):
        """A dense layer with a twist."""

    network = keras.Sequential([keras.Input((4,)), Scaled(2)])
    assert len(kernels.find(network)) == 1


@pytest.mark.slow
def test_quantised_kernels_are_listed_not_masked():
    network = keras.Sequential([keras.Input((4,)), L.Dense(2), L.Dense(2)])
    network.layers[0].quantize("int8")
    network(np.ones((1, 4), np.float32))
    found = kernels.find(network)
    assert [kernel is network.layers[1].kernel for kernel in found] == [True]
    left = kernels.not_masked(network, found)
    assert ["it is not trained"] == [each.reason for each in left]


# Class of layer -> list of (arguments, input shape, fans of each kernel).
CASES = {
    L.Dense: [({"units": 3}, (None, 5), [(5, 3)])],
    L.EinsumDense: [
        # Query and output of attention: 4 heads of size 5.
        (
            {"equation": "abc,cde->abde", "output_shape": (None, 4, 5)},
            (None, 7, 3),
            [(3, 20)],
        ),
        (
            {"equation": "abcd,cde->abe", "output_shape": (None, 6)},
            (None, 7, 4, 5),
            [(20, 6)],
        ),
        (
            {"equation": "...x,xy->...y", "output_shape": 6},
            (None, 7, 3),
            [(3, 6)],
        ),
        # Two kernels, one for each place.
        (
            {"equation": "abc,bcd->abd", "output_shape": (2, 6)},
            (None, 2, 3),
            [(3, 6)],
        ),
    ],
    L.Embedding: [({"input_dim": 11, "output_dim": 4}, (None, 7), [(4, 11)])],
    L.Conv1D: [({"filters": 6, "kernel_size": 3}, (None, 9, 4), [(12, 18)])],
    L.Conv2D: [
        ({"filters": 6, "kernel_size": (3, 5)}, (None, 9, 9, 4), [(60, 90)]),
        (
            {"filters": 6, "kernel_size": (3, 5), "groups": 2},
            (None, 9, 9, 4),
            [(30, 90)],
        ),
    ],
    L.Conv3D: [
        ({"filters": 6, "kernel_size": 3}, (None, 9, 9, 9, 4), [(108, 162)])
    ],
    L.Conv1DTranspose: [
        ({"filters": 6, "kernel_size": 3}, (None, 9, 4), [(18, 12)])
    ],
    L.Conv2DTranspose: [
        ({"filters": 6, "kernel_size": 3}, (None, 9, 9, 4), [(54, 36)])
    ],
    L.Conv3DTranspose: [
        ({"filters": 6, "kernel_size": 3}, (None, 9, 9, 9, 4), [(162, 108)])
    ],
    L.DepthwiseConv1D: [
        ({"kernel_size": 3, "depth_multiplier": 2}, (None, 9, 4), [(3, 24)])
    ],
    L.DepthwiseConv2D: [
        ({"kernel_size": 3}, (None, 9, 9, 4), [(9, 36)]),
        ({"kernel_size": 3, "depth_multiplier": 2}, (None, 9, 9, 4), [(9, 72)]),
        (
            {"kernel_size": 3, "data_format": "channels_first"},
            (None, 4, 9, 9),
            [(9, 36)],
        ),
    ],
    L.SeparableConv1D: [
        (
            {"filters": 6, "kernel_size": 3, "depth_multiplier": 2},
            (None, 9, 4),
            [(3, 24), (8, 6)],
        )
    ],
    L.SeparableConv2D: [
        (
            {"filters": 6, "kernel_size": 3, "depth_multiplier": 2},
            (None, 9, 9, 4),
            [(9, 72), (8, 6)],
        )
    ],
}

CELLS = {
    L.LSTMCell: [({"units": 3}, (None, 5), [(5, 12), (3, 12)])],
    L.GRUCell: [({"units": 3}, (None, 5), [(5, 9), (3, 9)])],
    L.SimpleRNNCell: [({"units": 3}, (None, 5), [(5, 3), (3, 3)])],
    keras_private.ConvLSTMCell: [
        (
            {"rank": 2, "filters": 3, "kernel_size": 2},
            (None, 9, 9, 5),
            [(20, 48), (12, 48)],
        )
    ],
}


@pytest.mark.parametrize("kind", kernels.KERNELS)
def test_fans_of_every_layer_with_a_kernel_are_pytorchs(kind):
    for options, shape, expected in {**CASES, **CELLS}[kind]:
        layer = kind(**options)
        layer.build(shape)
        found = [
            kernels.fans(layer, getattr(layer, attribute))
            for attribute in kernels.KERNELS[kind]
        ]
        assert found == expected


class Model(model_base.ModelBase):
    """Each builder once."""

    def __init__(self):
        """Builds it."""
        super().__init__((4, 4, 3))
        x = self.conv2d_layer("conv", self.inputs, 6, kernel_size=2)
        x = self.norm_layer("norm", self.depthwise_conv2d_layer("depth", x, 3))
        self.set_outputs(self.dense_layer("dense", L.Flatten()(x), 2))


def test_a_model_tells_the_fans_of_what_has_masks():
    model = Model()
    assert model.fans == {"conv": (12, 24), "depth": (9, 54), "dense": (96, 2)}
    assert list(model.fans) == list(model.masks)


def test_a_keras_model_tells_them_too():
    inputs = keras.Input((4,))
    inner = keras.Sequential([L.Dense(5, name="a")], name="inner")
    x = L.Dense(7, trainable=False)(inner(inputs))
    network = keras.Model(inputs, L.Dense(2, name="b")(x))
    model = keras_model.KerasModel(network)
    assert model.fans == {"inner.a": (4, 5), "b": (7, 2)}
    assert set(model.fans) == set(model.masks)


class Two(keras.layers.Dense):
    """A Dense layer with a second kernel."""

    def build(self, input_shape):
        super().build(input_shape)
        self.more = self.add_weight(
            shape=(input_shape[-1], self.units), name="more"
        )


class Alone(keras.layers.Layer):
    """A kernel that nobody knows."""

    def build(self, input_shape):
        self.more = self.add_weight(shape=(input_shape[-1], 2), name="more")


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (
            Two(2),
            "Two has no other kernel that is known here: "
            "register_kernels(Two, 'more') masks it",
        ),
        (
            Alone(),
            "Alone has no kernel that is known here: "
            "register_kernels(Alone, 'more') masks it",
        ),
        (Two(2, trainable=False), "it is not trained"),
    ],
)
def test_a_second_kernel_is_listed_with_the_reason(layer, reason):
    layer.build((None, 3))
    network = keras.Sequential([keras.Input((3,)), layer])
    found = kernels.find(network)
    assert {each.reason for each in kernels.not_masked(network, found)} == {
        reason
    }


def own_layer(**options):
    """A new class, so that what is registered of it is of one test."""

    class Mine(L.Layer):
        def build(self, shape):
            size = shape[-1]
            self.first = self.add_weight(shape=(size, 3), name="first")
            self.second = self.add_weight(shape=(size, 2, 2), name="second")
            self.offset = self.add_weight(shape=(3,), name="offset")
            self.steady = self.add_weight(
                shape=(size, 3), name="steady", trainable=False
            )
            self.count = self.add_weight(
                shape=(2, 2), name="count", dtype="int32", trainable=False
            )
            self.several = [self.first]
            self.nothing = None

        def call(self, x):
            return x @ (self.first + self.steady) + self.offset

    layer = Mine(**options)
    return layer, keras.Sequential([keras.Input((4,)), layer, L.Dense(2)])


def test_registered_kernels_are_found_in_subclasses_too():
    layer, network = own_layer()
    kernels.register_kernels(type(layer), "first", "nothing", "second")

    class Other(type(layer)):
        def build(self, shape):
            super().build(shape)
            self.third = self.add_weight(shape=(3, 3), name="third")

    kernels.register_kernels(Other, "third", "first")
    assert kernels.find(network) == [
        *(layer.first, layer.second),
        network.layers[1].kernel,
    ]
    other = Other(name="other")
    network = keras.Sequential([keras.Input((4,)), other])
    found = kernels.find(network)
    assert list(map(id, found)) == [
        id(each) for each in (other.first, other.second, other.third)
    ]
    assert list(network_variables.named(network, found))[:2] == [
        *("other_first", "other_second"),
    ]
    assert kernels.fans(other, other.second) == (8, 8)
    other.trainable = False
    assert not kernels.find(network)


@pytest.mark.parametrize("wrong", ["frist", "offset", "count"])
def test_what_is_registered_again_replaces_what_was(wrong):
    layer, network = own_layer()
    kernels.register_kernels(type(layer), "first", wrong)
    with pytest.raises(ValueError, match=f"'{wrong}' registered"):
        kernels.find(network)
    kernels.register_kernels(type(layer), "second")
    assert kernels.find(network)[:1] == [layer.second]


@pytest.mark.parametrize(
    ("attribute", "fault"),
    [
        ("frist", "'frist' registered as a kernel, which it has not"),
        ("offset", r"which has the shape \(3,\)"),
        ("count", "which is of int32"),
        ("steady", "which is not trained although the layer is"),
        ("several", "which is no variable but of TrackedList"),
        ("get_config", "which is no variable but of"),
    ],
)
def test_what_is_no_kernel_is_an_error_that_names_those_there_are(
    attribute, fault
):
    layer, network = own_layer()
    kernels.register_kernels(type(layer), attribute)
    with pytest.raises(ValueError, match=f"{fault}.*Mine has first, second$"):
        kernels.find(network)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (
            (L.Dense(2), "kernel"),
            "for a class of keras.Layer. Received: <Dense",
        ),
        ((dict, "kernel"), "for a class of keras.Layer. Received: <class 'd"),
        (("Dense", "kernel"), "for a class of keras.Layer. Received: 'Dense'"),
        ((L.Dense,), "as register_kernels.Dense, 'kernel'.. Received: none"),
        ((L.Dense, "a", "b.c"), "Received: 'b.c'"),
        ((L.Dense, ["kernel"]), r"Received: \['kernel'\]"),
        ((L.Dense, ""), "Received: ''"),
    ],
)
def test_only_names_of_a_class_of_layers_can_be_registered(arguments, fault):
    with pytest.raises(ValueError, match=fault):
        kernels.register_kernels(*arguments)


def test_gates_and_registered_kernels_do_more_than_add_up():
    layer, _ = own_layer()
    kernels.register_kernels(type(layer), "first")
    cells = [L.SimpleRNNCell(2), L.LSTMCell(2), L.GRUCell(2)]
    for each in [*cells, layer]:
        each.build((None, 4)) if each is not layer else None
    assert [kernels.adds_up(cell, cell.kernel) for cell in cells] == [
        *(True, False, False),
    ]
    assert not kernels.adds_up(layer, layer.first)


def test_plain_kernels_multiply_what_the_layer_is_called_with():
    separable, cell = L.SeparableConv1D(3, 2), L.SimpleRNNCell(2)
    embedding = L.Embedding(5, 2)
    plain = [L.Dense(3), L.Conv1D(3, 2), L.DepthwiseConv1D(2)]
    for each in [separable, cell, embedding, *plain]:
        each.build((None, 4, 2))
    assert [kernels.is_plain(each, each.kernel) for each in plain] == [True] * 3
    assert not kernels.is_plain(plain[0], plain[1].kernel)
    assert not kernels.is_plain(separable, separable.pointwise_kernel)
    assert not kernels.is_plain(cell, cell.kernel)
    assert not kernels.is_plain(embedding, embedding.embeddings)


def test_layers_are_repeated_by_those_that_go_step_by_step():
    inner, cell = L.Dense(3), L.LSTMCell(2)
    layers = [L.TimeDistributed(inner), L.RNN(cell), L.Dense(2)]
    network = keras.Sequential([keras.Input((4, 2)), *layers])
    found = kernels.repeated(network)
    assert [id(each) for each in found] == [id(inner), id(cell)]


@pytest.mark.parametrize(
    ("make", "shape", "expected"),
    [
        (lambda: keras.layers.Dense(3), (2,), ((0,), (1,), 1)),
        (lambda: keras.layers.Embedding(5, 3), (2,), ((0,), (1,), 1)),
        (lambda: keras.layers.Conv1D(3, 2), (4, 2), ((0, 1), (2,), 1)),
        (lambda: keras.layers.Conv2D(3, 2), (4, 4, 2), ((0, 1, 2), (3,), 1)),
        (
            lambda: keras.layers.Conv2DTranspose(3, 2),
            (4, 4, 2),
            ((0, 1, 3), (2,), 1),
        ),
        (
            lambda: keras.layers.DepthwiseConv2D(2),
            (4, 4, 2),
            ((0, 1), (2, 3), 1),
        ),
        (
            lambda: keras.layers.EinsumDense("abc,cde->abde", (None, 2, 3)),
            (4, 2),
            ((0,), (1, 2), 1),
        ),
        (
            lambda: keras.layers.EinsumDense("abcd,cde->abe", (None, 3)),
            (4, 2, 5),
            ((0, 1), (2,), 1),
        ),
        (lambda: keras.layers.LSTM(3), (4, 2), ((0,), (1,), 4)),
        (lambda: keras.layers.GRU(3), (4, 2), ((0,), (1,), 3)),
        (lambda: keras.layers.SimpleRNN(3), (4, 2), ((0,), (1,), 1)),
    ],
)
def test_layouts_say_which_axes_are_units(make, shape, expected):
    layer = make()
    layer.build((None, *shape))
    owner = getattr(layer, "cell", layer)
    kernel = kernels.find(keras.Sequential([keras.Input(shape), layer]))[0]
    assert kernels.layout(owner, kernel) == expected


def test_a_separable_convolution_is_depthwise_in_its_first_half():
    layer = keras.layers.SeparableConv2D(3, 2)
    layer.build((None, 4, 4, 2))
    first, second = layer.depthwise_kernel, layer.pointwise_kernel
    assert kernels.is_depthwise(layer, first)
    assert not kernels.is_depthwise(layer, second)
    assert kernels.layout(layer, first).outputs == (2, 3)
    assert kernels.layout(layer, second).outputs == (3,)
