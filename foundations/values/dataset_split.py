"""DatasetSplit: examples with their labels, in batches of a known order."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from lottery_ticket.foundations.values import (
    batch_stream,
    examples,
    fields,
    labels,
    names,
    nested,
    sources,
    task_kinds,
)

is_streamed = examples.is_streamed


class DatasetSplit:
    """Examples with their labels, in batches of a fixed order."""

    def __init__(
        self,
        data: tuple[Any, Any] | tuple[Any, Any, Any],
        batch_size: int | None = None,
        shuffle: bool = False,
        seed: int | None = None,
        drop_partial: bool = False,
        task: str = "classification",
        class_weight: Mapping[int, float] | None = None,
    ):
        """Checks the arrays and keeps them.

        Args:
            data: Pair (x, y), or (x, y, weights), or batches of such; see
                `sources`. x: examples, shape (n, ...), an array, what streams,
                or a dict, list or tuple of arrays, one for each input of a
                network; see `DatasetBase`. y: labels, integers of shape (n,) in
                [0, classes), or one-hot of shape (n, classes); of another task,
                see `task_kinds`. weights: what each example's loss is
                multiplied by, shape (n,), or longer, up to y's.
            batch_size: Examples in one batch; None means all.
            shuffle: Whether each epoch has an order of its own.
            seed: Seed of the orders; None counts as 0. The order of an epoch
                is a pure function of seed and epoch.
            drop_partial: Whether an epoch leaves out its last batch if that is
                smaller than the others.
            task: A name in task_kinds.KINDS, which says what labels are.
            class_weight: Dict, class -> what weights of its examples are
                multiplied by; see `labels.weighed`.

        Raises:
            ValueError: If x is of no arrays of real numbers, x and y differ in
                length or are empty, labels or weights are not those of the
                task, or the batch size is not positive.
        """
        names.check("task", task, task_kinds.KINDS)
        kind = task_kinds.KINDS[task]
        x, y, *given_weights = sources.collected(data)
        y = labels.arrays(y, kind.has_several)
        counts = {len(part) for part in nested.leaves(y)}
        x = examples.checked(x, max(counts))
        size = examples.count(x)
        if counts != {size} or not size:
            raise ValueError(
                "A split needs as many labels as examples, and at least one. "
                f"Received: {size} examples, "
                f"{' and '.join(map(str, sorted(counts)))} labels"
            )
        if batch_size is not None:
            fields.check("batch_size", batch_size, int, at_least=1)
        self.x: Any = x  # An array, what streams, or several arrays.
        self.y: Any = kind.labels(y)  # An array; of several outputs, more.
        self.weights: Any = None
        if given_weights and given_weights[0] is not None:
            self.weights = labels.weights(given_weights[0], self.y)
        if class_weight is not None:
            self.weights = labels.weighed(self.y, class_weight, self.weights)
        self.batch_size = min(batch_size or size, size)
        self.shuffle = shuffle
        self.seed = seed or 0
        self._drop_partial = drop_partial
        self._last_order = -1, np.empty(0, np.int32)  # An epoch, its order.

    @property
    def size(self) -> int:
        """Number of examples."""
        return examples.count(self.x)

    @property
    def is_streamed(self) -> bool:
        """Whether examples are read batch by batch, not held in memory."""
        return is_streamed(self.x)

    @property
    def targets(self) -> tuple:
        """What outputs are compared with: labels, and weights if there are."""
        return (self.y,) if self.weights is None else (self.y, self.weights)

    def taken(self, rows: np.ndarray | slice) -> tuple:
        """Returns some of its examples as data of another split."""
        return examples.take((self.x, *self.targets), rows)

    @property
    def specs(self) -> Any:
        """The examples.Spec of x, or of each of several inputs."""
        return examples.specs(self.x)

    @property
    def checksum(self) -> str:
        """SHA-256 over examples, labels and weights."""
        digest = hashlib.sha256()
        if self.is_streamed:
            digest.update(self.x.checksum.encode())
        parts = self.targets if self.is_streamed else (self.x, *self.targets)
        for name, array in (
            each for part in parts for each in nested.named(part)
        ):
            digest.update(f"{name}{array.dtype} {array.shape};".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    @property
    def iterations_per_epoch(self) -> int:
        """Batches in one pass over the data; the last may be partial."""
        whole = self.size // self.batch_size
        return whole + bool(self.partial_size)

    @property
    def partial_size(self) -> int:
        """Examples in the last batch of an epoch if it is partial, else 0."""
        return 0 if self._drop_partial else self.size % self.batch_size

    def order(self, epoch: int) -> np.ndarray:
        """Returns the order of examples in an epoch, int32, shape (n,)."""
        if not self.shuffle:
            return np.arange(self.size, dtype=np.int32)
        rng = np.random.default_rng([self.seed, epoch])
        if not isinstance(self.x, batch_stream.BatchStream):
            return rng.permutation(self.size).astype(np.int32)
        # What lies in one batch is read at once.
        ranks = rng.permutation(self.x.blocks[-1] + 1)
        return np.argsort(ranks[self.x.blocks], kind="stable").astype(np.int32)

    def batches(self, start: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns which examples are in consecutive batches.

        Args:
            start: Iteration of the first batch, counted from 0 over all epochs.

        Returns:
            Pair (rows, sizes): rows of x, int32, shape (count, batch_size),
            and how many of each batch's rows count, int32, shape (count,).
            Rows behind a partial batch are 0.
        """
        size, per_epoch = self.batch_size, self.iterations_per_epoch
        rows = np.zeros((count, size), np.int32)
        sizes = np.full(count, size, np.int32)
        done = 0
        while done < count:
            epoch, batch = divmod(start + done, per_epoch)
            end = min(done + per_epoch - batch, count)
            wanted = (end - done) * size
            chosen = self._ordered(epoch)[batch * size :][:wanted]
            rows[done:end].reshape(-1)[: len(chosen)] = chosen
            sizes[end - 1] -= wanted - len(chosen)  # It may be partial.
            done = end
        return rows, sizes

    def _ordered(self, epoch):
        """The order of an epoch; the last one asked for is kept."""
        # One object: streams ask from several threads.
        last, order = self._last_order
        if last != epoch:
            order = self.order(epoch)
            self._last_order = epoch, order
        return order
