"""A network computed in another precision than it was built in."""

import contextlib

import keras

POLICY = "float64"


@contextlib.contextmanager
def tracing(network, policy: str = POLICY):
    """Lets a network be traced in float64, and in its own dtype afterwards.

    Sums over all paths of a deep network, such as SynFlow's, go beyond
    float32: 1e123 for a ResNet-110. No layer is rebuilt. Layers of integers
    stay as they are.

    Args:
        policy: Another dtype than float64: "float32", to trace a network of
            mixed precision without it.
    """
    layers = [
        layer
        for layer in network._flatten_layers(include_self=True)
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


def outputs(network, variables, values, x):
    """Returns what a network gives in inference mode with other values.

    To be traced within `tracing`, where gradients by the values are of the
    values' dtype.

    Args:
        variables: Some of its variables.
        values: A tensor for each, of the dtype that is traced.
        x: Examples, of that dtype. A functional network casts them to that of
            its input first: numbers that float32 holds stay exact.
    """
    scope = keras.StatelessScope()
    for variable, value in zip(variables, values, strict=True):
        scope.add_update((variable, value))  # The constructor would cast it.
    with scope:
        return network(x, training=False)
