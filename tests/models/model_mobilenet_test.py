"""Tests of models/model_mobilenet.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.models import model_mobilenet


@pytest.fixture(scope="module")
def model():
    return model_mobilenet.ModelMobilenetV2()


@pytest.mark.slow
def test_it_is_rare_gems(model):
    assert sum(mask.size for mask in model.masks.values()) == 2_261_824
    assert len(model.masks) == 58
    shortcuts = [name for name in model.masks if name.endswith("_shortcut")]
    assert shortcuts == [
        f"stage{stage}_block0_shortcut" for stage in (0, 1, 4, 6)
    ]


@pytest.mark.slow
def test_feature_maps(model):
    outputs = [
        model.network.get_layer(f"stage{stage}_block0_conv2").output.shape[2:]
        for stage in range(7)
    ]
    assert outputs == [
        (32, 16),
        (32, 24),
        (16, 32),
        (8, 64),
        (8, 96),
        (4, 160),
        (4, 320),
    ]
    assert model.masks["conv1"].shape == (1, 1, 320, 1280)
    assert model.masks["stage2_block0_conv1"].shape == (3, 3, 144, 1)


def test_blocks_add_their_input_where_strides_are_1(model):
    kinds = [type(layer).__name__ for layer in model.network.layers]
    assert kinds.count("Add") == 17 - 3
    assert kinds.count("ReLU") == 2 + 17 * 2


def test_strided_depthwise_convolutions_pad_every_side(model):
    layer = model.network.get_layer("stage2_block0_conv1")
    layers = model.network.layers
    padding = layers[layers.index(layer) - 1]
    x = np.random.default_rng(4).normal(size=(1, 4, 4, 144)).astype(np.float32)
    kernel = layer.kernel.numpy()[..., 0]
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    expected = [
        [(padded[0, i : i + 3, j : j + 3] * kernel).sum((0, 1)) for j in (0, 2)]
        for i in (0, 2)
    ]
    np.testing.assert_allclose(layer(padding(x))[0], expected, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "fan"), [("fan_in", 9), ("fan_out", 9 * 384)])
def test_fans_of_depthwise_kernels_are_those_of_one_channel(mode, fan):
    he = keras.initializers.VarianceScaling(2, mode, "untruncated_normal")
    model = model_mobilenet.ModelMobilenetV2((8, 8, 3), kernel_initializer=he)
    kernel = model.weights["stage3_block1_conv1"]
    assert kernel.shape == (3, 3, 384, 1)
    # Of 3,456 normal draws, the deviation is within 5 % (4 of its errors).
    np.testing.assert_allclose(kernel.std(), np.sqrt(2 / fan), rtol=0.05)


def test_glorot_is_keras_own(model):
    kernel = model.weights["stage3_block1_conv1"]
    usual = np.sqrt(2 / (9 + 9 * 384))
    np.testing.assert_allclose(kernel.std(), usual, rtol=0.05)


def test_depthwise_kernels_are_drawn_from_the_seed(model):
    name = "stage3_block1_conv1"
    first, again, other = (model.draw(seed)[name] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)
    assert not np.allclose(first[:, :, 0], first[:, :, 1])


class HalfFanIn(keras.initializers.Initializer):
    """Halves of the inverse fan-in that Keras computes; a stand-in."""

    def __init__(self, seed=None):
        """Takes a seed, not used."""
        self.seed = seed

    def __call__(self, shape, dtype=None):
        """Returns the draw."""
        return keras.ops.full(shape, 0.5 / np.prod(shape[:-1]), dtype)

    def get_config(self):
        """Returns the arguments."""
        return {"seed": self.seed}


@pytest.mark.slow
def test_initializers_of_others_see_the_fan_in_of_one_channel():
    model = model_mobilenet.ModelMobilenetV2(
        (8, 8, 3), kernel_initializer=HalfFanIn()
    )
    np.testing.assert_allclose(model.weights["stage3_block1_conv1"], 0.5 / 9)
    np.testing.assert_allclose(model.weights["conv0"], 0.5 / 27)
    assert len(model.identity["network"]) == 64


def test_seeds_reach_initializers_of_others():
    drawn = model_mobilenet.PerChannel(HalfFanIn(), seed=3)
    assert drawn.initializer.seed == 3
    again = model_mobilenet.PerChannel.from_config(drawn.get_config())
    assert again.initializer.seed == 3
    own = model_mobilenet.PerChannel(HalfFanIn(seed=4))
    assert own.initializer.seed == 4


@pytest.mark.slow
@pytest.mark.parametrize("initializer", ["he_normal"])
def test_a_saved_network_is_plain_keras(initializer, tmp_path):
    model = model_mobilenet.ModelMobilenetV2(
        (8, 8, 3), kernel_initializer=initializer
    )
    model.network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    x = np.ones((2, 8, 8, 3))
    np.testing.assert_allclose(loaded(x), model.network(x), atol=1e-6)


def test_too_small_an_image_is_an_error():
    with pytest.raises(ValueError, match="8x8 .* Received: .7, 8, 3."):
        model_mobilenet.ModelMobilenetV2((7, 8, 3))
