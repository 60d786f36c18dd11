"""A network computed in float64, whatever it was built in."""

import contextlib

import keras

POLICY = "float64"


@contextlib.contextmanager
def tracing(network):
    """Lets a network be traced in float64, and in float32 again afterwards.

    Sums over all paths of a deep network, such as SynFlow's, go beyond
    float32: 1e123 for a ResNet-110. No layer is rebuilt.

    Args:
        network: keras.Model.
    """
    layers = list(network._flatten_layers(include_self=True))
    before = [layer.dtype_policy for layer in layers]
    try:
        for layer in layers:
            layer.dtype_policy = POLICY
        yield
    finally:
        for layer, own in zip(layers, before, strict=True):
            layer.dtype_policy = own


def outputs(network, variables, values, x):
    """Returns what a network gives in inference mode with other values.

    To be traced within `tracing`, where gradients by the values are float64.

    Args:
        network: keras.Model.
        variables: Some of its variables.
        values: A float64 tensor for each.
        x: Examples, a float64 tensor.
    """
    scope = keras.StatelessScope()
    for variable, value in zip(variables, values, strict=True):
        scope.add_update((variable, value))  # The constructor would cast it.
    with scope:
        return network(x, training=False)
