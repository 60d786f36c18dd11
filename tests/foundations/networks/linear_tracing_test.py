"""Tests of networks/linear_tracing.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.networks import linear_tracing

ONES = np.ones((1, 4), np.float32)


def build(middle, last=None):
    """Two dense layers without biases, something between them."""
    keras.utils.set_random_seed(1)  # The hidden values have both signs.
    inputs = keras.Input((4,))
    x = keras.layers.Dense(5, use_bias=False)(inputs)
    x = middle(x)
    outputs = keras.layers.Dense(3, activation=last, use_bias=False)(x)
    return keras.Model(inputs, outputs)


def product(network):
    first, second = (each.numpy() for each in network.trainable_variables[:2])
    return ONES @ first @ second


@pytest.mark.parametrize(
    "middle",
    [
        keras.layers.ReLU(max_value=0.1),
        keras.layers.LeakyReLU(0.5),
        keras.layers.ELU(),
        keras.layers.Activation("tanh"),
        keras.layers.Activation("relu6"),
        keras.ops.sigmoid,
        keras.ops.relu6,
        lambda x: keras.ops.silu(keras.ops.gelu(x)),
    ],
)
def test_activations_are_left_out_and_come_back(middle):
    network = build(middle)
    before = network(ONES).numpy()
    with linear_tracing.tracing(network):
        linear = tf.function(network, autograph=False)(ONES).numpy()
    np.testing.assert_allclose(linear, product(network), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(network(ONES).numpy(), before)
    assert np.abs(before - linear).max() > 1e-4


def test_attributes_of_layers_too_and_nested_ones():
    inner = build(keras.layers.Identity(), last="tanh")
    outer = keras.Sequential([keras.Input((4,)), inner])
    before = outer(ONES).numpy()
    with linear_tracing.tracing(outer):
        linear = tf.function(outer, autograph=False)(ONES).numpy()
    np.testing.assert_allclose(linear, product(inner), rtol=1e-5)
    np.testing.assert_array_equal(outer(ONES).numpy(), before)


@pytest.mark.parametrize("last", ["softmax", lambda x: 2 * x])
def test_softmax_and_what_is_not_known_stay(last):
    network = build(keras.layers.Identity(), last=last)
    before = network(ONES).numpy()
    with linear_tracing.tracing(network):
        np.testing.assert_allclose(network(ONES), before, rtol=1e-6)


def test_layers_are_given_back_after_an_error():
    network = build(keras.layers.ReLU(max_value=0.1))
    before = network(ONES).numpy()
    with pytest.raises(RuntimeError, match="mine"):
        with linear_tracing.tracing(network):
            raise RuntimeError("mine")
    np.testing.assert_array_equal(network(ONES).numpy(), before)
