"""Tests of networks/compaction/unread.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.networks.compaction import unread
from lottery_ticket.models import model_resnet
from lottery_ticket.tests import smaller, tiny

L = keras.layers


def sequential(*layers):
    network = keras.Sequential([keras.Input((6, 6, 2)), *layers])
    return keras_model.KerasModel(network)


def gone(model, **units):
    """Masks without units, and what reads them, of layers in a row."""
    names, masks = list(model.masks), model.masks
    for name, numbers in units.items():
        masks[name][..., numbers] = 0
        after = names[names.index(name) + 1]
        rows = masks[after].reshape(-1, *masks[after].shape[-2:])
        count = masks[name].shape[-1]
        for number in numbers:
            rows[:, number::count] = 0
    return masks


def test_units_that_nothing_reads_go_and_the_rest_is_found_again():
    model = tiny.Model()
    weights = {
        name: np.arange(value.size, dtype=np.float32).reshape(value.shape) + 100
        for name, value in model.weights.items()
    }
    model.reset(weights, gone(model, layer0=[1, 4]))
    before = model.weights
    found = unread.without_unread(model.network)
    names = {id(each): name for name, each in model.variables.items()}
    parts = {names[id(each.whole)]: each for each in found.parts}
    places = {name: each.places.tolist() for name, each in parts.items()}
    rows = [[0, 2, 3], [5, 7, 8], [10, 12, 13], [15, 17, 18]]
    assert places == {
        "layer0": rows,
        "layer0_bias": [0, 2, 3],
        "layer1": [[0, 1, 2], [6, 7, 8], [9, 10, 11]],
        "layer1_bias": [0, 1, 2],
    }
    np.testing.assert_array_equal(
        parts["layer0"].part.numpy(), np.array(rows) + 100
    )
    assert all(each.part.constraint is None for each in found.parts)
    for name, value in model.weights.items():  # It stays as it is.
        np.testing.assert_array_equal(value, before[name])
    x = np.ones((2, 4), np.float32)
    np.testing.assert_allclose(found.network(x), model.network(x), rtol=1e-6)


def test_a_network_that_is_read_everywhere_stays():
    model = tiny.Model()
    masks = model.masks
    masks["layer0"][:, 1] = 0  # A constant unit, which is read.
    assert unread.without_unread(model.reset(masks=masks).network) is None


def test_a_weight_that_is_0_and_kept_reads():
    model = tiny.Model()
    masks = gone(model, layer0=[1])
    zeros = {name: np.zeros(mask.shape) for name, mask in masks.items()}
    found = unread.without_unread(model.reset(zeros, masks).network)
    assert smaller_shapes(found) == [(4, 4), (4,), (4, 3), (3,)]


def test_masks_that_prune_some_of_what_is_left_hold_on_it():
    model = tiny.Model()
    masks = gone(model, layer0=[1])
    masks["layer0"][2, 3] = 0
    found = unread.without_unread(model.reset(masks=masks).network)
    kernel = found.network.layers[1].kernel
    kernel.assign(np.ones(kernel.shape))
    expected = np.ones((4, 4))
    expected[2, 2] = 0
    np.testing.assert_array_equal(kernel.numpy(), expected)


def test_channels_go_with_their_norms_through_a_flat_vector():
    model = sequential(
        smaller.conv(4, use_bias=False),
        L.BatchNormalization(),
        L.ReLU(),
        L.MaxPooling2D(2),
        L.Flatten(),
        L.Dense(5),
    )
    model.reset(masks=gone(model, **{list(model.masks)[0]: [0, 3]}), seed=2)
    found = unread.without_unread(model.network)
    assert smaller_shapes(found) == [
        *((3, 3, 2, 2), (2,), (2,), (2,), (2,), (18, 5), (5,))
    ]
    x = smaller.examples(model.network)
    for training in (False, True):
        np.testing.assert_allclose(
            found.network(x, training=training),
            model.network(x, training=training),
            atol=1e-5,
        )


def test_the_stream_of_a_residual_network_keeps_its_width():
    model = model_resnet.ModelResnet((8, 8, 3), 4, depth=8)
    masks = model.masks
    masks["stage0_block0_conv0"][..., :12] = 0
    masks["stage0_block0_conv1"][:, :, :12] = 0  # What reads them.
    masks["stage1_block0_conv1"][..., :5] = 0  # Of the stream.
    model.reset(masks=masks, seed=1)
    found = unread.without_unread(model.network)
    shapes = {
        each.path.split("/")[0]: tuple(each.shape)
        for each in found.network.weights
        if "kernel" in each.path
    }
    assert shapes["stage0_block0_conv0"] == (3, 3, 16, 4)
    assert shapes["stage0_block0_conv1"] == (3, 3, 4, 16)
    assert shapes["stage1_block0_conv1"] == (3, 3, 32, 32)
    x = smaller.examples(model.network)
    np.testing.assert_allclose(found.network(x), model.network(x), atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (lambda: L.Dropout(0.5), "random in training"),
        (lambda: L.Dense(4, kernel_regularizer="l2"), "adds to the loss"),
        (lambda: L.ActivityRegularization(0.1), "adds to the loss"),
        (lambda: L.Dense(4, bias_constraint="non_neg"), "beside its mask"),
        (lambda: L.Dense(4, kernel_constraint="max_norm"), "beside its mask"),
        (lambda: L.Dense(4), None),
    ],
)
def test_what_would_not_be_trained_the_same_is_told(layer, message):
    model = sequential(L.Flatten(), L.Dense(3), layer(), L.Dense(2))
    found = unread.obstacle(model.network)
    assert found is None if message is None else message in found


def test_a_variable_whose_places_cannot_be_counted_is_told(monkeypatch):
    monkeypatch.setattr(unread, "_MOST", 20)
    assert unread.obstacle(tiny.Model().network) == (
        "a variable has 20 numbers or more"
    )


def test_layers_that_are_not_kerass_own_are_in_both_networks():
    class Own(L.Dense):
        """Its config may lack what it was made with."""

    own = Own(4)
    model = sequential(L.Flatten(), L.Dense(6), L.Dense(5), own, L.Dense(2))
    masks = gone(model, **{list(model.masks)[0]: [0]})
    masks[list(masks)[2]][0, 1] = 0
    model.reset(masks=masks)
    mask = own.kernel.constraint
    found = unread.without_unread(model.network)
    assert smaller_shapes(found)[:2] == [(72, 5), (5,)]
    assert own in found.network.layers
    assert own.kernel.constraint is mask
    x = smaller.examples(model.network)
    np.testing.assert_allclose(found.network(x), model.network(x), atol=1e-5)


def smaller_shapes(found):
    return [tuple(each.shape) for each in found.network.weights]
