"""The mask of one kernel, as a Keras constraint."""

import keras
import tensorflow as tf


class MaskConstraint(keras.constraints.Constraint):
    """Puts pruned entries of a kernel back to 0.

    The optimizer applies it after every update, so the mask holds in any
    training loop, plain `model.fit` included. It is not serialised: a saved
    model is a plain Keras model whose pruned weights are 0.
    """

    def __init__(self, shape, other=None):
        """Keeps everything, until `mask` is assigned.

        Args:
            shape: Shape of the kernel.
            other: Constraint that the kernel has already, applied before the
                mask; or None.
        """
        self.other = other
        self.mask = tf.Variable(tf.ones(shape, tf.bool), trainable=False)

    def __call__(self, weights):
        """Returns the weights as constrained, and 0 where the mask is 0."""
        weights = weights if self.other is None else self.other(weights)
        return self.masked(weights)

    def masked(self, values):
        """Returns the values with 0 (never -0) where the mask is 0."""
        values = tf.convert_to_tensor(values)  # Embeddings' are sparse.
        return tf.where(self.mask, values, tf.zeros_like(values))


def mask_gradients(optimizer):
    """Makes an optimizer see no gradient of pruned entries; returns it.

    Its slots, such as momentum, are then exactly 0 there, and clipping by a
    global norm counts kept weights only. Our trainer does this; for `fit`,
    `network.compile(mask_gradients(optimizer), ...)`.

    Args:
        optimizer: Keras optimizer.
    """
    apply = type(optimizer).apply

    def masked_apply(grads, trainable_variables=None):
        variables = trainable_variables or optimizer._trainable_variables
        masked = [
            _masked(gradient, variable.constraint)
            for gradient, variable in zip(grads, variables, strict=True)
        ]
        return apply(optimizer, masked, trainable_variables)

    optimizer.apply = masked_apply
    return optimizer


def _masked(gradient, constraint):
    if gradient is None or not isinstance(constraint, MaskConstraint):
        return gradient
    return constraint.masked(gradient)
