"""DatasetSplit: examples with their labels, in batches of a known order."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from lottery_ticket.foundations.values import (
    fields,
    labels,
    names,
    task_kinds,
)


def is_streamed(x: object) -> bool:
    """Whether examples are read batch by batch, not held in an array."""
    return hasattr(x, "read")


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
            data: Pair (x, y), or (x, y, weights). x: examples, shape (n, ...),
                an array or what streams; see `DatasetBase`. y: labels, integers
                of shape (n,) in [0, classes), or one-hot of shape (n, classes);
                of another task, see `task_kinds`. weights: what each example's
                loss is multiplied by, shape (n,), or longer, up to y's.
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
            ValueError: If x is no array of real numbers, x and y differ in
                length or are empty, labels or weights are not those of the
                task, or the batch size is not positive.
        """
        names.check("task", task, task_kinds.KINDS)
        kind = task_kinds.KINDS[task]
        x, y, *given_weights = data
        y = labels.arrays(y, kind.has_several)
        counts = {len(part) for part in labels.parts(y)}
        x = x if is_streamed(x) else _examples(x, max(counts))
        if counts != {len(x)} or not len(x):
            raise ValueError(
                "A split needs as many labels as examples, and at least one. "
                f"Received: {len(x)} examples, "
                f"{' and '.join(map(str, sorted(counts)))} labels"
            )
        if batch_size is not None:
            fields.check("batch_size", batch_size, int, at_least=1)
        is_float = not is_streamed(x) and x.dtype.kind == "f"
        highest = np.finfo(np.float32).max
        if is_float and not (-highest <= x.min() and x.max() <= highest):
            raise ValueError(
                "Examples must not hold NaN or infinity, nor numbers that "
                "float32 cannot hold"
            )
        self.x: Any = x  # An array, or what streams.
        self.y: Any = kind.labels(y)  # An array; of several outputs, more.
        self.weights: Any = None
        if given_weights and given_weights[0] is not None:
            self.weights = labels.weights(given_weights[0], self.y)
        if class_weight is not None:
            self.weights = labels.weighed(self.y, class_weight, self.weights)
        self.batch_size = min(batch_size or len(x), len(x))
        self.shuffle = shuffle
        self.seed = seed or 0
        self._drop_partial = drop_partial
        self._last_order = -1, np.empty(0, np.int32)  # An epoch, its order.

    @property
    def size(self) -> int:
        """Number of examples."""
        return len(self.x)

    @property
    def is_streamed(self) -> bool:
        """Whether examples are read batch by batch, not held in memory."""
        return is_streamed(self.x)

    @property
    def targets(self) -> tuple:
        """What outputs are compared with: labels, and weights if there are."""
        return (self.y,) if self.weights is None else (self.y, self.weights)

    def taken(self, rows: np.ndarray) -> tuple:
        """Returns some of its examples as data of another split."""
        return self.x[rows], *labels.mapped(lambda y: y[rows], self.targets)

    @property
    def checksum(self) -> str:
        """SHA-256 over examples, labels and weights."""
        digest = hashlib.sha256()
        if self.is_streamed:
            digest.update(self.x.checksum.encode())
        examples = () if self.is_streamed else (self.x,)
        for array in (*examples, *labels.parts(self.targets)):
            digest.update(f"{array.dtype} {array.shape};".encode())
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
        return rng.permutation(self.size).astype(np.int32)

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


def _examples(given, count):
    """The examples; an error for several inputs, and for what is no number."""
    parts = list(given.values()) if isinstance(given, dict) else given
    is_list = isinstance(parts, list | tuple) and len(parts) != count
    sizes = {np.shape(part)[:1] for part in parts} if is_list else set()
    if isinstance(given, dict) or sizes == {(count,)}:
        raise ValueError(
            "Examples must be one array: a network here has one input. "
            f"Received: {type(given).__name__} of {len(parts)}"
        )
    x = labels.array("Examples", given)
    if x.dtype.kind not in "biuf" or x.dtype.itemsize > 8:
        is_array = isinstance(given, np.ndarray) or x.dtype != object
        received = x.dtype if is_array else type(given).__name__
        raise ValueError(
            "Examples must be real numbers of up to 64 bits, in a dense "
            f"array. Received: {received}"
        )
    return x
