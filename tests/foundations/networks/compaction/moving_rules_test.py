"""Tests of networks/compaction/moving_rules.py."""

import keras
import numpy as np

from lottery_ticket.tests import smaller

L = keras.layers


def test_channels_are_blocks_once_they_are_flat():
    x = keras.Input((4, 4, 2))
    y = L.Conv2D(3, 3, name="conv")(x)
    y = L.Dense(2, name="dense")(L.Flatten()(L.MaxPooling2D(2)(y)))
    network = keras.Model(x, y)
    kernel = np.ones((3, 3, 2, 3))
    kernel[..., 1] = 0
    smaller.put(network.get_layer("conv"), [kernel, [1, 2, 3]])
    reads = np.ones((3, 2))
    reads[2] = 0  # Nothing reads the third.
    smaller.put(network.get_layer("dense"), [reads, [0, 1]])
    found = smaller.check(network)
    assert smaller.shapes(found)["conv/kernel"] == (3, 3, 2, 1)
    assert smaller.shapes(found)["dense/kernel"] == (1, 2)
    np.testing.assert_allclose(found.network.get_layer("dense").bias, [2, 3])
    for target in ((2, 2, 3), (4, -1), (-1, 6), (3, 4)):
        network = keras.Sequential(
            [
                keras.Input((6, 6, 1)),
                L.Conv2D(3, 3, strides=2, padding="same"),
                L.Reshape((3, 3, 3)),
                L.Cropping2D(((0, 1), (0, 1))),
                L.Reshape(target),
                L.Flatten(),
                L.Dense(2),
            ]
        )
        kernel = np.random.default_rng(0).normal(size=(3, 3, 1, 3))
        kernel[..., 0] = 0
        smaller.put(network.layers[0], [kernel, [1, 0, 0]])
        found = smaller.check(network)
        expected = (12 if target == (3, 4) else 8, 2)
        assert found.network.layers[-1].kernel.shape == expected


def test_zeros_around_channels_go_unless_others_need_them():
    x = keras.Input((3, 3, 2))
    pad = L.ZeroPadding2D(((0, 0), (1, 3)), data_format="channels_first")
    padded = pad(L.Conv2D(2, 1, name="first")(x))  # 0, a, b, 0, 0, 0
    last = L.Conv2D(1, 1, name="last")
    network = keras.Model(x, last(padded))
    shapes = smaller.shapes(smaller.check(network))
    assert shapes["last/kernel"] == (1, 1, 2, 1)
    added = L.Add()([padded, L.Conv2D(6, 1, name="other")(x)])
    network = keras.Model(x, last(added))
    reads = np.ones((1, 1, 6, 1))
    reads[:, :, [1, 3]] = 0
    smaller.put(last, [reads, [0]])
    found = smaller.check(network)
    assert smaller.shapes(found)["first/kernel"] == (1, 1, 2, 1)
    assert smaller.shapes(found)["other/kernel"] == (1, 1, 2, 4)
    (left,) = [
        each
        for each in found.network.layers
        if isinstance(each, L.ZeroPadding2D)
    ]
    assert left.padding == ((0, 0), (1, 2))


def test_channels_that_are_moved_to_another_axis_stay():
    x = keras.Input((3, 4))
    for dims, is_open in (((2, 1), False), ((1, 2), True)):
        y = L.Permute(dims, name="turned")(L.Dense(4, name="first")(x))
        last = L.Dense(2, name="last")
        network = keras.Model(x, last(y))
        reads = np.ones(last.kernel.shape)
        reads[0] = 0
        smaller.put(last, [reads, [0, 0]])
        found = smaller.check(network)
        count = 3 if is_open else 4
        assert smaller.shapes(found)["first/kernel"] == (4, count)
        whys = {each.path: each.why for each in found.layers}
        text = "stays: it moves the channels to another axis"
        assert whys.get("turned") == (None if is_open else text)
