"""A network and its smaller one beside each other: size, work, time."""

import statistics
import tempfile
import time
import typing

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.networks import flops
from lottery_ticket.foundations.networks.compaction import compaction
from lottery_ticket.foundations.values import nested

WARM_UP_CALLS = 5
LATENCY_CALLS = 50
BATCH_SIZES = (1, 100)

Pair = tuple[typing.Any, typing.Any]  # Of what was before, and what is now.


def multiply_adds(
    network: keras.Model, found: compaction.Compacted
) -> dict[str, tuple[int | None, int | None]]:
    """Returns the multiply-adds of each layer for one example, by its path.

    Before and after; None where they are not known: see `flops.positions`. 0 of
    a layer that is gone.
    """
    before = _work(network, [each.before for each in found.layers])
    after = _work(found.network, [each.after for each in found.layers])
    return {
        each.path: (was, now)
        for each, was, now in zip(found.layers, before, after, strict=True)
    }


def in_all(pairs: dict[str, tuple[int | None, int | None]]) -> Pair:
    """Returns the multiply-adds of all layers that they are known of."""
    columns = zip(*pairs.values(), strict=True) if pairs else ((0,), (0,))
    before, after = (sum(each or 0 for each in column) for column in columns)
    return before, after


def saved(network: keras.Model) -> bytes:
    """Returns the bytes of the .keras file of a network."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/network.keras"
        network.save(path)
        with open(path, "rb") as file:
            return file.read()


def first(examples: typing.Any, count: int) -> typing.Any:
    """Returns the first examples of a batch, of each input."""
    return nested.mapped(lambda each: each[:count], examples)


def size(examples: typing.Any) -> int:
    """Returns how many examples a batch has."""
    return len(nested.leaves(examples)[0])


def latency_ms(
    networks: typing.Sequence[keras.Model],
    examples: typing.Any,
    calls: int = LATENCY_CALLS,
) -> list[float]:
    """Returns the median time of a call of each network, in milliseconds.

    Compiled as a graph, without XLA, which makes convolutions slow on CPUs, and
    warmed up. The calls alternate, so that what else the machine does slows
    them alike.

    Args:
        networks: Of the same inputs.
        examples: One batch, tensors or numpy arrays.
    """
    functions = [_compiled(each, examples) for each in networks]
    times: list[list[float]] = [[] for _ in functions]
    for call in range(WARM_UP_CALLS + calls):
        for function, own in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            if call >= WARM_UP_CALLS:
                own.append(1000 * (time.perf_counter() - start))
    return [statistics.median(own) for own in times]


def _compiled(network, examples):
    """Function () that calls a network, and waits for its outputs."""
    given = nested.mapped(tf.constant, examples)

    def outputs(x):
        return keras.tree.flatten(network(x, training=False))

    traced = tf.function(outputs, autograph=False).get_concrete_function(given)

    def call():
        return [each.numpy() for each in traced(given)]  # Sync point.

    return call


def _work(network, layers):
    """Multiply-adds of layers of a network, None where they are not known."""
    kernels = {
        f"{index}/{place}": variable
        for index, layer in enumerate(layers)
        for place, variable in enumerate(getattr(layer, "weights", ()))
        if len(variable.shape) > 1
    }
    positions = flops.positions(network, kernels)
    found: list[int | None] = []
    for index, layer in enumerate(layers):
        own = [n for n in kernels if n.startswith(f"{index}/")]
        is_known = layer is None or set(own) <= set(positions)
        work = [
            positions[name] * int(np.prod(kernels[name].shape))
            for name in own
            if name in positions
        ]
        found.append(sum(work) if is_known else None)
    return found
