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


@pytest.mark.parametrize("kind", [L.PReLU, L.LayerNormalization])
def test_a_layer_whose_activation_is_one_stays(kind):
    layer = L.Dense(3, activation=kind(), name="odd")
    network = keras.Sequential([keras.Input((4,)), layer, L.Dense(2)])
    network(np.ones((1, 4)))  # Makes the inner variables.
    found = smaller.check(smaller.thinned(network, 0.3, 0))
    assert found.layers[0].why == "stays: it has a layer as its activation"


def test_simple_layers_may_be_activations():
    layer = L.Dense(3, activation=L.LeakyReLU(0.5))
    network = keras.Sequential([keras.Input((4,)), layer, L.Dense(2)])
    kernel = np.ones((4, 3))
    kernel[:, 0] = 0
    smaller.put(layer, [kernel, [-2, 0, 0]])
    found = smaller.check(network)
    assert found.layers[0].outputs == (3, 2)


def test_an_activation_that_is_not_known_stays():
    layer = L.Dense(3, activation=lambda x: x[..., ::-1], name="turned")
    network = keras.Sequential([keras.Input((4,)), layer, L.Dense(2)])
    found = smaller.check(smaller.thinned(network, 0.3, 0))
    assert found.layers[0].why.startswith("stays: it has an activation that")


@pytest.mark.parametrize("groups", [1, 2])
def test_convolutions_in_groups_stay(groups):
    network = keras.Sequential(
        [
            keras.Input((5, 5, 2)),
            L.Conv2D(4, 1),
            L.Conv2D(4, 3, groups=groups),
            L.Conv2D(2, 1),
        ]
    )
    kernel = np.ones((1, 1, 4, 2))
    kernel[:, :, :2] = 0
    smaller.put(network.layers[-1], [kernel, [0, 0]])
    found = smaller.check(network)
    assert found.layers[1].outputs == (4, 4 if groups > 1 else 2)
