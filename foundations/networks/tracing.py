"""Networks traced as something else, their layers not rebuilt.

After each of the contexts here, layers compute as before.
"""

import contextlib
import typing
from collections.abc import Iterable, Iterator, Sequence

import keras
import tensorflow as tf

from lottery_ticket.foundations.networks import flow_layers, keras_private

# Layers that do nothing but what ReLUs and the like do.
ACTIVATION_LAYERS = (
    keras.layers.Activation,
    keras.layers.ELU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ReLU,
)
# Attributes of layers and cells that drop units, or add noise, in training.
_NOISES = {
    keras.layers.Dropout: ("rate",),  # Spatial ones are of its kind.
    keras.layers.AlphaDropout: ("rate",),
    keras.layers.GaussianDropout: ("rate",),
    keras.layers.GaussianNoise: ("stddev",),
    **dict.fromkeys(
        (
            keras.layers.GRUCell,
            keras.layers.LSTMCell,
            keras.layers.SimpleRNNCell,
        ),
        ("dropout", "recurrent_dropout"),
    ),
}
# What outputs are made probabilities by; ModelBase.logits undoes it.
_LAST = ("softmax", "log_softmax")


@contextlib.contextmanager
def in_precision(
    network: keras.Model, policy: str = "float64"
) -> Iterator[None]:
    """Lets a network be traced in float64, and in its own dtype afterwards.

    Sums over all paths of a deep network, such as SynFlow's, go beyond
    float32: 1e123 for a ResNet-110. Layers of integers stay as they are. With
    another policy, "float32", a network of mixed precision is traced without.
    """
    layers = [
        layer
        for layer in [network, *keras_private.layers(network)]
        if "float" in layer.compute_dtype
    ]
    before = [layer.dtype_policy for layer in layers]
    try:
        for layer in layers:
            layer.dtype_policy = policy
        yield
    finally:
        for layer, own in zip(layers, before, strict=True):
            layer.dtype_policy = own


def outputs(
    network: keras.Model,
    variables: Sequence[keras.Variable],
    values: Sequence[tf.Tensor],
    x: tf.Tensor,
    training: bool = False,
) -> tf.Tensor:
    """Returns what a network gives with other values; it stays as it is.

    Recurrent layers go without cuDNN, which has no second derivatives. To be
    traced in `in_precision`, where gradients by the values are of the values'
    dtype.

    Args:
        variables: Some of its variables.
        values: A tensor for each, of the dtype that is traced.
        x: Examples, of that dtype. A functional network casts them to that of
            its input first: numbers that float32 holds stay exact.
        training: Whether layers train. Statistics that they update are lost.
    """
    scope = keras.StatelessScope()
    for variable, value in zip(variables, values, strict=True):
        scope.add_update((variable, value))  # The constructor would cast it.
    layers = keras_private.layers(network)
    fused = [each for each in layers if "use_cudnn" in vars(each)]
    with scope, changed((each, {"use_cudnn": False}) for each in fused):
        return network(x, training=training)


def gradient(
    tape: tf.GradientTape, target: typing.Any, sources: typing.Any
) -> typing.Any:
    """Returns gradients as a tape does, but 0 where no way leads."""
    zero = tf.UnconnectedGradients.ZERO
    return tape.gradient(target, sources, unconnected_gradients=zero)


def without_activations(
    network: keras.Model,
) -> contextlib.AbstractContextManager:
    """Lets a network be traced with its activations replaced by the identity.

    Softmax stays, and so does what is not known to be an activation.
    """
    found = [*keras_private.layers(network), *operations(network)]
    return changed((each, _linear(each)) for each in found)


@contextlib.contextmanager
def recorded_relus(network: keras.Layer) -> Iterator[list[tf.Tensor]]:
    """Lets a network be traced, and gives the outputs of all its ReLUs.

    They are those of layers that are a ReLU or end with one, in the order that
    they are computed in; what a layer's own `call` does inside is not seen.
    """
    found: list[tf.Tensor] = []

    def kept(function):
        def call(*arguments, **options):
            outputs = function(*arguments, **options)
            found.append(outputs)
            return outputs

        return call

    changes = []
    for layer in _with_relu(network):
        if isinstance(layer, keras.layers.ReLU):
            changes.append((layer, {"call": kept(layer.call)}))
        else:
            relu = keras.activations.relu
            changes.append((layer, {"activation": kept(relu)}))
    with changed(changes):
        yield found


def has_relus(network: keras.Layer) -> bool:
    """Whether there is a ReLU that `recorded_relus` sees."""
    return any(True for _ in _with_relu(network))


def _with_relu(network):
    """Yields layers that are a ReLU, or end with one."""
    for layer in keras_private.layers(network):
        ends_with_one = vars(layer).get("activation") is keras.activations.relu
        if ends_with_one or isinstance(layer, keras.layers.ReLU):
            yield layer


