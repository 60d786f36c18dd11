"""Tests of models/model_conv.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.models import model_conv
from lottery_ticket.tests import grids


def kernels(model):
    return {name: mask.shape for name, mask in model.masks.items()}


def test_conv2_is_the_papers():
    model = model_conv.ModelConv()
    assert kernels(model) == {
        "conv0": (3, 3, 3, 64),
        "conv1": (3, 3, 64, 64),
        "dense0": (16 * 16 * 64, 256),
        "dense1": (256, 256),
        "logits": (256, 10),
    }
    assert [
        layer.activation.__name__
        for layer in model.network.layers
        if layer.name in model.masks
    ] == ["relu"] * 4 + ["linear"]


@pytest.mark.parametrize(
    ("blocks", "convolutional"),
    grids.thinned([(1, "38K"), (2, "260K"), (3, "1.1M")], [(3, "1.1M")]),
)
def test_convolutional_weights_are_the_papers(blocks, convolutional):
    shapes = kernels(model_conv.ModelConv(blocks=blocks))
    total = sum(np.prod(s) for n, s in shapes.items() if n.startswith("conv"))
    thousands = f"{total // 1000}K"  # 38,592; 259,776; 1,144,512
    millions = f"{total / 1e6:.1f}M"
    rounded = f"{round(total / 1e4)}0K"
    assert convolutional in (thousands, millions, rounded)


def test_feature_maps_shrink_by_half_in_each_block():
    model = model_conv.ModelConv((9, 17, 1), 3, blocks=3)
    assert kernels(model)["dense0"] == (1 * 2 * 256, 256)
    assert model.network(np.zeros((2, 9, 17, 1))).shape == (2, 3)


def test_width_multiplies_all_hidden_layers():
    shapes = kernels(model_conv.ModelConv(blocks=2, width=0.5))
    outputs = [shape[-1] for shape in shapes.values()]
    assert outputs == [32, 32, 64, 64, 128, 128, 10]


def test_biases_can_be_left_out():
    model = model_conv.ModelConv((4, 4, 1), use_bias=False)
    assert set(model.weights) == set(model.masks)


def test_dropout_follows_the_hidden_dense_layers():
    model = model_conv.ModelConv((4, 4, 1), dropout=0.5)
    order = [
        layer.name if layer.name in model.masks else layer.rate
        for layer in model.network.layers
        if layer.name in model.masks or isinstance(layer, keras.layers.Dropout)
    ]
    assert order[2:] == ["dense0", 0.5, "dense1", 0.5, "logits"]
    x = np.ones((2, 4, 4, 1))
    np.testing.assert_array_equal(model.network(x), model.network(x))
    assert not np.allclose(model.network(x, training=True), model.network(x))


@pytest.mark.parametrize("dropout", [None, 0])
def test_no_dropout(dropout):
    model = model_conv.ModelConv((4, 4, 1), dropout=dropout)
    kinds = {type(layer) for layer in model.network.layers}
    assert keras.layers.Dropout not in kinds


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"blocks": 5}, "blocks must be one of 1, 2, 3, 4. Received: 5"),
        ({"dropout": 1}, "dropout must be in"),
        ({"dropout": -0.1}, "dropout must be in"),
        ({"width": 0}, "width must leave 1 or more of 64 units"),
        ({"blocks": 3, "input_shape": (7, 8, 3)}, "8x8 .* Received: .7, 8, 3."),
        ({"input_shape": (784,)}, "Received: .784,."),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        model_conv.ModelConv(**options)
