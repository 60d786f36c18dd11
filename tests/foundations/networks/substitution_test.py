"""Tests of networks/substitution.py."""

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.networks import substitution

X = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)


class Adds(keras.layers.Layer):
    """Adds its inputs' mean square to the loss."""

    def call(self, x):
        self.add_loss(keras.ops.mean(keras.ops.square(x)))
        return x


def made():
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, kernel_regularizer="l2"),
            keras.layers.BatchNormalization(),
            Adds(),
        ]
    )


def test_tensors_stand_for_variables_in_one_call():
    network = made()
    kernel = network.layers[0].kernel
    before = [each.numpy() for each in network.variables]
    stand = np.ones((4, 3), np.float32)
    outputs, losses = substitution.call(
        network, X, [(kernel, tf.constant(stand))], training=False
    )
    np.testing.assert_allclose(
        outputs, X @ stand / np.sqrt(1 + 1e-3), rtol=1e-5
    )
    np.testing.assert_allclose(losses, [np.square(outputs).mean()], rtol=1e-5)
    for value, each in zip(before, network.variables, strict=True):
        np.testing.assert_array_equal(each.numpy(), value)


def test_statistics_move_if_they_are_to():
    network = made()
    norm = network.layers[1]
    for keeps_state in (False, True):
        before = norm.moving_mean.numpy()
        substitution.call(
            network, X, (), training=True, keeps_state=keeps_state
        )
        moved = (norm.moving_mean.numpy() != before).any()
        assert moved == keeps_state


def test_gradients_reach_the_variable_through_what_stands_for_it():
    network = made()
    kernel = network.layers[0].kernel
    with tf.GradientTape() as tape:
        stand = 0.25 * tf.convert_to_tensor(kernel.value)
        outputs, _ = substitution.call(
            network, X, [(kernel, stand)], training=False
        )
        loss = tf.reduce_sum(outputs)
    found = tape.gradient(loss, kernel.value)
    expected = 0.25 * np.tile(X.sum(axis=0)[:, None], 3) / np.sqrt(1 + 1e-3)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
