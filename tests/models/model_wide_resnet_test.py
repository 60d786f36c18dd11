"""Tests of models/model_wide_resnet.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.models import model_wide_resnet


@pytest.mark.slow
def test_wrn_28_2_is_rare_gems():
    model = model_wide_resnet.ModelWideResnet()
    assert sum(mask.size for mask in model.masks.values()) == 1_463_984
    assert len(model.masks) == 29
    shortcuts = [name for name in model.masks if name.endswith("_shortcut")]
    assert shortcuts == [f"stage{stage}_block0_shortcut" for stage in range(3)]
    outputs = [
        model.network.get_layer(f"stage{stage}_block3_conv1").output.shape[1:]
        for stage in range(3)
    ]
    assert outputs == [(32, 32, 32), (16, 16, 64), (8, 8, 128)]


def test_norms_come_before_convolutions():
    model = model_wide_resnet.ModelWideResnet((4, 4, 1), depth=10)
    names = [
        layer.name
        for layer in model.network.layers
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense)
        or isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert names[:5] == [
        "conv0",
        "stage0_block0_norm0",
        "stage0_block0_conv0",
        "stage0_block0_norm1",
        "stage0_block0_conv1",
    ]
    assert names[-2:] == ["norm", "logits"]


@pytest.mark.parametrize("width", [1, 2])
def test_a_block_whose_convolutions_are_0_is_its_shortcut(width):
    model = model_wide_resnet.ModelWideResnet(
        (4, 4, 1), depth=10, width=width, affine=False
    )
    layer = model.network.get_layer
    zero = np.zeros_like(model.weights["stage0_block0_conv1"])
    model.reset(presets={"stage0_block0_conv1": zero})
    inner = keras.Model(
        model.inputs,
        [layer("conv0").output, layer("stage1_block0_norm0").output],
    )
    x, y = inner(np.random.default_rng(1).normal(size=(2, 4, 4, 1)))
    scale = 1 / np.sqrt(1 + 1e-5)
    if width > 1:  # The shortcut sees the normed input; at 1 there is none.
        kernel = model.weights["stage0_block0_shortcut"][0, 0]
        x = np.maximum(x, 0) * scale @ kernel
    assert ("stage0_block0_shortcut" in model.masks) == (width > 1)
    np.testing.assert_allclose(y, x * scale, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 20}, "depth must be 6n . 4.* Received: 20"),
        ({"depth": 4}, "depth must be 6n . 4.* Received: 4"),
        ({"width": 0}, "width must leave 1 or more of 16 units"),
        ({"input_shape": (3, 4, 3)}, "4x4 .* Received: .3, 4, 3."),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        model_wide_resnet.ModelWideResnet(**options)
