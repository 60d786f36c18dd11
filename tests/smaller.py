"""Networks with zeros in them, and a check of what is made of them."""

import keras
import numpy as np

from lottery_ticket.foundations.networks.compaction import compaction

L = keras.layers
SAME = {"kernel_size": 3, "padding": "same"}


def conv(filters, **options):
    return L.Conv2D(filters, **{**SAME, **options})


def dense(inputs, outputs, kernel, bias=None, activation="relu"):
    """A layer and its weights, to be assigned once it is built."""
    layer = L.Dense(outputs, activation, use_bias=bias is not None)
    layer.build((None, inputs))
    values = [np.reshape(kernel, (inputs, outputs))]
    put(layer, values + ([] if bias is None else [bias]))
    return layer


def put(layer, values):
    layer.set_weights([np.array(each, np.float32) for each in values])


def thinned(network, density, seed, dead=0.4):
    """The same network, with zeros in it and nothing at its usual start."""
    rng = np.random.default_rng(seed)
    for variable in network.weights:
        value = rng.normal(size=variable.shape)
        if "variance" in variable.name:
            value = 0.5 + rng.random(variable.shape)
        elif len(variable.shape) > 1 and "alpha" not in variable.name:
            value *= rng.random(variable.shape) < density
            value *= rng.random(variable.shape[-1]) >= dead
            if rng.random() < 0.5:  # Units that nothing reads, too.
                value *= rng.random((variable.shape[-2], 1)) >= dead
        elif rng.random() < 0.3:
            value = np.zeros(variable.shape)
        variable.assign(value)
    return network


def examples(network, seed=0, count=3):
    rng = np.random.default_rng(seed)
    arrays = [
        rng.normal(size=(count, *each.shape[1:])).astype(np.float32)
        for each in network.inputs
    ]
    return arrays if len(arrays) > 1 else arrays[0]


def check(network, seed=0):
    """Compacts it; raises unless outputs agree, and nothing of it changed."""
    before = [each.numpy() for each in network.weights]
    found = compaction.compact(network)
    given = examples(network, seed)
    apart = compaction.difference(network, found.network, [given])
    assert apart < compaction.TOLERANCE
    for variable, value in zip(network.weights, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    assert found.weights[1] == found.network.count_params()
    return found


def shapes(found):
    return {
        f"{layer.name}/{variable.name}": tuple(variable.shape)
        for layer in found.network.layers
        for variable in layer.weights
    }
