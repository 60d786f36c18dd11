"""Tests of models/model_fc.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.models import model_fc


def test_lenet_300_100_has_the_papers_weights():
    model = model_fc.ModelFc()
    kernels = {name: mask.shape for name, mask in model.masks.items()}
    assert kernels == {
        "layer0": (784, 300),
        "layer1": (300, 100),
        "layer2": (100, 10),
    }
    assert sum(mask.size for mask in model.masks.values()) == 266_200
    assert model.network.count_params() == 266_610
    activations = [
        layer.activation.__name__ for layer in model.network.layers[1:]
    ]
    assert activations == ["relu", "relu", "linear"]


@pytest.mark.parametrize("hidden", [(), (7,), (5, 6, 7)])
def test_any_stack(hidden):
    model = model_fc.ModelFc((4,), 3, hidden)
    assert list(model.masks) == [f"layer{i}" for i in range(len(hidden) + 1)]
    assert model.network(np.zeros((2, 4))).shape == (2, 3)


def test_images_are_flattened():
    model = model_fc.ModelFc((2, 3, 1), 3, (4,))
    assert model.masks["layer0"].shape == (6, 4)
    assert model.network(np.zeros((5, 2, 3, 1))).shape == (5, 3)


def test_each_layer_can_have_its_activation():
    model = model_fc.ModelFc((4,), 3, (5, 6), activation=["tanh", "relu"])
    names = [layer.activation.__name__ for layer in model.network.layers[1:]]
    assert names == ["tanh", "relu", "linear"]
    with pytest.raises(ValueError):
        model_fc.ModelFc((4,), 3, (5, 6), activation=["tanh"])


def test_activation_and_initializer_are_settings():
    model = model_fc.ModelFc(
        (4,), 3, (5,), activation="tanh", kernel_initializer="ones"
    )
    assert model.network.layers[1].activation is keras.activations.tanh
    np.testing.assert_array_equal(model.weights["layer0"], 1)


def test_biases_can_be_left_out():
    model = model_fc.ModelFc((4,), 3, (5, 6), use_bias=False)
    assert set(model.weights) == {"layer0", "layer1", "layer2"}
