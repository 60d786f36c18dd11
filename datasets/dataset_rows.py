"""A user's own examples that are no images: tables, texts, volumes."""

import numpy as np

from lottery_ticket.datasets import tfds_sets
from lottery_ticket.datasets.images import labels, preparation, splits
from lottery_ticket.datasets.rows import csv_rows, inputs, npz_rows, texts
from lottery_ticket.foundations.values import (
    dataset_base,
    examples,
    names,
    nested,
)
from lottery_ticket.foundations.values import labels as labels_lib

TEST_FRACTION = 0.2
VALIDATION_FRACTION = 0.1
OF_CLASSES = ("classification", "binary")  # Tasks with one class an example.


class DatasetRows(dataset_base.DatasetBase):
    """Examples of any shape, or of several inputs, from files.

    A file NAME.npz holds x_train, y_train, x_test and y_test of any rank, or
    x_train_NAME and so on for each input of a network, which are taken as they
    are. Of PATH.csv:COLUMN, all other columns are numbers, or one is text.
    A folder of texts holds train/CLASS/*.txt and test/CLASS/*.txt, or
    CLASS/*.txt alone. tfds:NAME is a set of tensorflow-datasets with texts.
    Where there is no test set, 20 % are, of each class if there are classes,
    the same whatever the seed. Texts become numbers of words, see
    `rows/texts.py`, of those in the training split alone.

    Source: the user.
    """

    def __init__(
        self,
        path: str,
        train_batch_size: int = 60,
        *,
        task: str = "classification",
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
        """Reads the examples and makes the splits.

        Args:
            path: File or folder, or tfds:NAME.
            train_batch_size: Examples in one training batch.
            task: As of DatasetBase: what labels are.
            validation_size: As for DatasetImages, like subset and seeds; None
                holds out a tenth.
            normalization: What is done to numbers that are no indices, see
                `rows/inputs.py`; of tables, "scale" leaves them as they are.
            augmentation: "none".
            permute_labels: Whether to rename the classes at random.
            random_labels: Fraction of the training labels that are drawn anew.
            image_size: None.
            augment_seed: Not looked at.

        Raises:
            ValueError: If a file holds something else, or a setting is for
                images alone, or for classes, and there are none.
            FileNotFoundError: If there is nothing at the path.
        """
        names.check("normalization", normalization, preparation.NORMALIZATIONS)
        _check_is_off("images", image_size=image_size)
        _check_is_off("images", augmentation=augmentation != "none")
        if task != "classification":
            _check_is_off("classes", permute_labels=permute_labels)
            _check_is_off("classes", random_labels=random_labels)
        x_train, y_train, x_test, y_test = _read(path, task)
        _check_lengths(path, x_train, y_train)
        num_classes = None
        if task == "classification":
            y_train, y_test = (
                labels_lib.classes(np.asarray(y)) for y in (y_train, y_test)
            )
            labels.check_known(y_train, y_test)
            num_classes = 1 + int(y_train.max())
        if permute_labels:
            y_train, y_test = labels.permute([y_train, y_test], labels_seed)
        size = VALIDATION_FRACTION
        size = size if validation_size is None else validation_size
        kept, held_out = splits.validation(
            examples.count(y_train), size, split_seed
        )
        kept = splits.subset(kept, subset, split_seed)
        y_kept = examples.take(y_train, kept)
        if random_labels:
            y_kept = labels.randomize(
                y_kept, random_labels, num_classes or 0, labels_seed
            )
        x_kept, x_held = (examples.take(x_train, r) for r in (kept, held_out))
        (x_kept, x_held, x_test), vocabulary = _as_numbers(
            x_kept, x_held, x_test
        )
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
            vocabulary=vocabulary,
        )


def _check_lengths(path, x, y):
    """Raises unless there is a label for each training example."""
    sizes = {len(leaf) for both in (x, y) for leaf in nested.leaves(both)}
    if len(sizes) > 1:
        raise ValueError(
            f"{path} must hold as many training labels as examples. Received: "
            f"{examples.count(x)} examples, {examples.count(y)} labels"
        )


def takes(name: str) -> bool:
    """Whether a dataset's name is of one that is read here.

    It looks at what lies there.
    """
    if name.startswith(tfds_sets.PREFIX):
        return tfds_sets.has_texts(name)
    if csv_rows.path(name):
        return True
    if name.endswith(".npz"):
        return npz_rows.holds_rows(name)
    return texts.is_folder(name)


def _read(path, task):
    """Returns (x_train, y_train, x_test, y_test)."""
    if csv_rows.path(path):
        x, y = csv_rows.read(path, task in OF_CLASSES)
        return _divided(path, x, y, task)
    if path.endswith(".npz"):
        return npz_rows.read(path)
    if path.startswith(tfds_sets.PREFIX):
        return tfds_sets.read(path)
    x, y, train, test = texts.read(path)
    return x[train], y[train], x[test], y[test]


def _divided(path, x, y, task):
    if task in OF_CLASSES:
        train, test = splits.stratified_test(y, TEST_FRACTION, path)
    else:
        train, test = splits.validation(len(y), TEST_FRACTION, 0)
    return x[train], y[train], x[test], y[test]


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
