"""Networks traced as graphs of paths from input to output."""

import contextlib

import keras
import tensorflow as tf

from lottery_ticket.foundations.networks import flow_layers

# Between rounding errors and 1 over the number of values in any average.
_LOWEST_FLOW = 1e-9


def obstacle(network) -> str | None:
    """Returns why the paths of a built network cannot be told, or None."""
    for operation in operations(network):
        reason = flow_layers.obstacle(operation)
        if reason is not None:
            kind = type(operation).__name__
            return f"{kind} {operation.name!r} {reason}"
    return None


def constants(network) -> list[tuple]:
    """Returns pairs of variable and number: what paths see instead of it.

    All kernels let everything through, as far as no mask says otherwise, and
    from biases nothing comes.
    """
    return [
        (variable, 0.0 if variable is layer.bias else 1.0)
        for layer in operations(network)
        if isinstance(layer, flow_layers.WEIGHTED)
        for variable in layer.weights
    ]


@contextlib.contextmanager
def tracing(network):
    """Lets a network be traced as a graph of paths.

    Every layer then gives 1 where a path leads, 0 elsewhere: where some path
    leads to its inputs and on through weights above 0. Gradients are 1 where a
    path leads on to the outputs. Since all is 0 or 1 between layers, nothing
    overflows or underflows, however deep the network is. Kernels have to be
    masks, and what has no mask its `constants`. Layers are not rebuilt: after
    the context they compute as before.
    """
    found = operations(network)
    before = [dict(vars(operation)) for operation in found]
    try:
        for operation in found:
            # Past Keras, which would track what is set.
            own = vars(operation)
            if "activation" in own:
                own["activation"] = keras.activations.linear
            own["call"] = _reaching(flow_layers.rule(operation)(operation))
        yield
    finally:
        for operation, values in zip(found, before, strict=True):
            give_back(vars(operation), values, ("activation", "call"))


def operations(network) -> list:
    """Returns the layers and operations of a network, nested ones' included.

    A network whose call is somebody's own is an operation itself.
    """
    if not _is_graph(network):
        return [network]
    inner = getattr(network, "operations", network.layers)
    found = [each for child in inner for each in operations(child)]
    return list({id(operation): operation for operation in found}.values())


def _is_graph(operation):
    """Whether it is a network that calls the layers it lists, one by one."""
    if not isinstance(operation, keras.Model):
        return False
    module = getattr(operation.call, "__module__", "")
    return module.startswith("keras.src.models.")


def _reaching(call):
    return lambda *args, **options: _reached(call(*args, **options))


@tf.custom_gradient
def _reached(flow):
    return _ones(flow), _ones


def _ones(flow):
    return tf.cast(flow > _LOWEST_FLOW, flow.dtype)


def give_back(own: dict, before: dict, names) -> None:
    """Puts attributes back to what they were.

    Args:
        own: `vars` of an object, as they are now.
        before: As they were.
        names: Attributes that may have changed, or been added.
    """
    for name in names:
        if name in before:
            own[name] = before[name]
        else:
            own.pop(name, None)
