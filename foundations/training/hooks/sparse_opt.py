"""SparseOpt: gradients of units as if masks had left all as many inputs."""

import typing

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.training import step_hooks, trainee
from lottery_ticket.foundations.values import fields

with lazy.imports():
    import keras
    import tensorflow as tf

    from lottery_ticket.foundations.networks import (
        kernels,
        mask_constraint,
        network_variables,
        norm_parameters,
    )
    from lottery_ticket.foundations.networks.compaction import graph

SOURCE = "Adnan et al. 2026 (https://arxiv.org/abs/2605.27541)"


@fields.settings
class Options:
    """Which gradients are scaled."""

    only_normalised: bool = fields.field(
        False,
        "Whether only those of layers that a normalisation follows are, True "
        "or False.",
        convert=fields.as_bool,
    )


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
    for all kernels with masks, unless only those are asked for.
    """

    def __init__(self, options: Options = Options()):  # noqa: B008  Frozen.
        """Takes options."""
        self._options = options

    @property
    def identity(self) -> dict[str, typing.Any]:
        return {"sparse_opt": fields.given(self._options)}

    def attach(self, model: trainee.Trainee) -> None:
        """Finds the masks.

        Raises ValueError if only layers that a normalisation follows are meant,
        and there is none that has a mask, or it cannot be told.
        """
        variables = model.network.trainable_variables
        only = self._options.only_normalised
        followed = normalised(model.network) if only else set()
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
            is_meant = not only or (
                id(layer) in followed and kernels.is_plain(layer, variable)
            )
            if place is not None and is_masked and is_meant:
                inputs = kernels.layout(layer, variable).inputs
                self._masks[place] = constraint.mask, inputs
        if only and not any(self._masks):
            raise ValueError(
                "hooks=sparse_opt:only_normalised=True changes nothing: no "
                "normalisation follows a kernel with a mask in "
                f"{model.network.name!r}. Leave the option out"
            )

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


def normalised(network: "keras.Model") -> set[int]:
    """Returns the ids of layers whose outputs normalisations see first.

    Batch, layer, group or RMS normalisations, whether they are trained or not.
    What has no weights and one input, such as an activation or a pooling, may
    lie between. All that reads an output counts: where it is added to something
    else, too, it is none of them.

    Raises ValueError if the network is not functional or sequential.
    """
    found = graph.of(network, "to tell what normalisations follow")
    readers: dict[int, list] = {}
    for call in found.calls:
        for number in {*call.inputs}:
            readers.setdefault(number, []).append(call)
    known = dict.fromkeys(found.outputs, False)

    def is_normalised(number):
        if number not in known:
            own = readers.get(number, [])
            known[number] = bool(own) and all(map(normalises, own))
        return known[number]

    def normalises(call):
        if isinstance(call.operation, tuple(norm_parameters.NEUTRAL)):
            return True
        has_weights = bool(getattr(call.operation, "weights", ()))
        passes = len(call.inputs) == len(call.outputs) == 1 and not has_weights
        return passes and is_normalised(call.outputs[0])

    by_layer: dict[int, list[bool]] = {}
    for call in found.calls:
        own = by_layer.setdefault(id(call.operation), [])
        own += map(is_normalised, call.outputs)
    return {layer for layer, own in by_layer.items() if own and all(own)}
