"""Tests of networks/compaction/channels.py."""

import keras
import numpy as np

from lottery_ticket.tests import smaller

L = keras.layers


def test_a_layer_that_is_called_twice_keeps_what_either_needs():
    one, other = keras.Input((3,), name="one"), keras.Input((3,), name="other")
    shared, after = L.Dense(4, name="shared"), L.Dense(4, name="after")
    rows = [after(shared(each)) for each in (one, other)]
    network = keras.Model([one, other], L.Concatenate(name="both")(rows))
    reads = L.Dense(2, name="reads")
    network = keras.Model([one, other], reads(network.outputs[0]))
    kernel = np.ones((8, 2))
    kernel[[0, 1, 4, 6]] = 0  # Of one: 2, 3. Of the other: 1, 3.
    smaller.put(reads, [kernel, [0, 0]])
    own = np.ones((3, 4))
    own[:, 3] = 0
    smaller.put(shared, [own, [0, 0, 0, 2]])
    found = smaller.check(network)
    assert smaller.shapes(found)["shared/kernel"] == (3, 3)
    assert smaller.shapes(found)["after/kernel"] == (3, 3)
    assert [each.path for each in found.layers] == ["shared", "after", "reads"]
    # A constant that is another in the second call cannot go.
    first = L.Dense(3, name="first")
    zero = smaller.dense(3, 3, np.zeros(9), [0, 0, 0], None)
    calls = shared(first(one)), shared(zero(other))
    network = keras.Model([one, other], [L.Dense(1)(each) for each in calls])
    smaller.put(first, [np.eye(3) * [0, 1, 1], [5, 0, 0]])
    found = smaller.check(network)
    assert smaller.shapes(found)["first/kernel"] == (3, 3)


def test_a_network_of_zeros_is_a_thin_one():
    network = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            *(smaller.conv(5, activation="relu") for _ in range(3)),
            L.BatchNormalization(),
            L.Flatten(),
            L.Dense(7, "tanh"),
            L.Dense(3),
        ]
    )
    for variable in network.weights:
        if len(variable.shape) > 1:
            variable.assign(np.zeros(variable.shape))
    network.layers[-1].bias.assign([1, 2, 3])
    found = smaller.check(network)
    assert found.layers[-1].inputs == (7, 1)
    assert found.layers[-1].outputs == (3, 3)
    outputs = found.network(np.ones((2, 6, 6, 2)))
    np.testing.assert_array_equal(outputs, [[1, 2, 3]] * 2)
