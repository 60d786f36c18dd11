"""What each class of layer does to paths that lead through it."""

import typing
from collections.abc import Callable

import keras
import tensorflow as tf

from lottery_ticket.foundations.networks import keras_private, kernels


def _dimensions(*names):
    """Layer classes of these names, in one to three dimensions."""
    return tuple(
        getattr(keras.layers, f"{name}{count}D")
        for name in names
        for count in (1, 2, 3)
    )


# Without biases and activations, they add up what flows in: a SimpleRNN step by
# step. Gates of other recurrent layers multiply.
WEIGHTED = tuple(
    kind
    for kind in kernels.KERNELS
    if kind is not keras.layers.Embedding and kind not in kernels.RECURRENT
)
RECURRENT = (keras.layers.SimpleRNN,)
# Between rounding errors and 1 over the number of values in any average.
_LOWEST_FLOW = 1e-9
# Each output depends on the input at its own place. What normalisations share
# between places is no path.
ELEMENTWISE = (
    keras.layers.Activation,
    keras.layers.ActivityRegularization,
    keras.layers.AlphaDropout,
    keras.layers.BatchNormalization,
    keras.layers.Dropout,
    keras.layers.ELU,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.GroupNormalization,
    keras.layers.Identity,
    keras.layers.LayerNormalization,
    keras.layers.LeakyReLU,
    keras.layers.Normalization,
    keras.layers.PReLU,
    keras.layers.ReLU,
    keras.layers.Rescaling,
    keras.layers.Softmax,
    keras.layers.UnitNormalization,
    *_dimensions("SpatialDropout"),
)
# They move what flows in, or add it up. A global maximum's gradient goes to all
# places that have it, and so to all where a path leads.
MOVING = (
    keras.layers.Add,
    keras.layers.Average,
    keras.layers.Concatenate,
    keras.layers.Flatten,
    keras.layers.InputLayer,
    keras.layers.Permute,
    keras.layers.RepeatVector,
    keras.layers.Reshape,
    *_dimensions("Cropping", "UpSampling", "ZeroPadding"),
    *_dimensions("GlobalAveragePooling", "GlobalMaxPooling"),
)
# A window's maximum depends on all of it, but TensorFlow's gradient goes to one
# of several places that are equal.
POOLING = _dimensions("AveragePooling", "MaxPooling")
# Classes of Keras's operations on tensors, such as the + of two of them.
ELEMENTWISE_OPERATIONS = {
    *("Elu", "Gelu", "LeakyRelu", "ReLU", "Relu", "Relu6", "Selu", "Sigmoid"),
    *("Silu", "Softmax", "Softplus", "Tanh"),
}
MOVING_OPERATIONS = {
    *("Add", "Concatenate", "ExpandDims", "GetItem", "Mean", "Reshape"),
    *("Squeeze", "Sum", "Transpose"),
}
# Of keras.activations, keras.ops or tf.nn.
ACTIVATIONS = (
    *("celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid"),
    *("hard_silu", "hard_tanh", "leaky_relu", "linear", "log_sigmoid"),
    *("log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu"),
    *("soft_shrink", "softmax", "softplus", "softsign", "sparse_plus"),
    *("sparsemax", "squareplus", "swish", "tanh", "tanh_shrink", "threshold"),
)


def obstacle(operation: keras.Operation) -> str | None:
    """Returns why a layer is not known to pass on paths; None if it is."""
    if isinstance(operation, keras.Model) or "call" in vars(operation):
        return "has a call of its own"
    if path_call(operation) is None:
        return "is not known to add up what flows into it"
    activation = getattr(operation, "activation", None)
    if not is_known_activation(activation):
        return f"has an activation that is not known, {activation}"
    interpolation = getattr(operation, "interpolation", "nearest")
    if interpolation != "nearest":
        return f"interpolates, by {interpolation!r}"
    if getattr(operation, "quantization_mode", None) is not None:
        return "is quantised"
    if getattr(operation, "lora_enabled", False):
        return "has LoRA weights"
    if isinstance(operation, RECURRENT):
        return _recurrent_obstacle(operation)
    return None


def _recurrent_obstacle(layer):
    if type(layer.cell) is not keras.layers.SimpleRNNCell:
        return "has a cell of its own"
    kept = layer.stateful or layer.return_state
    return "keeps or gives its state" if kept else None


def path_call(operation: keras.Operation) -> Callable | None:
    """Returns a layer's call for tracing paths.

    Inputs of that call are 1 where a path leads, 0 elsewhere; outputs are above
    0 where one leads. None is known of subclasses: they may compute anything.
    """
    kind = type(operation)
    if isinstance(operation, keras.Layer):
        return _RULES[kind](operation) if kind in _RULES else None
    if not keras_private.is_operation(kind):
        return None
    if kind.__name__ in ELEMENTWISE_OPERATIONS:
        return _unchanged(operation)
    return operation.call if kind.__name__ in MOVING_OPERATIONS else None


@tf.custom_gradient
def reached(flow: tf.Tensor) -> typing.Any:
    """Returns 1 where anything flows, else 0; gradients alike."""
    return _ones(flow), _ones


@tf.custom_gradient
def arrived(flow: tf.Tensor) -> typing.Any:
    """Returns 1 where anything flows, else 0; gradients are 1 everywhere."""
    return _ones(flow), tf.ones_like


def _ones(flow):
    return tf.cast(flow > _LOWEST_FLOW, flow.dtype)


def is_known_activation(activation: typing.Any) -> bool:
    """Whether an activation, or None, keeps each value at its own place."""
    if activation is None:
        return True
    if isinstance(activation, keras.Layer):
        inner = getattr(activation, "activation", None)
        return type(activation) in ELEMENTWISE and is_known_activation(inner)
    return any(
        getattr(module, name, None) is activation
        for module in (keras.activations, keras.ops, tf.nn)
        for name in ACTIVATIONS
    )


def _as_it_is(layer):
    return layer.call


def _unchanged(layer):
    return lambda x, *args, **options: x


def _average(layer):
    def call(x):
        # In float64, TensorFlow has none in three dimensions on the CPU.
        averages = keras.ops.average_pool(
            tf.cast(x, tf.float32),
            layer.pool_size,
            layer.strides,
            layer.padding,
            layer.data_format,
        )
        return keras.ops.cast(averages, x.dtype)

    return call


def _step_by_step(layer):
    def call(x, mask=None, training=False):
        kernel, recurrent = layer.cell.kernel, layer.cell.recurrent_kernel
        steps = tf.unstack(x, axis=1)
        state: typing.Any = tf.zeros((), x.dtype)
        states = []
        for step in steps[::-1] if layer.go_backwards else steps:
            flow = tf.matmul(step, tf.convert_to_tensor(kernel.value))
            if states:
                flow += tf.matmul(state, tf.convert_to_tensor(recurrent.value))
            state = reached(flow)  # Or it would grow from step to step.
            states.append(state)
        return tf.stack(states, axis=1) if layer.return_sequences else state

    return call


_RULES = {
    **dict.fromkeys(WEIGHTED + MOVING, _as_it_is),
    **dict.fromkeys(ELEMENTWISE, _unchanged),
    **dict.fromkeys(POOLING, _average),
    **dict.fromkeys(RECURRENT, _step_by_step),
}
