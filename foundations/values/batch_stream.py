"""BatchStream: examples of a PyDataset, read batch by batch as needed."""

import functools
import hashlib
import threading
import typing
from collections.abc import Callable, Iterable

import numpy as np

from lottery_ticket.foundations.values import examples, nested

KEPT_BATCHES = 4  # A training batch may lie across some.


def streamed(given: typing.Any, batches: Iterable[tuple]) -> tuple:
    """Returns (x, y) or (x, y, weights) of a PyDataset, x being streamed.

    Args:
        given: keras.utils.PyDataset.
        batches: What it holds, batch by batch: each is read once, for labels,
            sizes and the checksum.
    """
    digest, sizes, targets, specs = hashlib.sha256(), [], [], None
    for x, *others in batches:
        specs = examples.specs(x) if specs is None else specs
        if examples.specs(x) != specs:
            raise ValueError(
                "A PyDataset must give batches that are alike. Received: "
                f"examples of {specs}, then {examples.specs(x)}"
            )
        for array in nested.leaves(x):
            digest.update(np.ascontiguousarray(array).data)
        sizes.append(examples.count(x))
        targets.append(tuple(others))
    made = BatchStream(_reader(given), specs, sizes, digest.hexdigest())
    return made, *nested.mapped(lambda *each: np.concatenate(each), *targets)


class BatchStream:
    """Stands for arrays of examples, as `DatasetBase` asks of what streams.

    Attributes:
        specs: examples.Spec of an example, or of each of its inputs.
        blocks: Place of the batch that each example lies in, int, shape (n,):
            an epoch's order goes through batches one by one, in a random order,
            as `fit` does.
    """

    def __init__(
        self,
        read_batch: Callable[[int], typing.Any],
        specs: typing.Any,
        sizes: list[int],
        checksum: str,
        rows: np.ndarray | None = None,
    ):
        """Keeps what to read; reads nothing.

        Args:
            read_batch: Function (place of a batch) -> its examples, arrays.
            sizes: How many examples each batch has.
            checksum: Of all examples.
            rows: Which examples of all these are, in order; None means all.
        """
        self.specs = specs
        self._read_batch, self._sizes = read_batch, sizes
        self._sum = checksum
        self._starts = np.cumsum([0, *sizes])
        self._rows = np.arange(sum(sizes)) if rows is None else rows
        places = np.repeat(np.arange(len(sizes)), sizes)
        self.blocks = places[self._rows]

    def __len__(self):
        """Number of examples."""
        return len(self._rows)

    def __getitem__(self, rows):
        """Returns those of an array of rows, or of a slice."""
        given = self._read_batch, self.specs, self._sizes, self._sum
        return BatchStream(*given, self._rows[rows])

    @property
    def checksum(self) -> str:
        """SHA-256 over examples, and which of them these are."""
        digest = hashlib.sha256(f"{self._sum} {self.specs};".encode())
        digest.update(np.ascontiguousarray(self._rows).data)
        return digest.hexdigest()

    def read(self, rows, seed=None):
        """Returns some of the examples; TensorFlow runs it, as in tf.data.

        Args:
            rows: Which ones, int32 tensor of shape (batch,).
            seed: Not looked at: nothing is drawn.
        """
        import tensorflow as tf  # Slow, and loaded if this is called.

        dtypes = [tf.as_dtype(each.dtype) for each in nested.leaves(self.specs)]
        arrays = tf.numpy_function(self._arrays, [rows], dtypes)
        found = iter(tf.nest.flatten(arrays))  # One of one comes alone.
        return nested.mapped(lambda _: next(found), self.specs)

    def _arrays(self, rows):
        """Examples as a list of arrays, one for each input."""
        blocks, wanted = self.blocks[rows], self._rows[rows]
        found = [
            np.empty((len(rows), *spec.shape), spec.dtype)
            for spec in nested.leaves(self.specs)
        ]
        for block in np.unique(blocks):
            here = blocks == block
            inside = wanted[here] - self._starts[block]
            batch = nested.leaves(self._read_batch(int(block)))
            for array, part in zip(found, batch, strict=True):
                array[here] = part[inside]
        return found


def _reader(given):
    """Function (place of a batch) -> examples; the last few are kept."""
    lock = threading.Lock()  # The code of users may stand no two threads.
    kept = functools.lru_cache(KEPT_BATCHES)(
        lambda place: examples.arrays(given[place][0])
    )

    def read_batch(place):
        with lock:
            return kept(place)

    return read_batch
