"""Tests of networks/compaction/known_layers.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.networks.compaction import compaction
from lottery_ticket.tests import smaller

L = keras.layers


class Mixing(L.Layer):
    """No layer of Keras: each channel depends on all."""

    def call(self, x):
        return x - keras.ops.mean(x, axis=-1, keepdims=True)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Mixing, "keeps no channels apart that are known"),
        (L.LayerNormalization, "keeps no channels apart that are known"),
        (lambda: L.BatchNormalization(axis=1), "norms along another axis"),
        (lambda: L.Activation("softmax"), "mixes channels"),
    ],
)
def test_layers_that_are_not_known_stay(make, reason):
    layer = make()
    x = keras.Input((4, 4))
    y = layer(L.Dense(4, name="first")(x))
    network = keras.Model(x, L.Dense(2, name="last")(y))
    kernel = np.random.default_rng(0).normal(size=(4, 4))
    kernel[:, :2] = 0
    smaller.put(network.get_layer("first"), [kernel, [0.0, 2, 3, 4]])
    found = smaller.check(network)
    assert smaller.shapes(found)["first/kernel"] == (4, 4)
    rows = {each.path: each.why for each in found.layers}
    assert rows[layer.name] == f"stays: it {reason}"
    assert rows["first"].startswith("2 constants stay: ")


def test_a_call_as_in_training_stays():
    x = keras.Input((4,))
    norm = L.BatchNormalization(name="norm")
    y = norm(L.Dense(4, name="first")(x), training=True)
    network = keras.Model(x, L.Dense(2, name="last")(y))
    kernel = np.ones((4, 4))
    kernel[:, 1:] = 0
    smaller.put(network.get_layer("first"), [kernel, np.zeros(4)])
    rows = {each.path: each for each in compaction.compact(network).layers}
    assert rows["norm"].why == "stays: it is called as in training"
    assert rows["first"].outputs == (4, 4)
