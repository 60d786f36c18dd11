"""Paths from input to output: which kept weights are on one."""

import re
import typing
import weakref

import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.networks import tracing
from lottery_ticket.foundations.values import examples
from lottery_ticket.foundations.values import masks as masks_lib

# ModelBase -> what `_compile` gives, which does not hold the ModelBase: of
# paths from input to output, and of those from the input that may end anywhere.
_PATHS = weakref.WeakKeyDictionary()
_ARRIVALS = weakref.WeakKeyDictionary()


def effective_masks(
    model: typing.Any, masks: dict[str, np.ndarray] | None = None
) -> dict[str, np.ndarray] | None:
    """Returns masks of the kept weights on a path from input to output.

    The others change no output by any input: nothing that comes from the input
    reaches them, or nothing goes on from them. A path leads through kept
    weights, through kernels without masks, which count as kept, and through
    padding nowhere: of a 3x3 kernel that sees one pixel, only the middle can be
    effective. Values do not count: a kept weight of 0 is kept.

    Compiled once for each model, on the CPU: other masks cost one step on one
    example.

    Args:
        model: ModelBase.
        masks: Layer name -> array of 0s and 1s, or ValueError if they do not
            fit. None, and layers not named, are as the model's own.

    Returns:
        Dict, layer name -> uint8 array; None where there is an `obstacle`.
    """
    if obstacle(model) is not None:
        return None
    return _paths(model)(_completed(model, masks))


def reached_masks(
    model: typing.Any, masks: dict[str, np.ndarray] | None = None
) -> dict[str, np.ndarray] | None:
    """Returns masks of the kept weights that anything from the input reaches.

    Others multiply what no input changes: 0, or what biases make of it. Whether
    a path goes on from them does not count. All else is as for
    `effective_masks`.
    """
    if obstacle(model) is not None:
        return None
    if model not in _ARRIVALS:
        _ARRIVALS[model] = _compile(model, onwards=False)
    return _ARRIVALS[model](_completed(model, masks))


def obstacle(model: typing.Any) -> str | None:
    """Returns why `effective_masks` cannot tell of a model; None if it can."""
    found = _paths(model)
    return found if isinstance(found, str) else None


def _completed(model, masks):
    """Masks of all layers: those that are given, else the model's own."""
    own, given = model.masks, masks or {}
    masks_lib.check(given, {name: mask.shape for name, mask in own.items()})
    return {**own, **given}


def _paths(model):
    if model not in _PATHS:
        _PATHS[model] = _compile(model)
    return _PATHS[model]


def _compile(model, onwards=True):
    """Function (masks) -> those on a path; or text, why there is none."""
    reason = _obstacle(model)
    if reason is not None:
        return reason
    masks = [np.ones_like(mask) for mask in model.masks.values()]
    inputs = np.zeros((1, *_shape(model)))
    try:
        step = _compiled(model, masks, inputs, onwards)
        leads_from_nothing, _ = step(masks, inputs)
    except Exception as error:  # Layers raise all kinds.
        reason = " ".join(re.sub(r"\x1b\[\d*m", "", str(error)).split())
        return f"it cannot be traced: {reason[:300]}"
    if leads_from_nothing:
        return "constants reach its outputs, which no input does"

    def effective(masks):
        given = [np.asarray(mask, np.uint8) for mask in masks.values()]
        _, found = step(given, np.ones_like(inputs))
        return {
            name: mask.numpy()  # Sync point.
            for name, mask in zip(masks, found, strict=True)
        }

    return effective


def _obstacle(model):
    """Why nothing can be compiled, or None."""
    found = tracing.path_obstacle(model.network)
    if found is not None:
        return found
    if model.without_flow:
        return f"{model.without_flow[0]} is not known to add up what flows in"
    inputs = model.network.inputs
    is_one = not model.input_shape or examples.is_one(model.input_shape)
    if not is_one or len(inputs) != 1 or "float" not in inputs[0].dtype:
        return "its input is not one tensor of floats"
    if None in _shape(model):
        return f"the size of its inputs is not known, {_shape(model)}"
    return None


def _shape(model):
    """Of one example."""
    return model.input_shape or model.network.inputs[0].shape[1:]


def _compiled(model, masks, inputs, onwards):
    """Function (masks, inputs) -> whether outputs are reached, effective."""
    # Not the model itself, which is let go of with what is compiled for it.
    network = model.network
    kernels = [model.variables[name] for name in model.masks]
    masked = {id(kernel) for kernel in kernels}
    constants = [
        (variable, value)
        for variable, value in tracing.path_constants(network)
        if id(variable) not in masked
    ]

    def step(masks, inputs):
        values = [tf.cast(mask, tf.float64) for mask in masks]
        values += [
            tf.fill(variable.shape, tf.constant(value, tf.float64))
            for variable, value in constants
        ]
        variables = [*kernels, *(variable for variable, _ in constants)]
        with tf.GradientTape() as tape:
            tape.watch(values)
            reached = tracing.outputs(network, variables, values, inputs)
            reached = [tf.reduce_sum(each) for each in tf.nest.flatten(reached)]
        # Counts of the places where a path leads through a weight.
        counts = tracing.gradient(tape, reached, values[: len(masks)])
        effective = [
            tf.where(count > 0.5, mask, tf.zeros_like(mask))
            for mask, count in zip(masks, counts, strict=True)
        ]
        return tf.add_n(reached) > 0, effective

    def step_on_cpu(masks, inputs):
        with tf.device("CPU:0"):
            return step(masks, inputs)

    # Another trace would not be in these contexts.
    with tracing.in_precision(network), tracing.as_paths(network, onwards):
        return tf.function(step_on_cpu, autograph=False).get_concrete_function(
            [tf.TensorSpec(mask.shape, tf.uint8) for mask in masks],
            tf.TensorSpec(inputs.shape, tf.float64),
        )
