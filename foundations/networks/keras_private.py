"""What Keras keeps to itself and we need: its private names, all of them.

Nothing else here names them, so that a new Keras is tried with one test file.
"""

import typing

import keras


def layers(network: "keras.Layer | StandIn") -> list[keras.Layer]:
    """Returns all layers inside a network, those inside layers included.

    `keras.Model.layers` has neither the layers of nested networks nor those
    that layers keep, such as the one that `Bidirectional` wraps. The network
    itself is not among them.
    """
    return list(network._flatten_layers(include_self=False))


def children(layer: keras.Layer) -> list[keras.Layer]:
    """Returns the layers that a layer or network itself keeps, not theirs."""
    return list(layer._flatten_layers(include_self=False, recursive=False))


class StandIn:
    """Base of what stands for a network: its `layers` are those of that."""

    def __init__(self, network: keras.Layer):
        """Takes the network whose layers are meant."""
        self._inner = network

    def _flatten_layers(self, **options):
        return self._inner._flatten_layers(**options)


def calls_its_layers(network: keras.Model) -> bool:
    """Whether Keras's own code calls a network's layers, one by one.

    A subclass with a `call` of its own may compute anything between them.
    """
    module = getattr(network.call, "__module__", "")
    return module.startswith("keras.src.models.")


def is_operation(kind: type) -> bool:
    """Whether a class is one of Keras's operations on tensors.

    Such as the `Add` of `x + y` in a functional network; `keras.ops` has
    functions only.
    """
    return kind.__module__.startswith("keras.src.ops.")


def learning_rate(optimizer: keras.Optimizer) -> typing.Any:
    """Returns what an optimizer was given: a variable, schedule or function.

    `optimizer.learning_rate` has the value of the current iteration instead.
    """
    return optimizer._learning_rate


def trained_variables(optimizer: keras.Optimizer) -> list[keras.Variable]:
    """Returns the variables that an optimizer was built to train."""
    return optimizer._trainable_variables


def tf_variable(variable: keras.Variable) -> typing.Any:
    """Returns what holds a variable's value; `variable.value` may be a cast."""
    return variable._value
