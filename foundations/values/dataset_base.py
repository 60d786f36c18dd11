"""DatasetBase: examples split into train, validate and test."""

import functools
import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lottery_ticket.foundations.values import (
    dataset_split,
    examples,
    nested,
    task_kinds,
    user_code,
)

SHOWN = 5
_log = logging.getLogger(__name__)


class DatasetBase:
    """A dataset; subclasses hand their arrays to `__init__`."""

    def __init__(
        self,
        train: tuple,
        train_batch_size: int,
        test: tuple,
        validate: tuple | None = None,
        train_order_seed: int | None = None,
        drop_partial_batch: bool = False,
        *,
        prepare: Callable | None = None,
        augment: Callable | None = None,
        augment_seed: int = 0,
        num_classes: int | None = None,
        task: str = "classification",
        class_weight: Mapping[int, float] | None = None,
        vocabulary: list[str] | None = None,
    ):
        """Makes the three splits.

        For a network of several inputs, x is a dict, list or tuple of arrays,
        which are batched alike; `prepare` and `augment` get and return all of
        them, lists as tuples. Examples that do not fit into memory are
        streamed: instead of an array, x is an object with a length, `shape`,
        `dtype`, `checksum` (text that changes with the data), and a method
        `read(rows, seed)`, which tf.data calls in graph mode. It returns the
        examples of these rows; seed is an int32 tensor of shape (2,) for a
        training batch, for what is random in reading it, and None for
        evaluation.

        Args:
            train: Pair (x, y) to train on, or (x, y, weights), as test and
                validate; see `DatasetSplit`. Shuffled anew each epoch.
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
                no other randomness. `repr` of both functions is recorded, and
                a fingerprint of their code.
            augment_seed: Seed of the augmentation, in [0, 2**31).
            num_classes: Number of classes; None means one more than the
                highest label. Only where labels are indices of classes.
            task: A name in task_kinds.KINDS: what labels are.
            class_weight: Dict, class -> what the losses of its training
                examples are multiplied by, beside their weights, as in `fit`.
            vocabulary: Words that the whole numbers of examples stand for, of
                texts, which runs keep; None for anything else.

        Raises:
            ValueError: As for `DatasetSplit`, if splits differ in the shape of
                an example or of its labels, labels are not below num_classes,
                or they are no classes, and something is said of classes.
        """
        self.task = task
        self.vocabulary = vocabulary
        self.prepare = prepare
        self.augment = augment
        self.augment_seed = augment_seed
        self.train = dataset_split.DatasetSplit(
            train,
            train_batch_size,
            shuffle=True,
            seed=train_order_seed,
            drop_partial=drop_partial_batch,
            task=task,
            class_weight=class_weight,
        )
        if (train_batch_size or 0) > self.train.size:
            _log.warning(
                "train_batch_size=%s is more than the %s examples to train "
                "on: each iteration takes all %s",
                *(train_batch_size, self.train.size, self.train.size),
            )
        self.test = dataset_split.DatasetSplit(test, task=task)
        self.validate = (
            dataset_split.DatasetSplit(validate, task=task)
            if validate
            else None
        )
        self._check_alike()
        self.num_classes: Any = self._count_classes(num_classes)
        if task == "classification":
            self._warn_of_classes()

    @property
    def splits(self) -> dict[str, dataset_split.DatasetSplit]:
        """The splits that there are, by the names of their logs."""
        named = {
            "train": self.train,
            "validate": self.validate,
            "test": self.test,
        }
        return {name: split for name, split in named.items() if split}

    @property
    def input_shape(self) -> Any:
        """Shape of one example; in a dict or tuple that of each input."""
        return examples.shapes(self.train.x)

    @property
    def num_outputs(self) -> int:
        """How many numbers a network of one output gives for an example."""
        return self.num_classes or self.train.y.shape[-1]

    @property
    def code(self) -> str | None:
        """Fingerprint of users' code that examples pass; None without any."""
        reading = [_reading(split.x) for split in self.splits.values()]
        return user_code.identity(
            self.prepare, self.augment, *reading, with_weights=True
        )

    def _count_classes(self, given):
        """Number of classes; None where labels are no indices of classes."""
        if not task_kinds.KINDS[self.task].has_classes:
            if given is not None:
                raise ValueError(
                    f"num_classes is for labels that are indices of classes. "
                    f"Received: {given}, with task={self.task}"
                )
            return None
        highest = max(int(split.y.max()) for split in self.splits.values())
        if given is not None and highest >= given:
            raise ValueError(
                f"Labels must be below the number of classes, {given}. "
                f"Received: {highest}"
            )
        return given or highest + 1

    def _check_alike(self):
        """Raises unless all splits go into the same network."""
        splits = self.splits.values()
        _check_specs("Examples", "input", [split.specs for split in splits])
        _check_specs(
            "Labels", "output", [examples.specs(split.y) for split in splits]
        )

    def _warn_of_classes(self):
        """Names the classes that cannot be learned, or are not tested."""
        for what, split in ("training", self.train), ("test", self.test):
            missing = np.setdiff1d(np.arange(self.num_classes), split.y)
            if missing.size:
                _log.warning(
                    "No %s label is %s%s, of classes from 0 to %d",
                    what,
                    ", ".join(str(label) for label in missing[:SHOWN]),
                    " or another" if missing.size > SHOWN else "",
                    self.num_classes - 1,
                )
        if self.num_classes == 1:
            _log.warning("All labels are 0: there is nothing to learn")

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
            **({} if self.task == "classification" else {"task": self.task}),
            **({"vocabulary": self.vocabulary} if self.vocabulary else {}),
            **{name: split.checksum for name, split in self.splits.items()},
        }
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _check_specs(what, part, found):
    """Raises unless examples, or labels, are alike but for their number."""
    found = [dict(nested.named(specs)) for specs in found]
    named = {", ".join(map(repr, specs)) for specs in found}
    if len(named) > 1:
        raise ValueError(
            f"{what} must have the same {part}s in all splits. Received: "
            + "; ".join(sorted(named))
        )
    for name in found[0]:
        for fact in "dtype", "shape":
            kinds = {str(getattr(specs[name], fact)) for specs in found}
            if len(kinds) > 1:
                raise ValueError(
                    f"{what}{f' of {part} {name!r}' if name else ''} must "
                    f"have one {fact} in all splits. Received: "
                    f"{', '.join(sorted(kinds))}"
                )


def _reading(x):
    """What reads examples that are streamed; None if there is nothing."""
    return getattr(type(x), "read", None)


def _identity(function):
    """What tells a function apart from others, the same in every process."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(function))
