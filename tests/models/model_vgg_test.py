"""Tests of models/model_vgg.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.models import model_vgg


@pytest.mark.slow
@pytest.mark.parametrize("depth", [11, 13, 16, 19])
def test_two_dense_layers_fewer_than_the_original(depth):
    model = model_vgg.ModelVgg(depth=depth)
    assert len(model.masks) == depth - 2
    convs = [name for name in model.masks if name.startswith("conv")]
    assert convs == [f"conv{index}" for index in range(depth - 3)]
    assert model.masks["logits"].shape == (512, 10)
    norms = [name for name in model.weights if name.endswith("_gamma")]
    assert norms == [f"norm{index}_gamma" for index in range(depth - 3)]


@pytest.mark.slow
def test_filters_of_vgg16():
    masks = model_vgg.ModelVgg().masks
    filters = [mask.shape[-1] for mask in masks.values()]
    assert filters == [64] * 2 + [128] * 2 + [256] * 3 + [512] * 6 + [10]


def test_width_multiplies_all_filters():
    masks = model_vgg.ModelVgg(depth=11, width=0.25).masks
    filters = [mask.shape[-1] for mask in masks.values()]
    assert filters == [16, 32, 64, 64, 128, 128, 128, 128, 10]


@pytest.mark.parametrize(
    ("last_pooling", "count"), [("max", 5), ("average", 4)]
)
@pytest.mark.slow
def test_poolings(last_pooling, count):
    model = model_vgg.ModelVgg(depth=11, last_pooling=last_pooling)
    poolings = [
        layer
        for layer in model.network.layers
        if isinstance(layer, keras.layers.MaxPooling2D)
    ]
    assert len(poolings) == count
    last = model.network.get_layer("norm7").output.shape[1:3]
    assert last == (2, 2)
    mean = model.network.layers[-2]
    assert isinstance(mean, keras.layers.GlobalAveragePooling2D)
    assert mean.input.shape[1:3] == ((1, 1) if count == 5 else (2, 2))


@pytest.mark.slow
def test_larger_images_have_as_many_logits():
    model = model_vgg.ModelVgg((64, 64, 3), 200, depth=11)
    assert model.network(np.zeros((1, 64, 64, 3))).shape == (1, 200)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 12}, "depth must be one of 11, 13, 16, 19. Received: 12"),
        ({"width": 0}, "width must leave 1 or more of 64 units"),
        ({"last_pooling": "min"}, "last_pooling must be one of 'max', 'ave"),
        ({"input_shape": (31, 32, 3)}, "32x32 .* Received: .31, 32, 3."),
        (
            {"input_shape": (15, 16, 3), "last_pooling": "average"},
            "16x16 .* Received: .15, 16, 3.",
        ),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        model_vgg.ModelVgg(**options)
