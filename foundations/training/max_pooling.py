"""How max pooling's gradient is computed where XLA compiles."""

import contextlib
import functools
import itertools
import operator
import typing

import keras
import tensorflow as tf

from lottery_ticket.foundations.networks import keras_private, tracing

LAYERS = (
    keras.layers.MaxPooling1D,
    keras.layers.MaxPooling2D,
    keras.layers.MaxPooling3D,
)


def compared(network: keras.Model) -> contextlib.AbstractContextManager:
    """Lets max poolings be traced with a gradient made of comparisons.

    TensorFlow's own becomes one loop over all windows under XLA on a CPU, and
    on a GPU its deterministic mode refuses it there. Outputs and gradients
    have the same bits as TensorFlow's. Only the layers in `LAYERS`, channels
    last, are traced so; after the context they are plain Keras as before.
    """
    return tracing.changed(
        (layer, {"call": _call(layer)})
        for layer in keras_private.layers(network)
        if type(layer) in LAYERS and layer.data_format == "channels_last"
    )


def max_pool(
    x: tf.Tensor,
    sizes: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
) -> tf.Tensor:
    """Returns maxima over windows; the first of equal ones has the gradient.

    Args:
        x: Shape (batch, *places, channels); sizes of places are known.
        sizes: Of a window, one for each axis of places.
        strides: From one window to the next, one for each of them.
        padding: "valid" or "same", any case.
    """
    padding = padding.upper()

    @tf.custom_gradient
    def pooled(x):
        y = tf.nn.pool(x, sizes, "MAX", strides, padding)

        def gradient(dy):
            return _gradient(x, y, dy, sizes, strides, padding)

        return y, gradient

    return typing.cast(tf.Tensor, pooled(x))  # Not the pair it is made of.


def _call(layer):
    def call(inputs):
        pool = layer.pool_size, layer.strides, layer.padding
        return max_pool(inputs, *pool)

    return call


def _gradient(x, y, dy, sizes, strides, padding):
    """Gradient by x: each window's goes to the first place of its maximum."""
    lengths, counts = x.shape[1:-1], y.shape[1:-1]
    margins = [
        _margins(*each, padding)
        for each in zip(lengths, counts, sizes, strides, strict=True)
    ]
    lowest = x.dtype.min
    x = tf.pad(x, [(0, 0), *margins, (0, 0)], constant_values=lowest)
    shifts = list(itertools.product(*map(range, sizes)))
    is_open, shares = tf.ones_like(y, tf.bool), []
    for shift in shifts:
        is_chosen = is_open & (_shifted(x, shift, strides, counts) == y)
        is_open &= ~is_chosen
        shares.append(tf.where(is_chosen, dy, tf.zeros_like(dy)))
    # The last shift first: a place adds up its windows in their own order.
    total = functools.reduce(
        operator.add,
        (
            _placed(share, shift, strides, x.shape[1:-1])
            for share, shift in zip(shares[::-1], shifts[::-1], strict=True)
        ),
    )
    inner = (
        slice(before, before + length)
        for (before, _), length in zip(margins, lengths, strict=True)
    )
    return total[(slice(None), *inner)]


def _margins(length, count, size, stride, padding):
    """What pads an axis, so that every shift of its windows is a slice."""
    missing = max((count - 1) * stride + size - length, 0)
    before = missing // 2 if padding == "SAME" else 0
    needed = max(before + length, count * stride + size - 1)
    return before, needed - before - length


def _shifted(x, shift, strides, counts):
    """What lies at one place of each window."""
    places = (
        slice(first, first + (count - 1) * stride + 1, stride)
        for first, stride, count in zip(shift, strides, counts, strict=True)
    )
    return x[(slice(None), *places)]


def _placed(share, shift, strides, lengths):
    """Puts a value of each window where one place of it lies, among zeros."""
    axes = zip(shift, strides, lengths, strict=True)
    for axis, (first, stride, length) in enumerate(axes, start=1):
        size = share.shape[axis] * stride
        shape = [-1, *share.shape[1:axis], size, *share.shape[axis + 1 :]]
        spread = tf.pad(
            tf.expand_dims(share, axis + 1),
            _only(axis + 1, len(shape) + 1, (0, stride - 1)),
        )
        margins = _only(axis, len(shape), (first, length - first - size))
        share = tf.pad(tf.reshape(spread, shape), margins)
    return share


def _only(axis, count, margins):
    return [margins if each == axis else (0, 0) for each in range(count)]
