"""Exports that are checked: each is run by its own runtime, on the test set."""

import dataclasses
import gzip
import pathlib
import statistics
import time
from typing import Any

import numpy as np

from lottery_ticket.foundations.exports import export_formats
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import dataset_base

with lazy.imports():
    import tensorflow as tf

    from lottery_ticket.foundations.training import batches

# Of outputs in float32, times the largest of the network's own: runtimes add up
# in other orders, which on ResNet-20 makes 1e-6 of it.
TOLERANCE = 1e-4
BATCH_SIZE = 500
EXAMPLES = 200  # That ranges of activations are measured on.
WARM_UP = 20  # Calls before those that are timed.
TIMED, TIMED_S = 200, 2.0  # Calls, and seconds after which fewer are enough.


@dataclasses.dataclass(frozen=True)
class Checked:
    """An export that does what the network does.

    Args:
        name: One of `export_formats.FORMATS`.
        value: The headline metric on the test set, run by the format's runtime.
        own_value: The same of the network itself.
        difference: Largest one of an output to the network's, over all test
            examples, as part of the largest output (absolute values).
        size: Bytes of the file, or of all files of the folder.
        gzipped: Bytes of them once gzipped, at gzip's usual level.
        latency_s: Median time of one example, one at a time.
        timed: Of how many calls that is.
    """

    name: str
    value: float
    own_value: float
    difference: float
    size: int
    gzipped: int
    latency_s: float
    timed: int


class Original:
    """A network on the test set, as it is: what exports are compared with.

    Attributes:
        network: The keras.Model.
        outputs: What it gives, array of shape (test examples, ...).
        value: Its headline metric there.
        headline: What metric that is.
    """

    def __init__(self, model: Any, dataset: dataset_base.DatasetBase):
        """Runs it over all test examples.

        Args:
            model: ModelBase that computes in float32.
            dataset: What it was trained on.

        Raises:
            ValueError: If the network has several inputs or outputs, or one of
                unknown size.
        """
        _check_network(model.network)
        self.network = model.network
        self.headline = model.headline
        self._task, self._dataset = model.task, dataset
        self.outputs, self.value = self.measure(
            lambda x: self.network(x, training=False).numpy()
        )

    @property
    def examples(self) -> np.ndarray:
        """Training examples as the network takes them."""
        return self._taken(batches.examples(self._dataset, EXAMPLES))

    def measure(self, run: export_formats.Run) -> tuple[np.ndarray, float]:
        """Returns outputs for all test examples, and the metric of these."""
        split, outputs = self._dataset.splits["test"], []
        of_all, sums = batches.targets(split), self._task.start()
        for start in range(0, split.size, BATCH_SIZE):
            end = min(start + BATCH_SIZE, split.size)
            rows = np.arange(start, end, dtype=np.int32)
            outputs.append(run(self._read(split, rows)))
            y, *weights = batches.gathered(of_all, tf.constant(rows))
            given = tf.constant(outputs[-1])
            sums = self._task.add(sums, y, given, *weights)
        numbers = self._task.result(sums, split.size)
        found = dict(zip(self._task.columns, numbers, strict=True))
        return np.concatenate(outputs), found[self.headline.metric]

    def _read(self, split, rows):
        x = batches.read(split, rows)
        return self._taken(batches.prepared(self._dataset.prepare, x))

    def _taken(self, x):
        """Examples in the dtype of the network's input."""
        return np.asarray(x).astype(self.network.inputs[0].dtype)


def write(
    name: str, path: str, original: Original, margin: float = 0.01
) -> Checked:
    """Writes a network in a format, and returns what its runtime makes of it.

    Args:
        name: One of `export_formats.FORMATS`.
        path: File or folder to write.
        original: The network, measured.
        margin: How much worse the headline metric may be where the format
            rounds: accuracy in [0, 1], a part of any other.

    Raises:
        ValueError: If it cannot be written so, if the format's runtime does not
            run it, or gives other outputs than the network: beyond TOLERANCE
            or, where it rounds, worse than the margin.
        RuntimeError: If a package is not installed.
    """
    kind = export_formats.FORMATS[name]
    run = _written(kind, path, original)
    outputs, value = original.measure(run)
    gap = float(np.abs(outputs - original.outputs).max())
    # Of zeros alone, any gap is too large.
    difference = gap / max(float(np.abs(original.outputs).max()), 1e-30)
    _check(kind, original, difference, value, margin)
    data = _bytes(path)
    return Checked(
        name,
        value,
        original.value,
        difference,
        len(data),
        len(gzip.compress(data, 6)),
        *_latency(run, original.examples[:1]),
    )


def _written(kind, path, original):
    """What runs a network in a format, once it is written."""
    try:
        kind.function(original.network, path, original.examples)
        return kind.load(path)
    except Exception as error:  # Converters raise all kinds.
        reason = " ".join(str(error).split())[:300]
        raise ValueError(
            f"The network cannot be exported to {kind.label}: {reason}"
        ) from error


def _check(kind, original, difference, value, margin):
    """Raises ValueError if an export is not what the network is."""
    headline = original.headline
    if kind.is_rounded:
        worse = headline.loss_of(value) - headline.loss_of(original.value)
        part = margin if headline.is_percent else margin * abs(original.value)
        if not worse <= part:
            raise ValueError(
                f"{kind.label} must be no more than {headline.text(part)} "
                f"worse than the network, {headline.text(original.value)} "
                f"{headline.metric}. Received: {headline.text(value)}"
            )
    elif not difference <= TOLERANCE:
        raise ValueError(
            f"{kind.label} must give the network's outputs to {TOLERANCE:g} of "
            f"the largest. Received: {difference:.2g}, with "
            f"{headline.text(value)} {headline.metric} instead of "
            f"{headline.text(original.value)}"
        )


def _bytes(path):
    """All bytes of a file, or of a folder's files one after the other."""
    place = pathlib.Path(path)
    parts = sorted(place.rglob("*")) if place.is_dir() else [place]
    return b"".join(each.read_bytes() for each in parts if each.is_file())


def _latency(run, example):
    """Median seconds of a call, and of how many."""
    for _ in range(WARM_UP):
        run(example)
    times: list[float] = []
    while len(times) < TIMED and sum(times) < TIMED_S:
        start = time.perf_counter()
        run(example)
        times.append(time.perf_counter() - start)
    return statistics.median(times), len(times)


def _check_network(network):
    """Raises ValueError unless it has one input, of known size, one output."""
    inputs, outputs = (
        [*(getattr(network, name, None) or [])]
        for name in ("inputs", "outputs")
    )
    counts = [len(inputs), len(outputs)]
    if counts != [1, 1]:
        raise ValueError(
            "Exports are of networks of one input and one output. Received: "
            f"{network.name!r}, of {counts[0]} and {counts[1]}"
        )
    if None in inputs[0].shape[1:]:
        raise ValueError(
            "Exports are of networks whose input has a known size. Received: "
            f"{network.name!r}, of {tuple(inputs[0].shape[1:])}"
        )
