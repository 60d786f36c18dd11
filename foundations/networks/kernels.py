"""The kernels of a Keras network: which variables can have masks; fans."""

import math
import typing

import keras

from lottery_ticket.foundations.networks import network_variables

# Layer class -> attributes that are kernels; subclasses count too.
KERNELS = {
    keras.layers.Dense: ("kernel",),
    keras.layers.EinsumDense: ("kernel",),
    keras.layers.Embedding: ("embeddings",),
    keras.layers.Conv1D: ("kernel",),
    keras.layers.Conv2D: ("kernel",),
    keras.layers.Conv3D: ("kernel",),
    keras.layers.Conv1DTranspose: ("kernel",),
    keras.layers.Conv2DTranspose: ("kernel",),
    keras.layers.Conv3DTranspose: ("kernel",),
    keras.layers.DepthwiseConv1D: ("kernel",),
    keras.layers.DepthwiseConv2D: ("kernel",),
    keras.layers.SeparableConv1D: ("depthwise_kernel", "pointwise_kernel"),
    keras.layers.SeparableConv2D: ("depthwise_kernel", "pointwise_kernel"),
}


class NotMasked(typing.NamedTuple):
    """A variable that could be pruned for its size, and why it is not."""

    name: str
    shape: tuple[int, ...]
    reason: str


def find(network: keras.Model, trained_only: bool = True) -> list:
    """Returns the kernels of a built network that are trained, each once."""
    trained = {id(variable) for variable in network.trainable_variables}
    found = {
        id(variable): variable
        for layer in network_variables.layers(network).values()
        for variable in _of_layer(layer)
    }
    return [
        each
        for key, each in found.items()
        if key in trained or not trained_only
    ]


def not_masked(
    network: keras.Model, kernels: list[keras.Variable]
) -> list[NotMasked]:
    """Returns the variables of two or more axes that get no mask.

    Biases never do, whatever their shape; `kernels` are those that do.
    """
    masked = {id(variable) for variable in kernels}
    trained = {id(variable) for variable in network.trainable_variables}
    left = []
    named = network_variables.named(network, kernels)
    for name, (layer, variable) in named.items():
        is_bias = "bias" in variable.name
        if id(variable) in masked or len(variable.shape) < 2 or is_bias:
            continue
        reason = "it is not trained"
        if id(variable) in trained:
            masked_here = {id(each) for each in _of_layer(layer)} & masked
            known = "other kernel" if masked_here else "kernel"
            reason = f"{type(layer).__name__} has no {known} that is known here"
        left.append(NotMasked(name, tuple(variable.shape), reason))
    return left


def fans(layer: keras.Layer, kernel: keras.Variable) -> tuple[int, int]:
    """Returns how many weights lead to an output and from an input, as a pair.

    As PyTorch's initialisers count fan-in and fan-out, from the shape that the
    kernel has there:

    - dense: inputs, outputs.
    - convolution: kernel size * inputs of one group; kernel size * all outputs,
      whatever the groups.
    - depthwise convolution, also the first half of a separable one: as one of
      as many groups as it has inputs. 3x3 has a fan-in of 9, where Keras's own
      initialisers count 9 * channels.
    - transposed convolution: the two the other way round, as PyTorch does, so
      that the fan-in counts outputs.
    - embedding: size of a vector, number of vectors.
    - einsum, which PyTorch has not: as dense, the axes that are summed being
      inputs and those that are added outputs; an axis that is neither, such as
      a batch of kernels, counts for nothing.
    """
    shape = tuple(kernel.shape)
    if isinstance(layer, keras.layers.EinsumDense):
        return _einsum(layer.equation, shape)
    *window, inputs, outputs = shape
    if isinstance(layer, keras.layers.Embedding):
        inputs, outputs = outputs, inputs
    if _is_depthwise(layer, kernel):
        inputs, outputs = 1, inputs * outputs
    return math.prod(window) * inputs, math.prod(window) * outputs


def _of_layer(layer):
    for kind, attributes in KERNELS.items():
        if isinstance(layer, kind):
            values = [getattr(layer, each, None) for each in attributes]
            variables = [v for v in values if isinstance(v, keras.Variable)]
            # Quantised ones are none.
            return [each for each in variables if "float" in each.dtype]
    return []


def _is_depthwise(layer, kernel):
    """Whether a kernel has a filter of its own for each input channel."""
    kinds = keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D
    is_first_half = kernel is getattr(layer, "depthwise_kernel", None)
    return isinstance(layer, kinds) or is_first_half


def _einsum(equation, shape):
    """Of an equation such as 'abc,cde->abde': (c, d * e)."""
    terms, outputs = equation.split("->")
    inputs, axes = terms.split(",")
    sizes = dict(zip(axes, shape, strict=True))
    summed = [size for axis, size in sizes.items() if axis not in outputs]
    added = [size for axis, size in sizes.items() if axis not in inputs]
    return math.prod(summed), math.prod(added)
