"""What Keras keeps to itself and we need: its private names, all of them.

Nothing else here names them, so that a new Keras is tried with one test file.
"""

import collections
import contextlib
import typing
from collections.abc import Iterator

import keras
from keras.src.backend.common import global_state
from keras.src.layers.rnn import conv_lstm

ConvLSTMCell = conv_lstm.ConvLSTMCell  # Of ConvLSTM1D to 3D.

_WITHOUT_DECAY = "_exclude_from_weight_decay"
_BOOKS = (
    *("_lock", "name", "built", "_variables", "_trainable_variables"),
    *("_trainable_variables_indices", "_tracker", "_distribution_strategy"),
    *("_exclude_from_weight_decay_cache", "_inner_optimizers"),
)


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


def takes_training(layer: keras.Layer) -> bool:
    """Whether a layer's `call` is told if it trains."""
    return layer._call_has_training_arg


def calls_its_layers(network: keras.Model) -> bool:
    """Whether Keras's own code calls a network's layers, one by one.

    A subclass with a `call` of its own may compute anything between them.
    """
    module = getattr(network.call, "__module__", "")
    return module.startswith("keras.src.models.")


def mark_called(network: keras.Model) -> None:
    """Has a functional network count as called, as `export` to ONNX wants.

    One that is built of layers knows its inputs without a call.
    """
    network._called = True


def is_functional(operation: typing.Any) -> bool:
    """Whether it is a network whose outputs are made by layers, as a graph."""
    return (
        isinstance(operation, keras.Model)
        and calls_its_layers(operation)
        and bool(getattr(operation, "outputs", None))
    )


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


def weight_losses(network: keras.Layer) -> list:
    """Returns the losses of regularisers of weights alone."""
    return network._get_regularization_losses()


def compiled(network: keras.Model) -> dict[str, typing.Any]:
    """Returns what a network was compiled with, by argument of `compile`.

    Serialized, it would not name functions.
    """
    return network._compile_config.config


def compiled_as(network: keras.Model) -> typing.Any:
    """Returns what is another object each time that a network is compiled."""
    return getattr(network, "_compile_config", None)


def compiled_metrics(network: keras.Model) -> list[keras.Metric]:
    """Returns the metrics that a network was compiled with, weighted ones last.

    Those there are once they have been computed.
    """
    found = network._compile_metrics
    return [] if found is None else found.metrics


def output_layers(network: keras.Model) -> list:
    """Returns what a functional network names its outputs by; else none."""
    outputs = getattr(network, "output_names", None) and network.outputs
    return [each._keras_history.operation for each in outputs or ()]


def made_by(tensor: typing.Any) -> tuple[typing.Any, list]:
    """Returns the operation that a KerasTensor comes from, and its inputs.

    Those are KerasTensors, too; an InputLayer has none.
    """
    operation, node, _ = tensor._keras_history
    return operation, list(operation._inbound_nodes[node].input_tensors)


def function_of(metric: keras.Metric) -> typing.Any:
    """Returns the function that a metric is the mean of; itself if of none."""
    return getattr(metric, "_fn", metric)


def arguments(loss: typing.Any) -> dict[str, typing.Any]:
    """Returns what a loss or metric hands to its function; {} of none.

    Configs lack some of it, such as the delta of Huber (Keras 3.15).
    """
    return getattr(loss, "_fn_kwargs", {})


def direction(metric: keras.Metric) -> str | None:
    """Returns where better values of a metric are: "up", "down"; or None."""
    return getattr(metric, "_direction", None)


def trained_variables(optimizer: keras.Optimizer) -> list[keras.Variable]:
    """Returns the variables that an optimizer was built to train."""
    return optimizer._trainable_variables


