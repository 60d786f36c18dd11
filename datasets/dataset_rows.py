"""A user's own examples that are no images: tables, texts, volumes."""

import numpy as np

from lottery_ticket.datasets import dataset_examples, tfds_sets
from lottery_ticket.datasets.images import splits
from lottery_ticket.datasets.rows import csv_rows, npz_rows, texts
from lottery_ticket.foundations.values import examples


class DatasetRows(dataset_examples.DatasetExamples):
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

    @staticmethod
    def load(data_dir, task):
        """Returns the examples of a file or folder, or of tfds:NAME."""
        path = str(data_dir)
        if csv_rows.path(path):
            has_classes = None if task == "auto" else task in splits.OF_CLASSES
            return _divided(path, *csv_rows.read(path, has_classes), task)
        if path.lower().endswith(".npz"):
            x, y, *test = npz_rows.read(path)
            return (x, y, *test) if test else _divided(path, x, y, task)
        if path.startswith(tfds_sets.PREFIX):
            return tfds_sets.read(path)
        x, y, train, test = texts.read(path)
        return x[train], y[train], x[test], y[test]


def takes(name: str) -> bool:
    """Whether a dataset's name is of one that is read here.

    It looks at what lies there.
    """
    if name.startswith(tfds_sets.PREFIX):
        return tfds_sets.has_texts(name)
    if csv_rows.path(name):
        return True
    if name.lower().endswith(".npz"):
        return npz_rows.holds_rows(name)
    return texts.is_folder(name)


def _divided(path, x, y, task):
    """A fifth of the examples as a test set, of each class if there are."""
    if (
        task in splits.OF_CLASSES
        or task == "auto"
        and dataset_examples.are_classes(y)
    ):
        classes = np.unique(y, axis=0, return_inverse=True)[1].ravel()
        train, test = splits.stratified_test(
            classes, splits.TEST_FRACTION, path
        )
    else:
        train, test = splits.validation(
            examples.count(y), splits.TEST_FRACTION, 0
        )
    parts = (
        examples.take(part, rows) for rows in (train, test) for part in (x, y)
    )
    return tuple(parts)
