"""SparseOpt: gradients of units as if masks had left all as many inputs."""

import typing

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.training import step_hooks, trainee

with lazy.imports():
    import tensorflow as tf

    from lottery_ticket.foundations.networks import (
        kernels,
        mask_constraint,
        network_variables,
    )

SOURCE = "Adnan et al. 2026 (https://arxiv.org/abs/2605.27541)"


class SparseOpt(step_hooks.StepHook):
    """Gradients of each unit's weights are scaled by how many it keeps.

    Of a unit that keeps f of its inputs, they are multiplied by

        sqrt(f / mean of f over the layer's units)

    which is sqrt(1 - s) / sqrt(1 - mean s) of sparsities s: normalisation makes
    gradients larger the fewer inputs there are, and this takes it back. It
    comes before weight decay, clipping and the optimizer. Units are as pruning
    has them (see `kernels.layout`): of a convolution channels, with all the
    window's weights as inputs; of a gate each column is a unit. Masks are
    looked at in every iteration. Biases and kernels without a mask are left
    alone.

    Optimizers that divide a gradient by its size, such as Adam, divide the
    factor out again.

    Source: Adnan et al. 2026 (https://arxiv.org/abs/2605.27541), of whom the
    abstract and summaries were read, no code.
    Differs: there it is for layers that a normalisation follows; here it is
    for all kernels with masks.
    """

    @property
    def identity(self) -> dict[str, typing.Any]:
        return {"sparse_opt": {}}

    def attach(self, model: trainee.Trainee) -> None:
        variables = model.network.trainable_variables
        # Masks, and axes of inputs.
        self._masks: list[typing.Any] = [None] * len(variables)
        places = {id(each): place for place, each in enumerate(variables)}
        masked = [
            each
            for each in variables
            if isinstance(each.constraint, mask_constraint.MaskConstraint)
        ]
        named = network_variables.named(model.network, masked)
        for layer, variable in named.values():
            place = places.get(id(variable))
            constraint = variable.constraint
            is_masked = isinstance(constraint, mask_constraint.MaskConstraint)
            if place is not None and is_masked:
                inputs = kernels.layout(layer, variable).inputs
                self._masks[place] = constraint.mask, inputs

    def gradients(
        self, gradients: "list[tf.Tensor]", iteration: "tf.Tensor"
    ) -> "list[tf.Tensor]":
        del iteration
        return [
            gradient
            if known is None
            else gradient * factors(known[0], known[1], gradient.dtype)
            for known, gradient in zip(self._masks, gradients, strict=True)
        ]


def factors(
    mask: "tf.Tensor", inputs: tuple[int, ...], dtype: typing.Any
) -> "tf.Tensor":
    """Returns what gradients of each unit's weights are multiplied by.

    0 for a unit that keeps none, 1 where all keep as many.

    Args:
        mask: Bools, True where kept.
        inputs: Axes of it that are inputs of a unit.
        dtype: Of the result, whose axes of inputs have length 1.
    """
    kept = tf.reduce_sum(tf.cast(mask, dtype), inputs, keepdims=True)
    return tf.sqrt(tf.math.divide_no_nan(kept, tf.reduce_mean(kept)))
