"""Tests of networks/layer_builders.py; conformance_test trains them."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import model_base


class Built(model_base.ModelBase):
    """One convolution and logits."""

    def __init__(self, input_shape=(5, 5, 1), **options):
        super().__init__(input_shape)
        x = self.conv2d_layer("conv", self.inputs, 1, use_bias=False, **options)
        x = keras.layers.Flatten()(x)
        self.set_outputs(self.dense_layer("logits", x, 2))


def convolved(image, kernel, strides):
    """A 3x3 convolution without padding, in numpy."""
    size = (image.shape[0] - 3) // strides + 1
    return np.array(
        [
            [
                (image[r : r + 3, c : c + 3] * kernel).sum()
                for c in range(0, size * strides, strides)
            ]
            for r in range(0, size * strides, strides)
        ]
    )


@pytest.mark.parametrize(
    ("padding", "size", "zeros"),
    [
        (1, 5, (1, 1)),
        (1, 6, (1, 1)),
        ("same", 6, (0, 1)),  # TensorFlow's way.
        ("same", 5, (1, 1)),
        ("valid", 5, (0, 0)),
    ],
)
def test_padding_is_on_every_side_where_it_is_a_number(padding, size, zeros):
    model = Built((size, size, 1), strides=2, padding=padding)
    image = np.random.default_rng(0).normal(size=(size, size))
    kernel = np.random.default_rng(1).normal(size=(3, 3))
    model.reset(presets={"conv": kernel.reshape(3, 3, 1, 1)})
    inner = keras.Model(model.inputs, model.network.get_layer("conv").output)
    outputs = inner(image.reshape(1, size, size, 1))
    expected = convolved(np.pad(image, [zeros, zeros]), kernel, 2)
    np.testing.assert_allclose(outputs[0, :, :, 0], expected, atol=1e-5)


def test_a_norm_has_the_papers_constants():
    class Normed(model_base.ModelBase):
        def __init__(self):
            super().__init__((3,))
            x = self.norm_layer("norm", self.inputs)
            self.set_outputs(self.dense_layer("logits", x, 2))

    model = Normed()
    x = np.random.default_rng(0).normal(3, 2, (50, 3)).astype(np.float32)
    outputs = keras.Model(model.inputs, model.network.get_layer("norm").output)(
        x, training=True
    )
    np.testing.assert_allclose(
        outputs,
        (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5),
        rtol=1e-4,
        atol=1e-5,
    )
    weights = model.weights
    np.testing.assert_allclose(
        weights["norm_moving_mean"], 0.1 * x.mean(0), rtol=1e-4
    )
    np.testing.assert_allclose(
        weights["norm_moving_variance"], 0.9 + 0.1 * x.var(0), rtol=1e-4
    )


@pytest.mark.parametrize("builder", ["conv2d_layer", "norm_layer"])
def test_names_are_new(builder):
    class Twice(model_base.ModelBase):
        def __init__(self):
            super().__init__((5, 5, 1))
            x = self.depthwise_conv2d_layer("taken", self.inputs)
            arguments = [2] if builder == "conv2d_layer" else []
            getattr(self, builder)("taken", x, *arguments)

    with pytest.raises(ValueError, match="must be new"):
        Twice()
