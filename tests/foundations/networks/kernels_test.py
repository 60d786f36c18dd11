"""Tests of networks/kernels.py; conformance_test tries every class."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.networks import kernels

L = keras.layers


class Own(L.Layer):
    """A layer of somebody's own."""

    def build(self, shape):
        self.matrix = self.add_weight(shape=(shape[-1], 3), name="matrix")
        self.offset = self.add_weight(shape=(3,), name="offset")

    def call(self, x):
        return x @ self.matrix + self.offset


def test_kernels_of_trained_layers_are_found_once():
    shared = L.Dense(4)
    frozen = L.Dense(4, trainable=False)
    network = keras.Sequential(
        [keras.Input((4,)), shared, shared, frozen, L.Dense(2)]
    )
    found = kernels.find(network)
    assert [kernel.shape for kernel in found] == [(4, 4), (4, 2)]
    assert found[0] is shared.kernel


def test_what_is_not_masked_is_listed_with_its_reason():
    network = keras.Sequential(
        [
            keras.Input((5, 4)),
            L.LSTM(3),
            Own(),
            L.Dense(4, trainable=False),
            L.BatchNormalization(),
            L.Dense(2),
        ]
    )
    left = kernels.not_masked(network, kernels.find(network))
    assert [(each.name, each.shape) for each in left] == [
        ("lstm.lstm_cell_kernel", (4, 12)),
        ("lstm.lstm_cell_recurrent_kernel", (3, 12)),
        ("own_matrix", (3, 3)),
        ("dense_kernel", (3, 4)),
    ]
    assert "Own has no kernel that is known" in left[2].reason
    assert left[3].reason == "it is not trained"


def test_subclasses_of_known_layers_have_kernels():
    class Scaled(L.Dense):
        """A dense layer with a twist."""

    network = keras.Sequential([keras.Input((4,)), Scaled(2)])
    assert len(kernels.find(network)) == 1


@pytest.mark.slow
def test_quantised_kernels_are_listed_not_masked():
    network = keras.Sequential([keras.Input((4,)), L.Dense(2), L.Dense(2)])
    network.layers[0].quantize("int8")
    network(np.ones((1, 4), np.float32))
    found = kernels.find(network)
    assert [kernel is network.layers[1].kernel for kernel in found] == [True]
    left = kernels.not_masked(network, found)
    assert ["it is not trained"] == [each.reason for each in left]
