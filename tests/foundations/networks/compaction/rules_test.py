"""Tests of networks/compaction/rules.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.networks.compaction import graph, rules

L = keras.layers


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        (None, True),
        (keras.activations.relu, True),
        (keras.activations.softmax, False),
        (keras.activations.log_softmax, False),
        (L.ReLU(), True),
        (L.Softmax(), False),
        (L.PReLU(), False),
        (L.LayerNormalization(), False),
    ],
)
def test_activations_that_mix_values_are_known(activation, expected):
    assert rules.is_per_value(activation) is expected


def test_functions_of_constants_leave_what_varies():
    given = np.array([np.nan, -2, 3, 0])
    found = rules.applied(keras.activations.relu, given)
    np.testing.assert_array_equal(found, [np.nan, 0, 3, 0])
    found = rules.applied(keras.ops.log, given)  # Of 0 and less.
    np.testing.assert_allclose(found, [np.nan, np.nan, np.log(3), np.nan])


def test_infinite_constants_vary():
    found = rules.known([1, np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(rules.varies(found), [False, *[True] * 3])
    assert rules.varies(rules.varying(3)).all()


def test_variables_that_a_layer_lacks_are_left_out():
    change = rules.sliced({"units": 2}, {"kernel": np.ones(2), "bias": None})
    assert change.config == {"units": 2} and set(change.values) == {"kernel"}


def test_a_barrier_lets_everything_through():
    x = keras.Input((3,))
    network = keras.Model(x, L.Dense(2)(x))
    found = graph.of(network)
    barrier = rules.Barrier(found.calls[0], found.tensors, "is not known")
    assert np.isnan(barrier.constants([np.zeros(3)])[0]).all()
    around = rules.Around(
        [np.zeros(3)], [np.zeros(3, bool)], [np.array([True, False])]
    )
    assert barrier.needed(around)[0].tolist() == [True] * 3
    assert barrier.present(around)[0].tolist() == [True] * 2
    assert barrier.change(around) == rules.Change()
    assert barrier.why().endswith("' is not known")
