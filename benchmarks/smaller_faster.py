r"""Sizes and latencies of pruned networks: by weight, by unit, two of four.

    python -m lottery_ticket.benchmarks.smaller_faster --networks=fc

Prints a table in Markdown, a row per network, way of pruning and density. Masks
and weights are random, as neither size nor time depends on which weights stay.
Networks that are pruned by units are compacted first, as `ticket compact` does;
of a residual network, that leaves the width of the streams. Needs
`pip install 'lottery_ticket[export]'`. Keep the machine quiet meanwhile.
"""

import gzip
import os
import platform
import statistics
import tempfile
from collections.abc import Iterator

import keras
import numpy as np
import scipy.sparse
import tensorflow as tf

from lottery_ticket.benchmarks import timing
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.exports import export_formats
from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.networks import flops
from lottery_ticket.foundations.networks.compaction import compaction
from lottery_ticket.foundations.tickets import byte_counts
from lottery_ticket.foundations.values import flop_counts
from lottery_ticket.models import registry

SHAPES = {"fc": (784,)}  # Of an example; others are CIFAR-10's.
FILES = ("keras", "litert", "litert_sparse")  # Formats whose size counts.
RUN = ("litert", "litert_sparse", "onnx")  # Formats whose time counts.
HEADS = (
    *("network", "pruned by", "weights kept %", "FLOPs run"),
    *(".keras", "gzipped", "ticket", "LiteRT", "sparse LiteRT"),
    *("Keras", "LiteRT", "sparse LiteRT", "ONNX Runtime"),
    *("products, CSR", "products, dense"),
)


def smaller_faster(
    networks: tuple[str, ...] = ("fc", "conv2", "resnet20"),
    densities: tuple[float, ...] = (0.5, 0.1, 0.02),
    rounds: int = 5,
    calls: int = 50,
) -> None:
    """Prints kilobytes, and milliseconds of one example, in Markdown.

    Times are medians over rounds of the mean over calls, of one example, with
    as many threads as each runtime takes by itself. A row's contenders are
    timed in turn. "Products" are those of all kernels with as many columns as
    they have positions, by scipy and numpy, without what else a network does.

    Args:
        networks: Names of ours, such as fc (LeNet), conv2, resnet20.
        densities: Parts that are kept: of the weights of each layer, or of the
            units of each layer but the last.
        rounds: How often each contender is timed.
        calls: Calls of each timing.
    """
    print(
        f"{platform.processor() or platform.machine()}, {devices.cores()} "
        f"cores, Keras {keras.__version__}, TensorFlow {tf.__version__}; KB of "
        "1,000 bytes, ms of one example, medians of "
        f"{rounds} rounds of {calls} calls\n"
    )
    for row in (HEADS, ["---"] * len(HEADS)):
        print(f"| {' | '.join(row)} |")
    for name in networks:
        for way, masks in _ways(name, densities):
            row = _row(name, way, masks, rounds, calls)
            print(f"| {' | '.join(row)} |", flush=True)


def _ways(name, densities) -> Iterator[tuple[str, dict]]:
    """Yields ways of pruning and their masks: the dense network first."""
    shapes = {n: mask.shape for n, mask in _model(name).masks.items()}
    full = {n: np.ones(shape, np.uint8) for n, shape in shapes.items()}
    yield "nothing", full
    rng = np.random.default_rng(0)
    for density in densities:
        yield f"weight, {density:g}", _by_weight(shapes, density, rng)
    yield "2:4", _two_of_four(shapes, rng)
    for density in densities:
        yield f"unit, {density:g}", _by_unit(shapes, density, rng)


def _by_weight(shapes, density, rng):
    return {
        n: (rng.random(s) < density).astype(np.uint8) for n, s in shapes.items()
    }


