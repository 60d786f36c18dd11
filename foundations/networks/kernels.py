"""The kernels of a Keras network: which variables can have masks; fans."""

import math
import typing
import weakref

import keras

from lottery_ticket.foundations.networks import (
    keras_private,
    network_variables,
)
from lottery_ticket.foundations.selection import granularity

# Cells of recurrent layers, which 0.1.0 gave no masks.
RECURRENT = {
    keras.layers.LSTMCell: ("kernel", "recurrent_kernel"),
    keras.layers.GRUCell: ("kernel", "recurrent_kernel"),
    keras.layers.SimpleRNNCell: ("kernel", "recurrent_kernel"),
    keras_private.ConvLSTMCell: ("kernel", "recurrent_kernel"),
}
_WITHOUT_GATES = (keras.layers.SimpleRNNCell,)
_THREE_GATES = (keras.layers.GRUCell,)
_TRANSPOSED = tuple(
    getattr(keras.layers, f"Conv{count}DTranspose") for count in (1, 2, 3)
)
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
    **RECURRENT,
}
# The same of users' layers: see `register_kernels`.
_REGISTERED: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


class NotMasked(typing.NamedTuple):
    """A variable that could be pruned for its size, and why it is not."""

    name: str
    shape: tuple[int, ...]
    reason: str


def register_kernels(kind: type, *attributes: str) -> None:
    """Gives kernels of a user's layers masks, in every network from now on.

    Whatever finds kernels finds them: summaries, scores, prunings, searches and
    files. Subclasses have those of their bases, too. Networks that are wrapped
    already stay as they are. What was registered of the same class before is
    replaced, so that a wrong name can be taken back.

    Args:
        kind: Class of layers.
        attributes: Names of attributes of such a layer, each a trained variable
            of floats with two or more axes, or None in layers that lack it.
            That is looked at in each network, which raises a ValueError.

    Raises:
        ValueError: If it is no class of layers, or names are none.
    """
    if not (isinstance(kind, type) and issubclass(kind, keras.Layer)):
        raise ValueError(
            "Kernels are registered for a class of keras.Layer. Received: "
            f"{kind!r}"
        )
    wrong = [
        each
        for each in attributes
        if not (isinstance(each, str) and each.isidentifier())
    ]
    if wrong or not attributes:
        raise ValueError(
            f"Kernels of {kind.__name__} are registered by the names of its "
            "attributes, such as register_kernels("
            f"{kind.__name__}, 'kernel'). Received: "
            f"{', '.join(map(repr, wrong)) or 'none'}"
        )
    _REGISTERED[kind] = tuple(dict.fromkeys(attributes))


def registered(layer: keras.Layer) -> list[str]:
    """Returns the attributes of a layer that are registered as kernels."""
    return _attributes(_REGISTERED, layer)


def find(
    network: keras.Model, trained_only: bool = True, as_0_1_0: bool = False
) -> list[keras.Variable]:
    """Returns the kernels of a built network that are trained, each once.

    Those that 0.1.0 knew, if that is asked for.

    Raises ValueError if what is registered is no kernel.
    """
    trained = {id(variable) for variable in network.trainable_variables}
    found = {
        id(variable): variable
        for layer in network_variables.layers(network).values()
        if not (as_0_1_0 and is_recurrent(layer))
        for variable in _of_layer(layer)
    }
    return [
        each
        for key, each in found.items()
        if key in trained or not trained_only
    ]


def is_recurrent(layer: keras.Layer) -> bool:
    """Whether a layer is a cell whose kernels recurrent layers compute with."""
    return isinstance(layer, tuple(RECURRENT))


def adds_up(layer: keras.Layer, kernel: keras.Variable) -> bool:
    """Whether a layer does nothing with a kernel but add up inputs times it.

    Biases and activations aside. Gates multiply, and what a user's layer does
    with a kernel that is registered is not known.
    """
    known = [getattr(layer, n, None) for n in _attributes(KERNELS, layer)]
    is_gated = is_recurrent(layer) and type(layer) not in _WITHOUT_GATES
    return not is_gated and any(each is kernel for each in known)


def is_plain(layer: keras.Layer, kernel: keras.Variable) -> bool:
    """Whether what a layer is called with is all that its kernel multiplies.

    So it is in dense layers, einsums and convolutions. Embeddings look their
    vectors up, recurrent kernels multiply states, and of separable convolutions
    the second kernel multiplies what the first gives.
    """
    is_one = getattr(layer, "kernel", None) is kernel
    return is_one and adds_up(layer, kernel) and not is_recurrent(layer)


def repeated(network: keras.Model) -> list[keras.Layer]:
    """Returns the layers inside those that call them step by step."""
    kinds = keras.layers.RNN, keras.layers.TimeDistributed
    return [
        inner
        for layer in keras_private.layers(network)
        if isinstance(layer, kinds)
        for inner in keras_private.layers(layer)
    ]


def not_masked(
    network: keras.Model,
    kernels: list[keras.Variable],
    as_0_1_0: bool = False,
) -> list[NotMasked]:
    """Returns the variables of two or more axes that get no mask.

    Biases never do, whatever their shape; `kernels` are those that do, as found
    with as_0_1_0.
    """
    masked = {id(variable) for variable in kernels}
    trained = {id(variable) for variable in network.trainable_variables}
    left = []
    named = network_variables.named(network, kernels, (), as_0_1_0)
    for name, (layer, variable) in named.items():
        is_bias = "bias" in variable.name
        if id(variable) in masked or len(variable.shape) < 2 or is_bias:
            continue
        reason = "it is not trained"
        if id(variable) in trained:
            reason = _reason(layer, variable, masked)
        left.append(NotMasked(name, tuple(variable.shape), reason))
    return left


