"""DatasetBase: arrays split into train, validate and test, in a known order."""

import functools
import hashlib
import json
import re

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
            data: Pair (x, y). x: examples, shape (n, ...), an array or what
                streams; see `DatasetBase`. y: labels, integers of shape (n,)
                in [0, classes), or one-hot of shape (n, classes).
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
        x, y = data
        x = x if hasattr(x, "read") else np.atleast_1d(x)
        y = np.atleast_1d(y)
        if len(x) != len(y) or not len(x):
            raise ValueError(
                "A split needs as many labels as examples, and at least one. "
                f"Received: {len(x)} examples, {len(y)} labels"
            )
        if batch_size is not None and batch_size < 1:
            raise ValueError(
                f"batch_size must be at least 1. Received: {batch_size}"
            )
        if not hasattr(x, "read") and x.dtype.kind == "f":
            if not np.isfinite(x).all():
                raise ValueError("Examples must not hold NaN or infinity")
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
    def is_streamed(self) -> bool:
        """Whether examples are read batch by batch, not held in memory."""
        return hasattr(self.x, "read")

    @property
    def checksum(self) -> str:
        """SHA-256 over examples and labels."""
        digest = hashlib.sha256()
        if self.is_streamed:
            digest.update(self.x.checksum.encode())
        for array in (self.y,) if self.is_streamed else (self.x, self.y):
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
            # A copy: streams call this from several threads.
            last, order = self._last_order
            if last != epoch:
                order = self.order(epoch)
                self._last_order = epoch, order
            chosen = order[first : first + self.batch_size]
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
        *,
        prepare=None,
        augment=None,
        augment_seed: int = 0,
        num_classes: int | None = None,
    ):
        """Makes the three splits.

        Examples that do not fit into memory are streamed: instead of an array,
        x is an object with a length, `shape`, `dtype`, `checksum` (text that
        changes with the data), and a method `read(rows, seed)`, which
        tf.data calls in graph mode. It returns the examples of these rows; seed
        is an int32 tensor of shape (2,) for a training batch, for what is
        random in reading it, and None for evaluation.

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
            prepare: Function (examples) -> float32 tensor, of every batch as
                the network sees it; None means as they are. It runs on the
                device, so that x can stay small, such as uint8 pixels.
            augment: Function (examples, seed) -> tensor of their shape and
                dtype, of training batches only, before `prepare`. seed is an
                int32 tensor (augment_seed, iteration); the function may use
                no other randomness. `repr` of both functions must say what
                they do, as that of a dataclass does: it is recorded.
            augment_seed: Seed of the augmentation, in [0, 2**31).
            num_classes: Number of classes; None means one more than the
                highest label.

        Raises:
            ValueError: As for `DatasetSplit`, if splits differ in the shape of
                an example, or labels are not below num_classes.
        """
        self.prepare = prepare
        self.augment = augment
        self.augment_seed = augment_seed
        self.train = DatasetSplit(
            train,
            train_batch_size,
            shuffle=True,
            seed=train_order_seed,
            drop_partial=drop_partial_batch,
        )
        self.test = DatasetSplit(test)
        self.validate = DatasetSplit(validate) if validate else None
        types = {str(split.x.dtype) for split in self.splits.values()}
        if len(types) > 1:
            raise ValueError(
                "Examples must have one dtype in all splits. Received: "
                f"{', '.join(sorted(types))}"
            )
        shapes = {tuple(each.x.shape[1:]) for each in self.splits.values()}
        if len(shapes) > 1:
            raise ValueError(
                "Examples must have one shape in all splits. Received: "
                f"{sorted(shapes)}"
            )
        highest = max(int(split.y.max()) for split in self.splits.values())
        if num_classes is not None and highest >= num_classes:
            raise ValueError(
                f"Labels must be below the number of classes, {num_classes}. "
                f"Received: {highest}"
            )
        self.num_classes = num_classes or highest + 1

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
        return tuple(self.train.x.shape[1:])

    @functools.cached_property
    def checksum(self) -> str:
        """SHA-256 over all splits and what is done with their examples."""
        # A stream may draw at random as it reads.
        is_random = self.augment is not None or self.train.is_streamed
        parts = {
            "prepare": _identity(self.prepare),
            "augment": _identity(self.augment),
            "augment_seed": self.augment_seed if is_random else None,
            "classes": self.num_classes,
            **{name: split.checksum for name, split in self.splits.items()},
        }
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _identity(function):
    """What tells a function apart from others, the same in every process."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(function))


def _class_indices(y):
    if y.ndim == 2 and y.shape[1] == 1:  # As keras.datasets has CIFAR's.
        y = y[:, 0]
    if y.ndim == 2 and np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all():
        y = y.argmax(axis=1)
    is_indices = y.ndim == 1 and np.issubdtype(y.dtype, np.integer)
    if not is_indices or y.min() < 0:
        raise ValueError(
            "Labels must be integers from 0, shape (n,), or one-hot, shape "
            f"(n, classes). Received: {y.dtype} of shape {y.shape}"
            + (f", lowest {y.min()}" if is_indices else "")
        )
    return y.astype(np.int32)
