"""Fans of kernels, counted as PyTorch does."""

import math

import keras


def count(layer, kernel) -> tuple[int, int]:
    """Returns how many weights lead to an output and from an input.

    As PyTorch's initialisers count, from the shape that the kernel has there:

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

    Args:
        layer: Keras layer of a class in kernels.KERNELS.
        kernel: A kernel of it, a keras.Variable.

    Returns:
        Pair (fan-in, fan-out).
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
