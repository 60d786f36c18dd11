"""The mask of one kernel, as a Keras constraint."""

import typing

import keras
import tensorflow as tf

from lottery_ticket.foundations.networks import keras_private


class MaskConstraint(keras.constraints.Constraint):
    """Puts pruned entries of a kernel back to 0, or to values that are held.

    The optimizer applies it after every update, so the mask holds in any
    training loop, plain `model.fit` included. It is not serialised: a saved
    model is a plain Keras model whose pruned weights are 0, or those values.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        other: keras.constraints.Constraint | None = None,
    ):
        """Keeps everything, until `mask` is assigned.

        Args:
            other: Constraint that the kernel has already, applied before the
                mask; or None.
        """
        self.other = other
        self.mask = tf.Variable(tf.ones(shape, tf.bool), trainable=False)
        self._held = None

    def __call__(self, weights: typing.Any) -> tf.Tensor:
        """Returns the weights as constrained, and as held where pruned."""
        return self.put_back(
            weights if self.other is None else self.other(weights)
        )

    def put_back(self, weights: typing.Any) -> tf.Tensor:
        """Returns the weights as held where pruned, else as they are."""
        if self._held is None:
            return self.masked(weights)
        return tf.where(self.mask, tf.convert_to_tensor(weights), self._held)

    def hold(self, values: typing.Any = None) -> bool:
        """Sets what pruned entries are put back to, bit by bit; None is 0.

        The variable for it is made at the first values, so that those who hold
        none do not pay for it. Returns whether it is new: then what was traced
        before puts pruned entries back to 0 for good.
        """
        if self._held is not None:
            zeros = tf.zeros(self.mask.shape, self._held.dtype)
            self._held.assign(zeros if values is None else values)
            return False
        if values is not None:
            self._held = tf.Variable(values, trainable=False)
        return values is not None

    def masked(self, values: typing.Any) -> tf.Tensor:
        """Returns the values with 0 (never -0) where the mask is 0."""
        values = tf.convert_to_tensor(values)  # Embeddings' are sparse.
        return tf.where(self.mask, values, tf.zeros_like(values))


def hold(
    constraints: dict[str, MaskConstraint],
    kernels: dict[str, keras.Variable] | None = None,
) -> bool:
    """Has pruned entries put back to what they are now, or to 0.

    The latter without kernels. Returns whether what was traced before is of no
    use any more; see `MaskConstraint.hold`.
    """
    made = [
        constraint.hold(kernels[name].numpy() if kernels else None)
        for name, constraint in constraints.items()
    ]
    return any(made)


def mask_gradients(
    optimizer: keras.optimizers.Optimizer,
) -> keras.optimizers.Optimizer:
    """Makes an optimizer see no gradient of pruned entries; returns it.

    Its slots, such as momentum, are then exactly 0 there, and clipping by a
    global norm counts kept weights only. Our trainer does this; for `fit`,
    `network.compile(mask_gradients(optimizer), ...)`.
    """
    apply = type(optimizer).apply

    def masked_apply(grads, trainable_variables=None):
        variables = trainable_variables or keras_private.trained_variables(
            optimizer
        )
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
