"""Tests of networks/compaction/comparison.py."""

import io

import keras
import numpy as np

from lottery_ticket.foundations.networks.compaction import (
    compaction,
    comparison,
)
from lottery_ticket.tests import smaller

L = keras.layers


def network():
    x = keras.Input((6, 6, 2))
    y = L.Conv2D(4, 3, name="conv")(x)
    y = L.BatchNormalization(name="norm")(y)
    y = L.Dense(3, name="dense")(L.Flatten()(y))
    made = keras.Model(x, L.LayerNormalization(name="mixed")(y))
    kernel = np.ones((3, 3, 2, 4))
    kernel[..., 0] = 0
    smaller.put(made.get_layer("conv"), [kernel, np.zeros(4)])
    return made


def test_multiply_adds_are_told_of_each_layer():
    before = network()
    found = compaction.compact(before)
    work = comparison.multiply_adds(before, found)
    assert work == {
        "conv": (16 * 9 * 2 * 4, 16 * 9 * 2 * 3),
        "norm": (0, 0),
        "dense": (16 * 4 * 3, 16 * 3 * 3),
        "mixed": (0, 0),
    }
    assert comparison.in_all(work) == (1344, 1008)
    assert comparison.in_all({}) == (0, 0)
    assert comparison.in_all({"a": (None, None), "b": (3, 2)}) == (3, 2)


class Weighing(L.Layer):
    """Nothing is known of what it does with its kernel."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 2), name="kernel")

    def call(self, x):
        return x @ self.kernel


def test_what_is_not_known_is_none_and_what_is_gone_is_0():
    x = keras.Input((4,))
    gone = L.Dense(2, name="gone")(x)
    both = L.Concatenate()([Weighing(name="own")(x), gone])
    last = L.Dense(1, name="last")
    before = keras.Model(x, last(both))
    smaller.put(last, [[[1], [1], [0], [0]], [0]])
    work = comparison.multiply_adds(before, compaction.compact(before))
    assert work == {"own": (None, None), "gone": (8, 0), "last": (4, 2)}


def test_the_bytes_of_a_file_are_those_of_keras(tmp_path):
    made = network()
    path = tmp_path / "network.keras"
    path.write_bytes(comparison.saved(made))
    loaded = keras.models.load_model(path)
    given = [smaller.examples(made)]
    assert compaction.difference(made, loaded, given) == 0
    assert io.BytesIO(comparison.saved(made)).read(2) == b"PK"


def test_latency_is_of_each_network():
    x = keras.Input((4,))
    made = keras.Model(x, L.Dense(2)(x))
    times = comparison.latency_ms([made, made], np.ones((3, 4), "f"), calls=3)
    assert len(times) == 2 and min(times) > 0


def test_a_batch_may_be_of_several_inputs():
    given = {"a": np.zeros((3, 2)), "b": np.zeros((3, 1))}
    assert comparison.size(given) == 3
    assert comparison.first(given, 2)["b"].shape == (2, 1)
