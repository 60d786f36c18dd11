"""DatasetBase: arrays split into train, validate and test, in a known order."""

import functools
import hashlib

import numpy as np


class DatasetSplit:
    """Examples with their labels, in batches of a fixed order."""

    def __init__(
        self,
        data: tuple[np.ndarray, np.ndarray],
        batch_size: int | None = None,
        shuffle: bool = False,
        seed: int | None = None,
        drop_partial: bool = False,
    ):
        """Checks the arrays and keeps them.

        Args:
            data: Pair (x, y). x: examples, shape (n, ...). y: labels, integers
                of shape (n,) in [0, classes), or one-hot of shape (n, classes).
            batch_size: Examples in one batch; None means all.
            shuffle: Whether each epoch has an order of its own.
            seed: Seed of the orders; None counts as 0. The order of an epoch
                is a pure function of seed and epoch.
            drop_partial: Whether an epoch leaves out its last batch if that is
                smaller than the others.

        Raises:
            ValueError: If x and y differ in length or are empty, labels are
                neither integers nor one-hot, or the batch size is not positive.
        """
        x, y = (np.asarray(array) for array in data)
        if len(x) != len(y) or not len(x):
            raise ValueError(
                "A split needs as many labels as examples, and at least one. "
                f"Received: {len(x)} examples, {len(y)} labels"
            )
        if batch_size is not None and batch_size < 1:
            raise ValueError(
                f"batch_size must be at least 1. Received: {batch_size}"
            )
        self.x = x
        self.y = _class_indices(y)
        self.batch_size = min(batch_size or len(x), len(x))
        self.shuffle = shuffle
        self.seed = seed or 0
        self._drop_partial = drop_partial
        self._last_order = None, None

    @property
    def size(self) -> int:
        """Number of examples."""
        return len(self.x)

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
        """Returns which examples are in a number of consecutive batches.

        Args:
            start: Iteration of the first batch, counted from 0 over all
                epochs.
            count: Number of batches.

        Returns:
            Pair (rows, sizes): rows of x, int32, shape (count, batch_size),
            and how many of each batch's rows count, int32, shape (count,).
            Rows behind a partial batch are 0.
        """
        rows = np.zeros((count, self.batch_size), np.int32)
        sizes = np.zeros(count, np.int32)
        for offset in range(count):
            epoch, batch = divmod(start + offset, self.iterations_per_epoch)
            first = batch * self.batch_size
            if self._last_order[0] != epoch:
                self._last_order = epoch, self.order(epoch)
            chosen = self._last_order[1][first : first + self.batch_size]
            rows[offset, : len(chosen)] = chosen
            sizes[offset] = len(chosen)
        return rows, sizes


class DatasetBase:
    """A dataset; subclasses hand their arrays to `__init__`."""

    def __init__(
        self,
        train: tuple[np.ndarray, np.ndarray],
        train_batch_size: int,
        test: tuple[np.ndarray, np.ndarray],
        validate: tuple[np.ndarray, np.ndarray] | None = None,
        train_order_seed: int | None = None,
        drop_partial_batch: bool = False,
    ):
        """Makes the three splits.

        Args:
            train: Pair (x, y) to train on; shuffled anew each epoch.
            train_batch_size: Examples in one training batch.
            test: Pair (x, y); evaluated whole.
            validate: Pair (x, y) held out of the training data, or None;
                evaluated whole.
            train_order_seed: Seed of the training order; None counts as 0.
            drop_partial_batch: Whether an epoch leaves out its last training
                batch if that is smaller than the others, as Zhou et al. 2019
                do; the original library keeps it.

        Raises:
            ValueError: As for `DatasetSplit`, or if splits differ in the
                shape of an example.
        """
        self.train = DatasetSplit(
            train,
            train_batch_size,
            shuffle=True,
            seed=train_order_seed,
            drop_partial=drop_partial_batch,
        )
        self.test = DatasetSplit(test)
        self.validate = DatasetSplit(validate) if validate else None
        shapes = {split.x.shape[1:] for split in self.splits.values()}
        if len(shapes) > 1:
            raise ValueError(
                "Examples must have one shape in all splits. Received: "
                f"{sorted(shapes)}"
            )

    @property
    def splits(self) -> dict[str, DatasetSplit]:
        """The splits that there are, by the names of their logs."""
        named = {
            "train": self.train,
            "validate": self.validate,
            "test": self.test,
        }
        return {name: split for name, split in named.items() if split}

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one example."""
        return self.train.x.shape[1:]

    @property
    def num_classes(self) -> int:
        """Number of classes: one more than the highest label."""
        return 1 + max(int(split.y.max()) for split in self.splits.values())

    @functools.cached_property
    def checksum(self) -> str:
        """SHA-256 over the arrays of all splits."""
        digest = hashlib.sha256()
        for name, split in self.splits.items():
            for array in (split.x, split.y):
                digest.update(f"{name} {array.dtype} {array.shape};".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def _class_indices(y):
    if y.ndim == 2 and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all():
        y = y.argmax(axis=1)
    is_indices = y.ndim == 1 and np.issubdtype(y.dtype, np.integer)
    if not is_indices or y.min() < 0:
        raise ValueError(
            "Labels must be integers from 0, shape (n,), or one-hot, shape "
            f"(n, classes). Received: {y.dtype} of shape {y.shape}"
        )
    return y.astype(np.int32)
