"""A physically smaller network that computes what a sparse one does."""

import contextlib
import dataclasses
import math
import typing

import keras
import numpy as np

from lottery_ticket.foundations.networks import keras_private, tracing
from lottery_ticket.foundations.networks.compaction import (
    channels,
    graph,
    rules,
    smaller_network,
)

# Of the largest output: rounding of sums that are added up in another order.
TOLERANCE = 1e-5


@dataclasses.dataclass(frozen=True)
class LayerChange:
    """What became of a layer.

    Args:
        before: The layer, or the operation on tensors.
        after: What is made of it; None if it is gone.
        path: Its name, behind those of the networks that it is in.
        kind: Its class.
        inputs: Channels that go in, before and after.
        outputs: Channels that come out, before and after; 0 of a layer that is
            gone.
        weights: Numbers in all its variables, before and after.
        why: Why it is not smaller, or not as small as its zeros allow; "" if
            there is nothing to say.
    """

    before: typing.Any
    after: typing.Any
    path: str
    kind: str
    inputs: tuple[int, int]
    outputs: tuple[int, int]
    weights: tuple[int, int]
    why: str


@dataclasses.dataclass(frozen=True)
class Compacted:
    """A smaller network, and what became of each layer with variables.

    Args:
        network: Plain Keras, functional.
        layers: In the order of their calls, barriers without variables too.
        weights: Numbers in all variables, before and after.
    """

    network: keras.Model
    layers: list[LayerChange]
    weights: tuple[int, int]


def compact(network: keras.Model) -> Compacted:
    """Returns a network without the units and channels that change no output.

    Gone are units that no other reads, by weights that are all 0, and units
    whose own weights are all 0, whose constant output becomes a part of the
    biases behind them; and so on, through the network. Zeros in weights count,
    not masks. It holds at inference, where batch normalisation has its moving
    statistics: the smaller network's outputs are the same but for rounding. It
    is not compiled.

    What a layer does that is not known here stays, with all that it is given.
    So do channels that are constant but not the same everywhere once zeros are
    padded, and those that are added to channels that vary. Layers of classes
    that are not Keras's are the same objects in both networks.

    Args:
        network: Functional or sequential, built; it stays as it is.

    Raises:
        ValueError: If the network has a call of its own, or is not built.
    """
    found = channels.find(graph.of(network))
    made, layers = smaller_network.build(network, found)
    return Compacted(
        made,
        _changes(found, layers),
        (network.count_params(), made.count_params()),
    )


def difference(
    one: keras.Model,
    other: keras.Model,
    batches: typing.Iterable,
) -> float:
    """Returns the largest difference of two networks' outputs.

    Of all outputs, over all examples, divided by the largest absolute value
    that the first gives of that output; inf if one of them is no number where
    the other is one. Networks that compute in 16 bits do so in float32 here,
    where rounding is less than what is asked for.

    Args:
        batches: Inputs for both, an array or a structure of arrays each.
    """
    scales: list[float] = []
    apart: list[float] = []
    with _in_float32(one), _in_float32(other):
        for batch in batches:
            first, second = _outputs(one, batch), _outputs(other, batch)
            scales = _largest(scales, first)
            apart = _largest(apart, list(map(_apart, first, second)))
    return max(
        difference / scale if scale else difference
        for difference, scale in zip(apart, scales, strict=True)
    )


def _in_float32(network):
    """A context; networks that are of more than 16 bits stay as they are."""
    every = [network, *keras_private.layers(network)]
    if not any(each.compute_dtype.endswith("float16") for each in every):
        return contextlib.nullcontext()
    return tracing.in_precision(network, "float32")


def _outputs(network, batch):
    outputs = keras.tree.flatten(network(batch, training=False))
    return [np.asarray(each, np.float64) for each in outputs]


def _largest(before, values):
    found = [float(np.nanmax(np.abs(each), initial=0)) for each in values]
    return [max(pair) for pair in zip(before or found, found, strict=True)]


def _apart(one, other):
    is_same = (one == other) | (np.isnan(one) & np.isnan(other))
    found = np.where(is_same, 0, one - other)
    return np.where(np.isnan(found), np.inf, found)


def _changes(found, layers):
    return [
        _change(found, index, layers.get(index))
        for index, rule in enumerate(found.steps)
        if found.calls_of(index)[0] == index
        and (_size(rule.layer) or isinstance(rule, rules.Barrier))
    ]


def _change(found, index, after):
    call = found.graph.calls[index]
    return LayerChange(
        call.operation,
        after,
        call.path,
        type(call.operation).__name__,
        _sizes(found, call.inputs[:1]),
        _sizes(found, call.outputs[:1]),
        (_size(call.operation), _size(after)),
        _why(found, index),
    )


def _size(layer):
    """Numbers in all variables of a layer; none of an operation, or None."""
    return sum(math.prod(v.shape) for v in getattr(layer, "weights", ()))


def _sizes(found, numbers):
    kept = [found.kept[number] for number in numbers]
    return sum(each.size for each in kept), sum(int(k.sum()) for k in kept)


def _why(found, index):
    rule = found.steps[index]
    if not found.is_there(index):
        return "gone: nothing reads it"
    if isinstance(rule, rules.Barrier):
        return f"stays: it {rule.reason}"
    number = rule.call.outputs[0]
    is_constant = ~rules.varies(found.constants[number])
    count = int((found.kept[number] & is_constant).sum())
    if not count:
        return ""
    noun = "constant stays" if count == 1 else "constants stay"
    return f"{count} {noun}: {found.why.get(number, 'a layer needs an input')}"
