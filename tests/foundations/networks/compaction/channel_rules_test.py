"""Tests of networks/compaction/channel_rules.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.networks.compaction import compaction
from lottery_ticket.tests import smaller

L = keras.layers


def test_constants_go_on_through_layers_in_between():
    network = keras.Sequential(
        [
            keras.Input((2,)),
            smaller.dense(2, 2, [[0, 1], [0, 1]], [-4, 0], None),
            L.LeakyReLU(negative_slope=0.5),
            L.BatchNormalization(epsilon=0),
            L.Dropout(0.5),
            smaller.dense(2, 2, [[3, 0], [1, 1]], None, None),
        ]
    )
    smaller.put(network.layers[2], [[2, 1], [10, 0], [1, 0], [0.25, 1]])
    found = smaller.check(network)
    assert found.network.layers[-1].use_bias  # It had none.
    # (-4 * .5 - 1) / .5 * 2 + 10 = -2, times 3.
    np.testing.assert_allclose(found.network.layers[-1].bias, [-6, 0])
    assert found.network.layers[3].gamma.shape == (1,)


def test_what_a_norm_takes_no_part_of_is_constant():
    x = keras.Input((2,))
    last = L.Dense(1, use_bias=False, name="last")
    network = keras.Model(x, last(L.BatchNormalization()(L.Dense(2)(x))))
    smaller.put(network.layers[2], [[0, 1], [3, 0], [0, 0], [1, 1]])
    smaller.put(last, [[[2], [1]]])
    found = smaller.check(network)
    assert found.network.layers[1].units == 1
    np.testing.assert_allclose(found.network.get_layer("last").bias, [6])


@pytest.mark.parametrize("shared_axes", [None, [1, 2]])
def test_slopes_are_a_channels_own(shared_axes):
    network = keras.Sequential(
        [
            keras.Input((3, 3, 2)),
            L.Conv2D(3, 1),
            L.PReLU(shared_axes=shared_axes),
            L.Conv2D(2, 1),
        ]
    )
    first, slopes, last = network.layers
    kernel = np.ones((1, 1, 2, 3))
    kernel[..., :2] = 0
    smaller.put(first, [kernel, [-2, 1, 0]])
    alpha = np.random.default_rng(0).normal(size=slopes.alpha.shape)
    alpha[..., 1] = np.arange(alpha[..., 1].size).reshape(alpha.shape[:-1])
    smaller.put(slopes, [alpha])
    found = smaller.check(network)
    # Below 0, it is constant if its slope is the same everywhere.
    count = 1 if shared_axes else 2
    assert found.network.layers[2].alpha.shape[-1] == count
    assert found.network.layers[3].kernel.shape == (1, 1, count, 2)


def test_filters_of_a_depthwise_convolution_go_with_their_channel():
    network = keras.Sequential(
        [
            keras.Input((5, 5, 2)),
            L.Conv2D(4, 1, name="first"),
            L.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise"),
            L.Conv2D(2, 1, name="last"),
        ]
    )
    rng = np.random.default_rng(0)
    filters = rng.normal(size=(3, 3, 4, 2))
    filters[:, :, 0] = 0  # Both of the first are constant.
    filters[:, :, 1, 1] = 0  # One of two: the other needs the channel.
    smaller.put(network.layers[1], [filters, rng.normal(size=8)])
    reads = rng.normal(size=(1, 1, 8, 2))
    reads[:, :, 4:6] = 0  # Nothing reads the third.
    smaller.put(network.layers[2], [reads, [0, 0]])
    shapes = smaller.shapes(smaller.check(network))
    assert shapes["first/kernel"] == (1, 1, 2, 2)
    assert shapes["depthwise/kernel"] == (3, 3, 2, 2)
    assert shapes["last/kernel"] == (1, 1, 4, 2)


def test_layers_of_channels_first_stay():
    x = keras.Input((4, 6, 6))
    y = L.GlobalMaxPooling2D(data_format="channels_first", name="pool")(x)
    found = compaction.compact(keras.Model(x, L.Dense(2)(y)))
    assert found.layers[0].why == "stays: it has its channels first"