def _reason(layer, variable, masked):
    """Why a trained variable has no mask, and how it gets one."""
    own = {id(each) for each in _of_layer(layer)}
    if id(variable) in own:
        return "its folder was begun when recurrent kernels had no masks"
    kind = type(layer).__name__
    known = "other kernel" if own & masked else "kernel"
    reason = f"{kind} has no {known} that is known here"
    for attribute, value in vars(layer).items():
        if value is variable and not attribute.startswith("_"):
            reason += f": register_kernels({kind}, {attribute!r}) masks it"
    return reason


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
    - recurrent: as dense, or convolution, to all gates at once, so that an
      LSTM's fan-out counts 4 * units; Keras's own initialisers count so, too.
    - einsum, which PyTorch has not: as dense, the axes that are summed being
      inputs and those that are added outputs; an axis that is neither, such as
      a batch of kernels, counts for nothing.
    - registered: the last axis being outputs, the one before it inputs, and
      others a window.
    """
    shape = tuple(kernel.shape)
    if isinstance(layer, keras.layers.EinsumDense):
        return _einsum(layer.equation, shape)
    *window, inputs, outputs = shape
    if isinstance(layer, keras.layers.Embedding):
        inputs, outputs = outputs, inputs
    if is_depthwise(layer, kernel):
        inputs, outputs = 1, inputs * outputs
    return math.prod(window) * inputs, math.prod(window) * outputs


def layout(layer: keras.Layer, kernel: keras.Variable) -> granularity.Layout:
    """Returns which axes of a kernel are inputs of a unit, and which are units.

    - dense, convolution, recurrent, registered: the last axis is units; all
      gates of a recurrent layer belong to the same ones.
    - depthwise convolution: channel and multiplier are units, each with the
      window as its inputs.
    - transposed convolution: the last axis but one is units.
    - embedding: the numbers of a vector are units, and words are inputs.
    - einsum: axes that are summed are inputs, all others are units.
    """
    axes = tuple(range(len(kernel.shape)))
    outputs: tuple[int, ...] = axes[-1:]
    if isinstance(layer, keras.layers.EinsumDense):
        terms, added = layer.equation.split("->")
        letters = terms.split(",")[1]
        outputs = tuple(a for a in axes if letters[a] in added)
    elif is_depthwise(layer, kernel):
        outputs = axes[-2:]
    elif isinstance(layer, _TRANSPOSED):
        outputs = axes[-2:-1]
    gates = 1
    if is_recurrent(layer) and not isinstance(layer, _WITHOUT_GATES):
        gates = 3 if isinstance(layer, _THREE_GATES) else 4
    inputs = tuple(axis for axis in axes if axis not in outputs)
    return granularity.Layout(inputs, outputs, gates)


def is_depthwise(layer: keras.Layer, kernel: keras.Variable) -> bool:
    """Whether a kernel has a filter of its own for each input channel."""
    kinds = keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D
    is_first_half = kernel is getattr(layer, "depthwise_kernel", None)
    return isinstance(layer, kinds) or is_first_half


def _attributes(known, layer):
    """Attributes that are known of a layer's classes, each once."""
    found = [known[kind] for kind in list(known) if isinstance(layer, kind)]
    return list(dict.fromkeys(each for names in found for each in names))


def _of_layer(layer):
    values = [getattr(layer, n, None) for n in _attributes(KERNELS, layer)]
    variables = [v for v in values if isinstance(v, keras.Variable)]
    # Quantised ones are none.
    found = [each for each in variables if "float" in each.dtype]
    for attribute in registered(layer):
        value = _registered(layer, attribute)
        if value is not None and all(value is not each for each in found):
            found.append(value)
    return found


def _registered(layer, attribute):
    """A variable that is registered, or None; ValueError if it is no kernel."""
    if not hasattr(layer, attribute):
        fault = "which it has not"
    else:
        value = getattr(layer, attribute)
        fault = None if value is None else _fault(layer, value)
        if fault is None:
            return value
    variables = [
        name
        for name, each in vars(layer).items()
        if isinstance(each, keras.Variable) and _fault(layer, each) is None
    ]
    raise ValueError(
        f"The layer {layer.name!r} has {attribute!r} registered as a kernel, "
        f"{fault}. Kernels are trained variables of floats with two or more "
        f"axes; {type(layer).__name__} has {', '.join(variables) or 'none'}"
    )


def _fault(layer, value):
    """What is wrong with a kernel; None if nothing is."""
    if not isinstance(value, keras.Variable):
        return f"which is no variable but of {type(value).__name__}"
    if "float" not in value.dtype:
        return f"which is of {value.dtype}"
    if len(value.shape) < 2:
        return f"which has the shape {tuple(value.shape)}"
    if layer.trainable and not value.trainable:
        return "which is not trained although the layer is"
    return None


def _einsum(equation, shape):
    """Of an equation such as 'abc,cde->abde': (c, d * e)."""
    terms, outputs = equation.split("->")
    inputs, axes = terms.split(",")
    sizes = dict(zip(axes, shape, strict=True))
    summed = [size for axis, size in sizes.items() if axis not in outputs]
    added = [size for axis, size in sizes.items() if axis not in inputs]
    return math.prod(summed), math.prod(added)
