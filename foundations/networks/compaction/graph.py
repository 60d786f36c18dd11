"""A network as a flat list of calls of layers, nested networks laid open."""

import dataclasses
import typing

import keras

from lottery_ticket.foundations.networks import keras_private


@dataclasses.dataclass(frozen=True)
class Tensor:
    """What goes from one call to another.

    Args:
        shape: With the batch's size first; None where a size is not known.
        is_masked: Whether it carries a mask of Keras's, of places that count.
    """

    shape: tuple[int | None, ...]
    is_masked: bool = False

    @property
    def has_channels(self) -> bool:
        """Whether its last axis, behind the batch's, has a known length."""
        return len(self.shape) > 1 and self.shape[-1] is not None

    @property
    def channels(self) -> int:
        """Length of the last axis; 1 if it has no channels."""
        return (self.shape[-1] or 0) if self.has_channels else 1


@dataclasses.dataclass(frozen=True, eq=False)
class Call:
    """One call of a layer, or of one of Keras's operations on tensors.

    Args:
        operation: The layer or operation.
        path: Its name, those of the networks that it is in before it.
        arguments: Pair (args, kwargs), a `Place` where a tensor was.
        inputs: Numbers of the tensors among the arguments, in order.
        outputs: Numbers of the tensors that it gives.
    """

    operation: typing.Any
    path: str
    arguments: tuple
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def label(self) -> str:
        """Returns class and path, for texts."""
        return f"{type(self.operation).__name__} {self.path!r}"

    def filled(self, tensors: dict) -> tuple[list, dict]:
        """Returns its arguments, with tensors (dict by number) in place."""
        found: typing.Any = keras.tree.map_structure(
            lambda each: (
                tensors[each.number] if isinstance(each, Place) else each
            ),
            self.arguments,
        )
        return found

    @property
    def first(self) -> tuple[int, ...]:
        """Numbers of the tensors in the first argument."""
        args, _ = self.arguments
        return _numbers(args[:1])


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a tensor stands among arguments."""

    number: int


@dataclasses.dataclass
class Graph:
    """All calls of a network, in an order in which they can be made.

    Args:
        tensors: Between them.
        calls: Of layers; those of nested networks are replaced by what these
            call.
        inputs: Numbers of the network's inputs, flat; outputs likewise.
    """

    tensors: list[Tensor]
    calls: list[Call]
    inputs: list[int]
    outputs: list[int]


def of(network: keras.Model, purpose: str = "to be made smaller") -> Graph:
    """Returns the graph of a built network.

    Raises ValueError if it is not of layers that Keras calls one by one, as a
    functional or sequential network is; it says what the graph is needed for.
    """
    if not _is_open(network):
        raise ValueError(
            "A network must be functional or sequential, and built, "
            f"{purpose}. Received: {type(network).__name__} {network.name!r}, "
            "which has a call of its own, or is not built"
        )
    graph = Graph([], [], [], [])
    graph.inputs = [_add(graph, each) for each in network.inputs]
    graph.outputs = _lay_open(graph, network, graph.inputs, "")
    return graph


def _is_open(operation):
    is_model = isinstance(operation, keras.Model)
    return (
        is_model
        and keras_private.calls_its_layers(operation)
        and "call" not in vars(operation)
        and bool(keras_private.nodes(operation))
    )


def _add(graph, tensor):
    """The number of a new tensor, as a KerasTensor says."""
    is_masked = keras_private.mask_of(tensor) is not None
    graph.tensors.append(Tensor(tuple(tensor.shape), is_masked))
    return len(graph.tensors) - 1


def _lay_open(graph, network, inputs, prefix):
    """Adds a network's calls; returns the numbers of its outputs."""
    known = {
        id(tensor): number
        for tensor, number in zip(network.inputs, inputs, strict=True)
    }
    for node in keras_private.nodes(network):
        call = _call(node, known, prefix)
        if _can_be_laid_open(graph, network, node, call):
            path = f"{call.path}."
            found = _lay_open(graph, node.operation, call.inputs, path)
        else:
            found = [_add(graph, each) for each in node.output_tensors]
            outputs = tuple(found)
            graph.calls.append(dataclasses.replace(call, outputs=outputs))
        for tensor, number in zip(node.output_tensors, found, strict=True):
            known[id(tensor)] = number
    return [known[id(each)] for each in network.outputs]


def _call(node, known, prefix):
    arguments: typing.Any = keras.tree.map_structure(
        lambda each: (
            Place(known[id(each)])
            if isinstance(each, keras.KerasTensor)
            else each
        ),
        (list(node.arguments.args), dict(node.arguments.kwargs)),
    )
    path = f"{prefix}{node.operation.name}"
    return Call(node.operation, path, arguments, _numbers(arguments), ())


def _can_be_laid_open(graph, network, node, call):
    """Whether a call of a nested network does nothing but its layers' calls."""
    inner = node.operation
    if inner is network or not _is_open(inner):
        return False
    args, kwargs = node.arguments.args, node.arguments.kwargs
    if len(args) != 1 or any(each is not None for each in kwargs.values()):
        return False
    try:
        keras.tree.assert_same_structure(
            keras.tree.lists_to_tuples(args[0]),
            keras.tree.lists_to_tuples(keras_private.input_structure(inner)),
        )
    except (ValueError, TypeError):
        return False
    return all(
        _fits(graph.tensors[number].shape, own.shape)
        and _casts(given.dtype, own.dtype)
        for number, given, own in zip(
            call.inputs, node.input_tensors, inner.inputs, strict=True
        )
    )


def _casts(dtype, own):
    """Whether layers bring both to the same dtype themselves."""
    return dtype == own or ("float" in dtype and "float" in own)


def _fits(shape, own):
    """Whether examples have the shape that a network's own input has."""
    return len(shape) == len(own) and all(
        own_size in (None, size)
        for size, own_size in zip(shape[1:], own[1:], strict=True)
    )


def _numbers(arguments):
    flat = keras.tree.flatten(arguments)
    return tuple(each.number for each in flat if isinstance(each, Place))
