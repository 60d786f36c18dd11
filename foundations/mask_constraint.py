"""The mask of one kernel, as a Keras constraint."""

import keras
import tensorflow as tf


class MaskConstraint(keras.constraints.Constraint):
    """Puts pruned entries of a kernel back to 0.

    The optimizer applies it after every update, so the mask holds in any
    training loop, plain `model.fit` included. It is not serialised: a saved
    model is a plain Keras model whose pruned weights are 0.
    """

    def __init__(self, shape):
        """Keeps everything, until `mask` is assigned.

        Args:
            shape: Shape of the kernel.
        """
        self.mask = tf.Variable(tf.ones(shape, tf.bool), trainable=False)

    def __call__(self, weights):
        """Returns the weights with 0 (never -0) where the mask is 0."""
        return tf.where(self.mask, weights, tf.zeros_like(weights))
