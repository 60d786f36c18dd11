"""Tests of networks/compaction/weighted_rules.py."""

import keras
import numpy as np

from lottery_ticket.foundations.networks.compaction import compaction
from lottery_ticket.tests import smaller

L = keras.layers


def test_units_without_readers_and_without_inputs_go():
    network = keras.Sequential(
        [
            keras.Input((2,)),
            # Unit 1 is not read, unit 2 has no inputs and gives 3.
            smaller.dense(2, 3, [[1, 5, 0], [2, 6, 0]], [0, 1, 3]),
            smaller.dense(3, 2, [[1, 0], [0, 0], [2, 0]], [1, -1], None),
        ]
    )
    names = [layer.name for layer in network.layers]
    found = smaller.check(network)
    first, second = [
        found.network.get_layer(name).get_weights() for name in names
    ]
    np.testing.assert_array_equal(first[0], [[1], [2]])
    np.testing.assert_array_equal(first[1], [0])
    np.testing.assert_array_equal(second[0], [[1, 0]])
    np.testing.assert_array_equal(second[1], [7, -1])  # 1 + 2 * 3.
    assert found.weights == (17, 7)
    assert [each.outputs for each in found.layers] == [(3, 1), (2, 2)]
    assert found.layers[1].why == "1 constant stays: the network gives them"


def test_a_constant_stays_at_a_border_and_stands_for_others():
    x = keras.Input((5, 5, 1))
    y = smaller.conv(4, name="first", activation="relu")(x)
    network = keras.Model(x, smaller.conv(2, name="second")(y))
    rng = np.random.default_rng(0)
    first, second = network.layers[1:]
    kernel = rng.normal(size=(3, 3, 1, 4))
    kernel[..., 1:] = 0
    smaller.put(second, [rng.normal(size=(3, 3, 4, 2)), np.zeros(2)])
    # One of the four is alive, two give 1 and 2, one gives 0.
    smaller.put(first, [kernel, [0.1, 1, 2, -1]])
    found = smaller.check(network)
    assert smaller.shapes(found)["second/kernel"] == (3, 3, 2, 2)
    np.testing.assert_allclose(found.network.get_layer("first").bias, [0.1, 2])
    why = found.layers[0].why
    assert why == "1 constant stays: Conv2D 'second' pads zeros"
    # Without padding, or if all of them give 0, nothing of them is needed.
    smaller.put(first, [kernel, [0.1, -1, 0, -1]])
    assert smaller.shapes(smaller.check(network))["second/kernel"] == (
        3,
        3,
        1,
        2,
    )
    inner = smaller.conv(2, name="second", padding="valid")
    network = keras.Model(x, inner(y))
    smaller.put(inner, second.get_weights())
    smaller.put(first, [kernel, [0.1, 1, 2, -1]])
    assert smaller.shapes(smaller.check(network))["second/kernel"] == (
        3,
        3,
        1,
        2,
    )


def test_words_agree_under_masks():
    x = keras.Input((5,), dtype="int32")
    y = L.Embedding(7, 6, mask_zero=True, name="words")(x)
    y = L.Dense(4, "relu", name="dense")(y)
    y = L.GlobalAveragePooling1D()(y)
    network = keras.Model(x, L.Dense(2)(y))
    kernel = np.ones((6, 4))
    kernel[2] = 0
    kernel[:, 1] = 0
    smaller.put(network.get_layer("dense"), [kernel, [0, 1, 0, 0]])
    found = compaction.compact(network)
    words = np.array([[1, 2, 3, 0, 0], [4, 0, 0, 0, 0]])
    assert compaction.difference(network, found.network, [words]) < 1e-5
    assert smaller.shapes(found)["words/embeddings"] == (7, 5)
    assert smaller.shapes(found)["dense/kernel"] == (
        5,
        4,
    )  # A mean may be of none.