@contextlib.contextmanager
def squared_inputs(layers: Iterable[keras.Layer]) -> Iterator[list[tf.Tensor]]:
    """Lets layers be traced, and gives sums of what squared inputs make.

    They are layers that add up inputs times a kernel, as `kernels.is_plain`
    says, and they do so without their activations. Gradients of the sums by a
    kernel are, at each weight, the sum of the squares of all that is multiplied
    by it: over examples, and over the places where the layer applies it.
    """
    found: list[tf.Tensor] = []

    def summed(layer):
        own, linear = layer.call, {"activation": keras.activations.linear}

        def call(x, *arguments, **options):
            with changed([(layer, linear)]):
                squares = own(tf.square(tf.stop_gradient(x)))
            found.append(tf.reduce_sum(squares))
            return own(x, *arguments, **options)

        return call

    with changed((layer, {"call": summed(layer)}) for layer in layers):
        yield found


def without_dropout(
    network: keras.Layer,
) -> contextlib.AbstractContextManager:
    """Lets a network be traced, in training, without dropout and noise.

    That is, of Keras's own layers and cells, and what is of their kind.
    """
    return changed(
        (layer, dict.fromkeys(names, 0.0))
        for layer in keras_private.layers(network)
        for kind, names in _NOISES.items()
        if isinstance(layer, kind)
    )


def as_paths(
    network: keras.Model, onwards: bool = True
) -> contextlib.AbstractContextManager:
    """Lets a network without a `path_obstacle` be traced as a graph of paths.

    Every layer then gives 1 where a path leads, 0 elsewhere: where some path
    leads to its inputs and on through weights above 0. Gradients are 1 where a
    path leads on to the outputs. Since all is 0 or 1 between layers, nothing
    overflows or underflows, however deep the network is. Kernels have to be
    masks, and what has no mask its `path_constants`.

    Unless it is asked for paths that lead `onwards`, gradients are 1 everywhere
    behind a layer, as if each led to the outputs.
    """
    changes = []
    for each in operations(network):
        own: dict[str, typing.Any] = {
            "call": _reaching(flow_layers.path_call(each), onwards)
        }
        if "activation" in vars(each):
            own["activation"] = keras.activations.linear
        changes.append((each, own))
    return changed(changes)


def path_obstacle(network: keras.Model) -> str | None:
    """Returns why the paths of a built network cannot be told, or None."""
    for operation in operations(network):
        reason = flow_layers.obstacle(operation)
        if reason is not None:
            kind = type(operation).__name__
            return f"{kind} {operation.name!r} {reason}"
    return None


def path_constants(network: keras.Model) -> list[tuple]:
    """Returns pairs of variable and number: what paths see instead of it.

    All kernels let everything through, as far as no mask says otherwise, and
    from biases nothing comes.
    """
    return [
        (variable, 0.0 if variable.name == "bias" else 1.0)
        for layer in operations(network)
        if isinstance(layer, flow_layers.WEIGHTED + flow_layers.RECURRENT)
        for variable in layer.weights
    ]


def operations(network: keras.Model) -> list:
    """Returns the layers and operations of a network, nested ones' included.

    A network whose call is somebody's own is an operation itself.
    """
    is_model = isinstance(network, keras.Model)
    if not is_model or not keras_private.calls_its_layers(network):
        return [network]
    inner = getattr(network, "operations", network.layers)
    found = [each for child in inner for each in operations(child)]
    return list({id(operation): operation for operation in found}.values())


def norms(network: keras.Model) -> list[keras.layers.BatchNormalization]:
    """Returns all batch normalisations inside a network."""
    kind, layers = keras.layers.BatchNormalization, keras_private.layers
    return [layer for layer in layers(network) if isinstance(layer, kind)]


@contextlib.contextmanager
def changed(changes: Iterable[tuple[typing.Any, dict]]) -> Iterator[None]:
    """Sets attributes of objects, and takes them back after the context.

    Args:
        changes: Pairs of a layer or operation, and its new attributes by name.
    """
    pairs = list(changes)
    before = [dict(vars(each)) for each, _ in pairs]
    try:
        for each, own in pairs:
            vars(each).update(own)  # Past Keras, which would track it.
        yield
    finally:
        for (each, own), values in zip(pairs, before, strict=True):
            for name in own:
                if name in values:
                    vars(each)[name] = values[name]
                else:
                    vars(each).pop(name, None)


def _linear(operation):
    """Attributes that take a layer's or operation's activation away."""
    activation = getattr(operation, "activation", None)
    if getattr(activation, "__name__", "") in _LAST:
        return {}
    kind = type(operation)
    known = flow_layers.ELEMENTWISE_OPERATIONS - {"Softmax"}
    is_operation = keras_private.is_operation(kind) and kind.__name__ in known
    if kind in ACTIVATION_LAYERS or is_operation:
        return {"call": lambda x, *arguments, **options: x}
    is_known = flow_layers.is_known_activation(activation)
    has_own = activation is not None and "activation" in vars(operation)
    if is_known and has_own:
        return {"activation": keras.activations.linear}
    return {}


def _reaching(call, onwards):
    ones = flow_layers.reached if onwards else flow_layers.arrived
    return lambda *args, **options: ones(call(*args, **options))
