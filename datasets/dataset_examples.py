"""DatasetExamples: what datasets of any kind of examples have in common."""

import abc
from typing import Any

import numpy as np

from lottery_ticket.datasets.images import labels, preparation, splits
from lottery_ticket.datasets.rows import inputs, texts
from lottery_ticket.foundations.values import (
    dataset_base,
    examples,
    names,
    nested,
)
from lottery_ticket.foundations.values import labels as labels_lib


class DatasetExamples(dataset_base.DatasetBase, abc.ABC):
    """Examples of any shape with labels of any task, split; subclasses load.

    Attributes:
        TASK: What labels are for, a name in task_kinds.KINDS; None leaves that
            open to `task`.
        VALIDATION_SIZE: Training examples held out for validation by default;
            below 1, the fraction of them.
        VOCABULARY: Words that whole numbers of examples stand for; None if
            they stand for none, or for those of texts, which become numbers.
    """

    TASK: str | None = None
    VALIDATION_SIZE = 0.1
    VOCABULARY: list[str] | None = None

    def __init__(
        self,
        data_dir: str | None = None,
        train_batch_size: int = 60,
        *,
        task: str = "auto",
        validation_size: float | None = None,
        normalization: str = "scale",
        augmentation: str = "none",
        permute_labels: bool = False,
        subset: float | None = None,
        random_labels: float = 0.0,
        image_size: int | None = None,
        split_seed: int = 0,
        labels_seed: int = 0,
        train_order_seed: int | None = None,
        augment_seed: int = 0,
        drop_partial_batch: bool = False,
    ):
        """Loads the examples and makes the splits.

        Args:
            data_dir: What `load` takes.
            train_batch_size: Examples in one training batch.
            task: As of DatasetBase: what labels are. "auto" is the dataset's
                own; else classification, if labels can be classes, or else
                compiled.
            validation_size: As for DatasetImages, like subset and seeds; None
                takes the dataset's usual number.
            normalization: What is done to numbers that are no indices, see
                `rows/inputs.py`; of tables, "scale" leaves them as they are.
            augmentation: "none".
            permute_labels: Whether to rename the classes at random.
            random_labels: Fraction of the training labels that are drawn anew.
            image_size: None.
            augment_seed: Not looked at.

        Raises:
            ValueError: If a file holds something else, the task is not that of
                the dataset, or a setting is for images alone, or for classes,
                and there are none.
            FileNotFoundError: If there is nothing at the path.
        """
        names.check("normalization", normalization, preparation.NORMALIZATIONS)
        _check_is_off("images", image_size=image_size)
        _check_is_off("images", augmentation=augmentation != "none")
        task = self._task(task)
        x_train, y_train, x_test, y_test = self.load(data_dir, task)
        if task == "auto":
            task = "classification" if are_classes(y_train) else "compiled"
        if task != "classification":
            _check_is_off("classes", permute_labels=permute_labels)
            _check_is_off("classes", random_labels=random_labels)
        _check_lengths(data_dir, x_train, y_train)
        num_classes = None
        if task == "classification":
            y_train, y_test = (
                labels_lib.classes(np.asarray(y)) for y in (y_train, y_test)
            )
            labels.check_known(y_train, y_test)
            num_classes = 1 + int(y_train.max())
        if permute_labels:
            y_train, y_test = labels.permute([y_train, y_test], labels_seed)
        if validation_size is None:
            validation_size = self.VALIDATION_SIZE
        kept, held_out = splits.validation(
            examples.count(y_train), validation_size, split_seed
        )
        kept = splits.subset(kept, subset, split_seed)
        y_kept = examples.take(y_train, kept)
        if random_labels:
            y_kept = labels.randomize(
                y_kept, random_labels, num_classes or 0, labels_seed
            )
        x_kept, x_held = (examples.take(x_train, r) for r in (kept, held_out))
        (x_kept, x_held, x_test), words = _as_numbers(x_kept, x_held, x_test)
        validate = x_held, examples.take(y_train, held_out)
        super().__init__(
            (x_kept, y_kept),
            train_batch_size,
            (x_test, y_test),
            validate=validate if len(held_out) else None,
            train_order_seed=train_order_seed,
            drop_partial_batch=drop_partial_batch,
            prepare=inputs.preparation_of(normalization, x_kept),
            num_classes=num_classes,
            task=task,
            vocabulary=words or self.VOCABULARY,
        )

    @staticmethod
    @abc.abstractmethod
    def load(data_dir: str | None, task: str) -> tuple[Any, Any, Any, Any]:
        """Returns (x_train, y_train, x_test, y_test), the same each time.

        Args:
            data_dir: Where they lie, if they lie anywhere.
            task: What labels are; "auto" of a dataset without a task.

        Returns:
            Examples: an array of shape (n, ...), or a dict of such. Labels as
            the task wants them.
        """

    def _task(self, given):
        """The name of the task, as given or the dataset's own."""
        if self.TASK and given not in ("auto", self.TASK):
            raise ValueError(
                f"The labels of {type(self).__name__} are for the task "
                f"{self.TASK}. Received: task={given}. Leave it out"
            )
        return self.TASK or given


def are_classes(y: Any) -> bool:
    """Whether labels are classes where no task is named.

    One boolean for each example is none, but what a network is compiled for.
    """
    return labels_lib.are_classes(y) and not (
        y.dtype == bool and y.size == len(y)
    )


def _check_lengths(path, x, y):
    """Raises unless there is a label for each training example."""
    sizes = {len(leaf) for both in (x, y) for leaf in nested.leaves(both)}
    if len(sizes) > 1:
        raise ValueError(
            f"{path} must hold as many training labels as examples. Received: "
            f"{examples.count(x)} examples, {examples.count(y)} labels"
        )


def _check_is_off(of, **given):
    ((name, value),) = given.items()
    if value:
        raise ValueError(
            f"{name} is for {of}, and this dataset has none. Leave it out"
        )


def _as_numbers(*parts):
    """Returns the parts as devices take them, and the words of texts or None.

    Words are those of the first part.
    """
    if not texts.is_text(parts[0]):
        return [nested.mapped(inputs.plain, x) for x in parts], None
    words = texts.Words(parts[0])
    return [words.numbers(x) for x in parts], words.vocabulary