def slots(
    optimizer: keras.Optimizer, variable: keras.Variable
) -> list[keras.Variable]:
    """Returns what an optimizer keeps of each entry of a variable.

    Such as momentum; none before it is built.
    """
    inner: typing.Any = getattr(optimizer, "inner_optimizer", optimizer)
    trained = getattr(inner, "_trainable_variables", None) or []
    index = next((i for i, v in enumerate(trained) if v is variable), None)
    if index is None:
        return []
    aligned = [
        each[index]
        for each in vars(inner).values()
        if isinstance(each, list) and len(each) == len(trained)
    ]
    return [
        each
        for each in aligned
        if isinstance(each, keras.Variable)
        and each is not variable
        and each.shape == variable.shape
    ]


def attributes(
    value: typing.Any, variables: typing.Sequence[keras.Variable] = ()
) -> dict[str, typing.Any]:
    """Returns the attributes of an optimizer, or of what it is made of.

    Those that Keras and TensorFlow only keep books with are left out. Variables
    without weight decay, which Keras knows by address, are named by their
    places among `variables`.
    """
    found = {
        name: each
        for name, each in vars(value).items()
        if name not in _BOOKS and not name.startswith("_self_")
    }
    excluded = found.pop(_WITHOUT_DECAY, ())
    places = [
        index
        for index, variable in enumerate(variables)
        if excluded and value._var_key(variable) in excluded
    ]
    found[_WITHOUT_DECAY] = places or None
    return {name: each for name, each in found.items() if each is not None}


def keeps_averages(optimizer: keras.Optimizer) -> bool:
    """Whether an optimizer changes weights at the end of training.

    Keras's do if they have `use_ema`, or hold others that have.
    """
    inner = [getattr(optimizer, "inner_optimizer", None)]
    inner += getattr(optimizer, "optimizers", [])
    kind = type(optimizer).finalize_variable_values
    is_kerass = kind.__module__.startswith("keras.")
    return (
        bool(optimizer.use_ema)
        or not is_kerass
        or any(keeps_averages(each) for each in inner if each is not None)
    )


@contextlib.contextmanager
def fresh_names() -> Iterator[None]:
    """Numbers in Keras's automatic names begin anew for as long as it lasts.

    What is built then has the same names in every process.
    """
    before = global_state.get_global_attribute("object_name_uids")
    fresh: dict = collections.defaultdict(int)
    global_state.set_global_attribute("object_name_uids", fresh)
    try:
        yield
    finally:
        global_state.set_global_attribute("object_name_uids", before)


def tf_variable(variable: keras.Variable) -> typing.Any:
    """Returns what holds a variable's value; `variable.value` may be a cast."""
    return variable._value


def called_graph(operation: typing.Any) -> typing.Any:
    """Returns the graph of the function that an operation calls.

    Args:
        operation: tf.Operation such as a PartitionedCall.
    """
    name = operation.get_attr("f").name
    return operation.graph._get_function(name).graph


def nodes(network: keras.Model) -> list:
    """Returns the calls in a functional or sequential network, in order.

    A call has an `operation`, `arguments`, and `output_tensors`. None if the
    network is not built, or its call is somebody's own.
    """
    network = getattr(network, "_functional", None) or network
    by_depth = getattr(network, "_nodes_by_depth", {})
    return [
        node
        for depth in sorted(by_depth, reverse=True)
        for node in by_depth[depth]
        if node.operation and not node.is_input
    ]


def input_structure(network: keras.Model) -> typing.Any:
    """Returns the inputs of a functional or sequential network, as it takes.

    A list of one tensor is that tensor, which is what networks are called with.
    """
    network = getattr(network, "_functional", None) or network
    found = network._inputs_struct
    is_one = isinstance(found, list | tuple) and len(found) == 1
    return found[0] if is_one else found


def output_structure(network: keras.Model) -> typing.Any:
    """Returns the outputs that a functional or sequential network gives."""
    network = getattr(network, "_functional", None) or network
    return network._outputs_struct


def mask_of(tensor: typing.Any) -> typing.Any:
    """Returns the mask of places that a symbolic tensor carries, or None."""
    return getattr(tensor, "_keras_mask", None)
