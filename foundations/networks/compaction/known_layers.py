"""Which rule each class of layer follows; whatever is not here is a barrier."""

import typing

import keras

from lottery_ticket.foundations.networks import flow_layers, keras_private
from lottery_ticket.foundations.networks.compaction import (
    channel_rules,
    graph,
    merging_rules,
    moving_rules,
    rules,
    weighted_rules,
)

L = keras.layers


def _dimensions(*names):
    """Layer classes of these names, in one to three dimensions."""
    return tuple(
        getattr(L, f"{name}{count}D") for name in names for count in (1, 2, 3)
    )


_RULES: dict[type, type[rules.Rule]] = {
    L.Dense: weighted_rules.Dense,
    L.Embedding: weighted_rules.Embedding,
    **dict.fromkeys(_dimensions("Conv"), weighted_rules.Convolution),
    L.Conv1DTranspose: weighted_rules.Transposed,
    L.Conv2DTranspose: weighted_rules.Transposed,
    L.Conv3DTranspose: weighted_rules.Transposed,
    L.SeparableConv1D: weighted_rules.Separable,
    L.SeparableConv2D: weighted_rules.Separable,
    L.DepthwiseConv1D: channel_rules.Depthwise,
    L.DepthwiseConv2D: channel_rules.Depthwise,
    L.BatchNormalization: channel_rules.BatchNorm,
    L.PReLU: channel_rules.ParametricReLU,
    L.Rescaling: channel_rules.Rescaling,
    **dict.fromkeys(
        (L.Activation, L.ELU, L.LeakyReLU, L.ReLU), channel_rules.Activation
    ),
    # They do nothing at inference.
    **dict.fromkeys(
        (
            *(L.ActivityRegularization, L.AlphaDropout, L.Dropout),
            *(L.GaussianDropout, L.GaussianNoise, L.Identity),
            *_dimensions("SpatialDropout"),
        ),
        channel_rules.Unchanged,
    ),
    **dict.fromkeys(
        (L.RepeatVector, *_dimensions("Cropping")), channel_rules.Unchanged
    ),
    **dict.fromkeys(
        _dimensions(
            *("AveragePooling", "MaxPooling"),
            *("GlobalAveragePooling", "GlobalMaxPooling"),
        ),
        channel_rules.Pooling,
    ),
    **dict.fromkeys(_dimensions("UpSampling"), channel_rules.Resized),
    L.ZeroPadding1D: channel_rules.Padded,
    L.ZeroPadding2D: channel_rules.Padded,
    L.ZeroPadding3D: channel_rules.Padded,
    L.Flatten: moving_rules.Spread,
    L.Reshape: moving_rules.Spread,
    L.Permute: moving_rules.Permuted,
    **dict.fromkeys(
        (L.Add, L.Average, L.Maximum, L.Minimum, L.Multiply, L.Subtract),
        merging_rules.Merge,
    ),
    L.Concatenate: merging_rules.Concatenation,
}
# Classes of Keras's operations on tensors, such as the + of two of them.
_OPERATION_RULES: dict[str, type[rules.Rule]] = {
    **dict.fromkeys(
        ("Add", "Maximum", "Minimum", "Multiply", "Subtract"),
        merging_rules.Merge,
    ),
    **dict.fromkeys(
        flow_layers.ELEMENTWISE_OPERATIONS - {"Softmax"},
        channel_rules.Activation,
    ),
}
# What a layer's call may be told besides its inputs.
_ASIDE = {"mask", "training"}


def rule(call: graph.Call, tensors: list[graph.Tensor]) -> rules.Rule:
    """Returns the rule of a call, a `Barrier` where none is known to hold."""
    kind = _kind(call, tensors)
    if kind is None:
        name = "keeps no channels apart that are known"
        return rules.Barrier(call, tensors, name)
    found = kind(call, tensors)
    reason = _odd_call(call, tensors) or found.obstacle()
    return rules.Barrier(call, tensors, reason) if reason else found


def _kind(call, tensors) -> type[rules.Rule] | None:
    operation: typing.Any = call.operation
    kind = type(operation)
    if "call" in vars(operation):
        return None
    if kind is L.ZeroPadding2D and operation.data_format == "channels_first":
        return moving_rules.PaddedChannels
    if isinstance(operation, keras.Layer):
        return _RULES.get(kind)
    if keras_private.is_operation(kind):
        return _OPERATION_RULES.get(kind.__name__)
    return None


def _odd_call(call, tensors):
    """What is unusual about a call, or None."""
    args, kwargs = call.arguments
    if kwargs.get("training"):
        return "is called as in training"
    is_layer = isinstance(call.operation, keras.Layer)
    if is_layer and (len(args) != 1 or set(kwargs) - _ASIDE):
        return "is called with more than its inputs"
    if len(call.outputs) != 1:
        return "has several outputs"
    whole = [tensors[number] for number in (*call.outputs, *_channelled(call))]
    if not all(each.has_channels for each in whole):
        return "has a size that is not known"
    activation = getattr(call.operation, "activation", None)
    if not flow_layers.is_known_activation(activation):
        return f"has an activation that is not known, {activation}"
    is_layer = isinstance(activation, keras.Layer)
    if is_layer and type(activation) not in rules.ACTIVATION_LAYERS:
        return "has a layer as its activation"
    return None


def _channelled(call):
    """The inputs that have channels: an embedding's are numbers."""
    if isinstance(call.operation, L.Embedding):
        return ()
    is_layer = isinstance(call.operation, keras.Layer)
    return call.first if is_layer else call.inputs
