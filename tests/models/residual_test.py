"""Tests of models/residual.py: its pieces compared with plain numpy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import model_base
from lottery_ticket.models import residual


class Model(model_base.ModelBase):
    """A single piece, made by a function of Pieces and the inputs."""

    def __init__(self, input_shape, piece, **settings):
        """Builds it."""
        super().__init__(input_shape)
        pieces = residual.Pieces(self, **settings)
        self.set_outputs(keras.layers.Identity()(piece(pieces, self.inputs)))


def images(height, width, channels, batch=2):
    rng = np.random.default_rng(3)
    return rng.normal(size=(batch, height, width, channels)).astype(np.float32)


def convolve(x, kernel, strides, pad):
    """Convolution with zeros on every side, pixel by pixel."""
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    size = len(kernel)
    rows = range(0, x.shape[1] - size + 1, strides)
    columns = range(0, x.shape[2] - size + 1, strides)
    return np.stack(
        [
            np.stack(
                [
                    np.tensordot(x[:, i : i + size, j : j + size], kernel, 3)
                    for j in columns
                ],
                1,
            )
            for i in rows
        ],
        1,
    )


@pytest.mark.parametrize("size", [4, 5, 8])
@pytest.mark.parametrize(
    ("kernel_size", "strides", "pad"),
    [(3, 1, 1), (3, 2, 1), (7, 2, 3), (1, 1, 0), (1, 2, 0)],
)
def test_convolutions_pad_every_side(size, kernel_size, strides, pad):
    model = Model(
        (size, size + 1, 2),
        lambda pieces, x: pieces.conv("conv0", x, 3, kernel_size, strides),
    )
    assert list(model.weights) == ["conv0"]
    x = images(size, size + 1, 2)
    expected = convolve(x, model.weights["conv0"], strides, pad)
    np.testing.assert_allclose(model.network(x), expected, atol=1e-5)


def test_same_padding_of_keras_would_differ():
    model = Model((4, 4, 2), lambda pieces, x: pieces.conv("a", x, 3, 3, 2))
    x, kernel = images(4, 4, 2), model.weights["a"]
    same = tf.nn.conv2d(x, kernel, 2, "SAME")
    assert same.shape == model.network(x).shape
    assert not np.allclose(model.network(x), same, atol=1e-3)


@pytest.mark.parametrize("size", [1, 4, 5])
@pytest.mark.parametrize(("channels", "filters"), [(2, 4), (3, 4), (4, 9)])
def test_padded_shortcut(size, channels, filters):
    model = Model(
        (size, size, channels),
        lambda pieces, x: pieces.pad("block", x, filters, 2),
    )
    assert not model.weights
    x = images(size, size, channels)
    new = filters - channels
    sides = (0, 0), (0, 0), (0, 0), (new // 2, new - new // 2)
    expected = np.pad(x[:, ::2, ::2], sides)
    np.testing.assert_array_equal(model.network(x), expected)


def test_padded_shortcut_of_the_same_shape_is_the_input():
    model = Model((4, 4, 2), lambda pieces, x: pieces.pad("block", x, 2, 1))
    assert len(model.network.layers) == 2  # Input and identity.


@pytest.mark.parametrize("jit", [False, True])
def test_gradient_of_the_padded_shortcut(jit):
    model = Model((4, 4, 2), lambda pieces, x: pieces.pad("block", x, 4, 2))

    @tf.function(jit_compile=jit)
    def gradient(x, upstream):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(model.network(x) * upstream)
        return tape.gradient(loss, x)

    x, upstream = images(4, 4, 2), images(2, 2, 4)
    expected = np.zeros_like(x)
    expected[:, ::2, ::2] = upstream[..., 1:3]
    actual = gradient(tf.constant(x), tf.constant(upstream))
    np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("name", ["projection", "unmasked_projection"])
@pytest.mark.parametrize(
    ("filters", "strides"), [(2, 1), (2, 2), (4, 1), (4, 2)]
)
def test_projections(name, filters, strides):
    model = Model(
        (4, 4, 2),
        lambda pieces, x: getattr(pieces, name)("block", x, filters, strides),
        affine=False,
    )
    is_new = filters != 2 or strides != 1
    is_masked = name == "projection"
    assert list(model.masks) == ["block_shortcut"] * (is_new and is_masked)
    x = images(4, 4, 2)
    if is_new:
        kernel = "block_shortcut" if is_masked else "block_shortcut_kernel"
        expected = x[:, ::strides, ::strides] @ model.weights[kernel][0, 0]
        expected = expected / np.sqrt(1 + 1e-5)
    else:
        expected = x
    np.testing.assert_allclose(model.network(x), expected, atol=1e-5)


def test_basic_block():
    model = Model(
        (4, 4, 2),
        lambda pieces, x: pieces.basic("block", x, 4, 2, pieces.pad),
        affine=False,
    )
    x, weights = images(4, 4, 2), model.weights
    y = convolve(x, weights["block_conv0"], 2, 1) / np.sqrt(1 + 1e-5)
    y = convolve(np.maximum(y, 0), weights["block_conv1"], 1, 1)
    y = y / np.sqrt(1 + 1e-5)
    y[..., 1:3] += x[:, ::2, ::2]
    np.testing.assert_allclose(model.network(x), np.maximum(y, 0), atol=1e-5)


def test_bottleneck_block():
    model = Model(
        (4, 4, 2),
        lambda pieces, x: pieces.bottleneck("b", x, 3, 2, pieces.projection),
    )
    shapes = {name: mask.shape for name, mask in model.masks.items()}
    assert shapes == {
        "b_conv0": (1, 1, 2, 3),
        "b_conv1": (3, 3, 3, 3),
        "b_conv2": (1, 1, 3, 12),
        "b_shortcut": (1, 1, 2, 12),
    }
    strides = {
        name: model.network.get_layer(name).strides[0] for name in shapes
    }
    assert strides == {
        "b_conv0": 1,
        "b_conv1": 2,
        "b_conv2": 1,
        "b_shortcut": 2,
    }
    assert model.network(images(4, 4, 2)).shape == (2, 2, 2, 12)


@pytest.mark.parametrize("affine", [False, True])
def test_norms_have_gamma_and_beta_if_affine(affine):
    model = Model(
        (4, 4, 2), lambda pieces, x: pieces.norm("norm0", x), affine=affine
    )
    statistics = {"norm0_moving_mean", "norm0_moving_variance"}
    parameters = {"norm0_gamma", "norm0_beta"} if affine else set()
    assert set(model.weights) == statistics | parameters
    assert not model.masks
    x = images(4, 4, 2)
    expected = np.maximum(x, 0) / np.sqrt(1 + 1e-5)
    np.testing.assert_allclose(model.network(x), expected, atol=1e-6)


@pytest.mark.parametrize("use_bias", [False, True])
def test_head_is_of_the_mean_of_each_channel(use_bias):
    model = Model((3, 4, 2), lambda pieces, x: pieces.head(x, 5, use_bias))
    assert list(model.weights) == ["logits"] + ["logits_bias"] * use_bias
    x = images(3, 4, 2)
    expected = x.mean((1, 2)) @ model.weights["logits"]
    np.testing.assert_allclose(model.network(x), expected, atol=1e-6)


def test_initializer_is_that_of_all_kernels():
    def build(pieces, x):
        x = pieces.basic("a", x, 4, 2, pieces.unmasked_projection)
        return pieces.head(x, 3)

    model = Model((4, 4, 2), build, kernel_initializer="ones")
    kernels = {n: v for n, v in model.weights.items() if v.ndim > 1}
    assert len(kernels) == 4
    assert all((kernel == 1).all() for kernel in kernels.values())
