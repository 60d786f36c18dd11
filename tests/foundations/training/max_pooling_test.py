"""Tests of training/max_pooling.py: the same bits as TensorFlow's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.training import max_pooling
from lottery_ticket.tests import grids

CASES = [
    ((2, 2), (2, 2), "valid", (2, 5, 4, 3)),
    ((2, 2), (2, 2), "same", (2, 5, 5, 1)),
    ((3, 3), (2, 2), "same", (2, 7, 8, 2)),
    ((3, 2), (1, 2), "valid", (1, 6, 6, 2)),
    ((3, 3), (1, 1), "same", (1, 5, 4, 1)),
    ((3,), (2,), "same", (2, 8, 3)),
    ((2, 1, 3), (1, 1, 2), "same", (1, 3, 2, 5, 2)),
]


def with_gradient(pool, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = pool(x)
        # Another number for each output: sums show their order.
        weights = np.random.default_rng(2).normal(size=y.shape)
        total = tf.reduce_sum(y * tf.constant(weights, tf.float32))
    return y, tape.gradient(total, x)


@pytest.mark.parametrize(
    ("sizes", "strides", "padding", "shape"), grids.first(3, CASES)
)
def test_bits_are_those_of_tensorflow(sizes, strides, padding, shape):
    rng = np.random.default_rng(1)
    x = tf.constant(rng.integers(-2, 2, shape), tf.float32)  # Many ties.

    def ours(x):
        return max_pooling.max_pool(x, sizes, strides, padding)

    def theirs(x):
        return tf.nn.pool(x, sizes, "MAX", strides, padding.upper())

    found = tf.function(with_gradient, jit_compile=True)(ours, x)
    if len(sizes) == 3:  # Without XLA, each of equal maxima has it there.
        theirs = tf.function(theirs, jit_compile=True)
    expected = with_gradient(theirs, x)
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


def test_of_equal_values_the_first_has_the_gradient():
    x = tf.constant([[[1.0], [3.0], [3.0], [3.0]]])

    def pool(x):
        return max_pooling.max_pool(x, (4,), (4,), "valid")

    _, gradient = with_gradient(pool, x)
    assert np.flatnonzero(gradient).tolist() == [1]


@pytest.mark.slow
def test_networks_are_traced_without_a_loop_over_windows():
    pools = [
        keras.layers.MaxPooling2D(),
        keras.layers.MaxPooling2D(3, strides=2, padding="same"),
    ]
    network = keras.Sequential([keras.Input((8, 8, 2)), *pools])
    x = tf.random.stateless_normal((2, 8, 8, 2), (1, 2))

    def run(x):
        return with_gradient(network, x)

    plain = tf.function(run, jit_compile=True)
    changed = tf.function(run, jit_compile=True)
    with max_pooling.compared(network):
        text = changed.experimental_get_compiler_ir(x)("hlo")
    assert "select-and-scatter" not in text
    assert "select-and-scatter" in plain.experimental_get_compiler_ir(x)("hlo")
    for one, other in zip(plain(x), changed(x), strict=True):
        np.testing.assert_array_equal(one, other)


def test_layers_that_it_does_not_know_stay_as_they_are():
    class Own(keras.layers.MaxPooling2D):
        pass

    network = keras.Sequential([keras.Input((4, 4, 2)), Own()])
    with max_pooling.compared(network):
        assert "call" not in vars(network.layers[0])
    known = keras.Sequential(
        [keras.Input((4, 4, 2)), keras.layers.MaxPooling2D()]
    )
    with max_pooling.compared(known):
        assert "call" in vars(known.layers[0])
    assert "call" not in vars(known.layers[0])