def _by_unit(shapes, density, rng):
    """Whole units of all layers but the last, one of each at least."""
    *first, last = shapes
    masks = {last: np.ones(shapes[last], np.uint8)}
    for name in first:
        units = shapes[name][-1]
        kept = rng.permutation(units)[: max(1, round(density * units))]
        masks[name] = np.zeros(shapes[name], np.uint8)
        masks[name][..., kept] = 1
    return {name: masks[name] for name in shapes}


def _two_of_four(shapes, rng):
    """Two of each four inputs of a unit; what is over, all."""
    masks = {}
    for name, shape in shapes.items():
        rows = np.ones((np.prod(shape[:-1]), shape[-1]), np.uint8)
        whole = len(rows) // 4 * 4
        order = rng.random((whole // 4, 4, shape[-1])).argsort(axis=1)
        rows[:whole] = (order < 2).reshape(whole, shape[-1])
        masks[name] = rows.reshape(shape)
    return masks


def _model(name):
    return registry.create(name, SHAPES.get(name, (32, 32, 3)), 10)


def _row(name, way, masks, rounds, calls):
    """The cells of a network under masks."""
    model = _model(name).reset(masks=masks, seed=0)
    ticket = byte_counts.content(masks, model.weights)
    kept = sum(int(mask.sum()) for mask in masks.values())
    total = sum(mask.size for mask in masks.values())
    network = model.release()
    if way.startswith("unit"):
        network = compaction.compact(network).network
    added = sum(flops.multiply_adds(network).values())
    work = flop_counts.PER_MULTIPLY_ADD * added
    shape = (1, *network.inputs[0].shape[1:])
    x = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        sizes, contenders = _exported(network, x, folder)
        contenders |= _products(network)
        times = timing.compare(
            {each: _repeated(run) for each, run in contenders.items()},
            rounds,
            calls,
            warmup=5,
        )
    in_order = ["Keras", *RUN, "CSR", "dense"]
    return [
        *(name, way, f"{100 * kept / total:.3g}", f"{work:,}"),
        *(f"{sizes[each] / 1000:,.0f}" for each in ("keras", "gzipped")),
        f"{ticket / 1000:,.0f}",
        *(f"{sizes[each] / 1000:,.0f}" for each in FILES[1:]),
        *(f"{statistics.median(times[each]):.3g}" for each in in_order),
    ]


def _exported(network, x, folder):
    """Bytes by name, and functions () that run one example, by name."""
    examples = np.repeat(x, 10, axis=0)
    sizes, contenders = {}, {"Keras": _keras(network, x)}
    for name in dict.fromkeys((*FILES, *RUN)):
        kind = export_formats.FORMATS[name]
        path = os.path.join(folder, f"network{kind.ending}")
        kind.function(network, path, examples)
        sizes[name] = os.path.getsize(path)
        if name == "keras":
            with open(path, "rb") as file:
                sizes["gzipped"] = len(gzip.compress(file.read(), 6))
        if name in RUN:
            run = kind.load(path)
            contenders[name] = lambda run=run: run(x)
    return sizes, contenders


def _keras(network, x):
    given = tf.constant(x)
    call = tf.function(
        lambda x: network(x, training=False), autograph=False
    ).get_concrete_function(given)
    return lambda: call(given).numpy()


def _products(network):
    """All kernels times columns for each position: by CSR, and dense."""
    found = flops.positions(network)
    named = flops.kernels_of(network)
    rng, pairs = np.random.default_rng(2), []
    for name, positions in found.items():
        kernel = named[name].numpy()
        matrix = kernel.reshape(-1, kernel.shape[-1]).T
        columns = rng.normal(size=(matrix.shape[1], positions))
        pairs.append((matrix, columns.astype(np.float32)))
    sparse = [(scipy.sparse.csr_array(a), b) for a, b in pairs]
    return {
        "CSR": lambda: [a @ b for a, b in sparse],
        "dense": lambda: [a @ b for a, b in pairs],
    }


def _repeated(run):
    def repeat(count):
        for _ in range(count):
            run()

    return repeat


if __name__ == "__main__":
    flags.main(smaller_faster)
