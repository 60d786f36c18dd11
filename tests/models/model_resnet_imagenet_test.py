"""Tests of models/model_resnet_imagenet.py."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.models import model_resnet_imagenet


def size(arrays):
    return sum(array.size for array in arrays.values())


@pytest.mark.parametrize(
    ("depth", "classes", "counted", "shortcuts"),
    [(18, 200, 11_097_280, 172_032)],
)
@pytest.mark.slow
def test_rare_gems_count_no_shortcuts(depth, classes, counted, shortcuts):
    model = model_resnet_imagenet.ModelResnetImagenet(
        (64, 64, 3), classes, depth, mask_shortcuts=False
    )
    assert size(model.masks) == counted
    assert len(model.masks) == depth
    unmasked = {
        name: value
        for name, value in model.weights.items()
        if name.endswith("shortcut_kernel")
    }
    assert size(unmasked) == shortcuts


@pytest.mark.slow
def test_masked_and_unmasked_shortcuts_make_one_network():
    masked, unmasked = (
        model_resnet_imagenet.ModelResnetImagenet(
            (8, 8, 3), 10, 18, "cifar", mask_shortcuts
        )
        for mask_shortcuts in (True, False)
    )
    assert len(masked.masks) - len(unmasked.masks) == 3
    weights = {
        name if name in unmasked.weights else f"{name}_kernel": value
        for name, value in masked.weights.items()
    }
    unmasked.reset(presets=weights)
    x = np.random.default_rng(1).normal(size=(2, 8, 8, 3))
    np.testing.assert_array_equal(masked.network(x), unmasked.network(x))


@pytest.mark.slow
def test_stem_of_imagenet_divides_by_four():
    model = model_resnet_imagenet.ModelResnetImagenet((64, 65, 3), 10)
    assert model.masks["conv0"].shape == (7, 7, 3, 64)
    first, last = (
        model.network.get_layer(f"stage{stage}_block0_conv0").output.shape[1:]
        for stage in (0, 3)
    )
    assert first == (16, 17, 64)
    assert last == (2, 3, 512)


@pytest.mark.slow
def test_pooling_pads_like_minus_infinity():
    model = model_resnet_imagenet.ModelResnetImagenet((32, 32, 3), 10)
    layers = model.network.layers
    index = [type(layer).__name__ for layer in layers].index("MaxPooling2D")
    before = tf.nn.relu(np.random.default_rng(2).normal(size=(2, 16, 16, 64)))
    pooled = layers[index](layers[index - 1](before))
    sides = (0, 0), (1, 1), (1, 1), (0, 0)
    padded = np.pad(before, sides, constant_values=-np.inf)
    windows = [
        padded[:, i : i + 15 : 2, j : j + 15 : 2]
        for i in range(3)
        for j in range(3)
    ]
    np.testing.assert_allclose(pooled, np.max(windows, 0), rtol=1e-6)


@pytest.mark.slow
def test_stem_of_cifar_divides_by_nothing():
    model = model_resnet_imagenet.ModelResnetImagenet(
        (32, 32, 3), 10, stem="cifar"
    )
    assert model.masks["conv0"].shape == (3, 3, 3, 64)
    first, last = (
        model.network.get_layer(f"stage{stage}_block1_conv1").output.shape[1:]
        for stage in (0, 3)
    )
    assert first == (32, 32, 64)
    assert last == (4, 4, 512)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 34}, "depth must be one of 18, 50, 101. Received: 34"),
        ({"stem": "tiny"}, "stem must be one of 'imagenet', 'cifar'"),
        ({"input_shape": (31, 32, 3)}, "32x32 .* Received: .31, 32, 3."),
        ({"input_shape": (7, 8, 3), "stem": "cifar"}, "8x8 .* Received: .7"),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        model_resnet_imagenet.ModelResnetImagenet(**options)
