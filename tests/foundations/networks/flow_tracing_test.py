"""Tests of networks/flow_tracing.py: other networks, nothing left behind."""

import re

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.networks import flow, flow_tracing

L = keras.layers


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_precision_does_not_count(policy):
    effective = []
    for dtype in (policy, "float32"):
        inputs = keras.Input((6, 6, 2))
        x = L.Conv2D(64, 3, padding="same", dtype=dtype)(inputs)
        inner = keras.Sequential([L.Dense(64, dtype=dtype), L.ReLU(6)])
        x = L.Dense(2, dtype=dtype)(L.GlobalAveragePooling2D()(inner(x)))
        model = keras_model.KerasModel(keras.Model(inputs, x))
        rng = np.random.default_rng(0)
        masks = {
            name: (rng.random(mask.shape) < 0.1).astype(np.uint8)
            for name, mask in model.masks.items()
        }
        effective.append(list(flow.effective_masks(model, masks).values()))
    for mask, expected in zip(*effective, strict=True):
        np.testing.assert_array_equal(mask, expected)
    assert 0 < mask.sum() < mask.size


class Own(keras.Model):
    """A network of somebody's own."""

    def __init__(self):
        super().__init__()
        self.dense = L.Dense(2)

    def call(self, x):
        return self.dense(x) - self.dense(x)


class OwnCall(keras.Sequential):
    """A row of layers, with a call of somebody's own."""

    def call(self, x, training=None, mask=None):
        return self.layers[0](x) * 0


def own():
    network = Own()
    network(np.ones((1, 3)))
    return network


def dense(*layers):
    return keras.Sequential([keras.Input((4, 4)), *layers, L.Dense(2)])


def patched():
    network = dense(keras.Sequential([L.Dense(4)], name="inner"))
    network.layers[0].call = lambda x, **options: -x
    return network


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (own, "^Own 'own.*' has a call of its own"),
        (
            lambda: OwnCall([keras.Input((3,)), L.Dense(2)]),
            "^OwnCall 'own_call.*' has a call of its own",
        ),
        (
            lambda: dense(keras.Sequential([L.Dense(4), L.GRU(2)])),
            "^GRU 'gru.*' is not known",
        ),
        (patched, "^Sequential 'inner' has a call of its own"),
    ],
)
def test_networks_that_may_compute_anything_are_named(build, reason):
    assert re.search(reason, flow_tracing.obstacle(build()))


class Functional(keras.Model):
    """A network of somebody's own that calls its layers one by one."""

    def __init__(self):
        x = keras.Input((3,))
        super().__init__(x, L.Dense(2)(x))


def test_subclasses_that_compute_nothing_else_are_known():
    assert flow_tracing.obstacle(Functional()) is None


def test_layers_compute_as_before_afterwards():
    activation = L.LeakyReLU(0.1)
    network = dense(
        L.Dense(3, activation=activation), L.Dropout(0.5), L.Dense(3, "tanh")
    )
    before = [dict(vars(layer)) for layer in network.layers]
    x = np.random.default_rng(0).normal(size=(2, 4, 4))
    outputs = network(x).numpy()
    with pytest.raises(KeyError), flow_tracing.tracing(network):
        assert network(x).numpy().max() <= 1
        raise KeyError
    assert [dict(vars(layer)) for layer in network.layers] == before
    np.testing.assert_array_equal(network(x).numpy(), outputs)
