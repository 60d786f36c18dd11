"""How often a network uses each weight for one example: what FLOPs are of.

A dense layer uses each once, a convolution once at each place of its output.
`values.flop_counts` makes FLOPs of it.
"""

import collections
import math
import typing
from collections.abc import Mapping

import keras
import tensorflow as tf

from lottery_ticket.foundations.networks import (
    keras_private,
    kernels,
    network_variables,
    tracing,
)


def positions(
    network: keras.Model,
    variables: Mapping[str, keras.Variable] | None = None,
    input_shape: typing.Any = (),
) -> dict[str, int]:
    """Returns how often each weight of kernels is used for one example.

    Every weight of a kernel is used as often: its multiply-adds are positions *
    weights. Zeros of "same" padding count as inputs, as is usual. A layer that
    is called twice counts twice, and a recurrent one for every step. What is
    looked up, as in embeddings, is not multiplied: 0.

    Layers that nothing is known of are left out, those called in loops of a
    user's own among them, and so are all where the size of inputs is not known
    or the network cannot be traced. Traces it once, and changes nothing.

    Args:
        network: Built.
        variables: Dict, name -> kernel: those that are meant. None takes all
            kernels, by the names that `network_variables.named` gives.
        input_shape: Shape of one example, or of each of its inputs. Needed
            where the network does not say it; () asks the network.
    """
    if variables is None:
        variables = kernels_of(network)
    uses = _Uses()
    try:
        inputs = _inputs(network, input_shape)
        with tracing.changed(uses.hooks(network)):
            uses.trace(network, inputs)
    except Exception:  # Layers raise all kinds.
        return {}
    return {
        name: uses.counts[id(kernel)]
        for name, kernel in variables.items()
        if id(kernel) in uses.known - uses.unknown
    }


def multiply_adds(
    network: keras.Model, input_shape: typing.Any = ()
) -> dict[str, int]:
    """Returns the multiply-adds of each kernel for one example, by its name.

    Arguments, names and what is left out are as of `positions`.
    """
    found, own = positions(network, None, input_shape), kernels_of(network)
    return {n: uses * math.prod(own[n].shape) for n, uses in found.items()}


class _Uses:
    """What is seen of a network's kernels while it is traced, by their ids."""

    def __init__(self):
        self.counts = collections.Counter()
        self.known = set()
        self.unknown = set()
        self._graph: typing.Any = None

    def trace(self, network, inputs):
        """Traces a network whose layers have the `hooks`."""

        def outputs(inputs):
            self._graph = tf.compat.v1.get_default_graph()
            return tracing.outputs(network, [], [], inputs)

        tf.function(outputs, autograph=False).get_concrete_function(inputs)

    def hooks(self, network):
        """Yields pairs of a layer and a call of it that counts."""
        for layer in keras_private.layers(network):
            kind = next(
                (each for each in _RULES if isinstance(layer, each)), None
            )
            if kind is not None and _is_kerass(layer):
                own = _own_kernels(layer)
                self.known |= {id(kernel) for kernel in own}
                yield layer, {"call": self._counting(layer, _RULES[kind], own)}

    def _counting(self, layer, rule, own):
        call = layer.call

        def count(x, *args, **options):
            y = call(x, *args, **options)
            if tf.compat.v1.get_default_graph() is not self._graph:
                # The body of a loop: traced once, however often it is run.
                self.unknown |= {id(kernel) for kernel in own}
            for kernel in own:
                self.counts[id(kernel)] += rule(layer, x, y)
            return y

        return count


def _is_kerass(layer):
    """Whether what it computes is what Keras's code says, in floats."""
    is_kerass = type(layer).call.__module__.startswith("keras.")
    return is_kerass and getattr(layer, "quantization_mode", None) is None


def _own_kernels(layer):
    """Kernels that a layer's call uses, those of a recurrent one's cells."""
    owners, names = [layer], kernels.KERNELS
    if isinstance(layer, keras.layers.RNN):
        cells = getattr(layer.cell, "cells", [layer.cell])
        owners = [cell for cell in cells if _is_kerass(cell)]
        names = kernels.RECURRENT
    return [
        getattr(owner, name)
        for owner in owners
        for kind, attributes in names.items()
        if isinstance(owner, kind)
        for name in attributes
    ]


def _once(layer, x, y):
    """Of a dense layer: for each vector that it is given."""
    return math.prod(x.shape[:-1])


def _einsum(layer, x, y):
    """All products of an entry of the inputs and one of the kernel."""
    summed, _ = kernels.fans(layer, layer.kernel)
    return math.prod(y.shape) * summed // math.prod(layer.kernel.shape)


def _at_outputs(layer, x, y):
    return _places(layer, y)


def _at_inputs(layer, x, y):
    """Of a transposed convolution, also where it is cropped afterwards."""
    return _places(layer, x)


def _at_steps(layer, x, y):
    """Of a recurrent layer, and at each place if it is a convolution, too."""
    if not isinstance(layer.cell, keras_private.ConvLSTMCell):
        return x.shape[1]
    *_, image = [y] if not layer.return_state else y[:1]
    return x.shape[1] * _places(
        layer.cell, image[:, 0] if layer.return_sequences else image
    )


def _places(layer, image):
    """How many places an image has, of whose channels one call makes it."""
    axis = 1 if layer.data_format == "channels_first" else -1
    return math.prod(image.shape) // image.shape[axis]


_RULES = {
    keras.layers.Dense: _once,
    keras.layers.EinsumDense: _einsum,
    keras.layers.Embedding: lambda layer, x, y: 0,
    **dict.fromkeys(
        (
            keras.layers.Conv1DTranspose,
            keras.layers.Conv2DTranspose,
            keras.layers.Conv3DTranspose,
        ),
        _at_inputs,
    ),
    keras.layers.RNN: _at_steps,
}
_RULES |= {
    kind: _RULES.get(kind, _at_outputs)
    for kind in kernels.KERNELS
    if kind not in kernels.RECURRENT
}


def kernels_of(network: keras.Model) -> dict[str, keras.Variable]:
    """Returns all kernels of a network, trained or not, by their names."""
    found = kernels.find(network, trained_only=False)
    own = {id(kernel) for kernel in found}
    named = network_variables.named(network, found)
    return {n: each for n, (_, each) in named.items() if id(each) in own}


def _inputs(network, input_shape):
    """A tf.TensorSpec of one example, or of each of its inputs, nested."""
    if not getattr(network, "inputs", None):
        return _of_leaves(_spec, input_shape)
    of_sequence = isinstance(network, keras.Sequential)
    structure = network.inputs[0] if of_sequence else network.input
    tensors = keras.tree.flatten(structure)
    shapes = [tuple(each.shape[1:]) for each in tensors]
    if input_shape != ():
        shapes = []
        _of_leaves(shapes.append, input_shape)
    specs = [
        _spec(shape, tensor.dtype)
        for shape, tensor in zip(shapes, tensors, strict=True)
    ]
    return keras.tree.pack_sequence_as(structure, specs)


def _of_leaves(function, shape):
    """A function of each of several shapes, as of `examples.shapes`."""
    if isinstance(shape, dict):
        return {key: _of_leaves(function, shape[key]) for key in sorted(shape)}
    if any(isinstance(size, tuple | dict) for size in shape):
        return tuple(_of_leaves(function, each) for each in shape)
    return function(shape)


def _spec(shape, dtype="float32"):
    return tf.TensorSpec((1, *shape), dtype)
