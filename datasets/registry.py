"""The datasets by name: a class in one line each; and by path."""

import os
import typing

from lottery_ticket.datasets import (
    dataset_caltech101,
    dataset_cifar,
    dataset_diabetes,
    dataset_digits,
    dataset_imagenet,
    dataset_inequalities,
    dataset_mnist,
    dataset_own,
    dataset_rows,
    dataset_shapes,
    dataset_svhn,
    dataset_tiny_imagenet,
    tfds_sets,
)
from lottery_ticket.datasets.images import class_folders
from lottery_ticket.datasets.rows import csv_rows
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.values import dataset_base, names

DATASETS = {
    "digits": dataset_digits.DatasetDigits,
    "mnist": dataset_mnist.DatasetMnist,
    "fashion_mnist": dataset_mnist.DatasetFashionMnist,
    "cifar10": dataset_cifar.DatasetCifar10,
    "cifar100": dataset_cifar.DatasetCifar100,
    "svhn": dataset_svhn.DatasetSvhn,
    "tiny_imagenet": dataset_tiny_imagenet.DatasetTinyImagenet,
    "imagenet": dataset_imagenet.DatasetImagenet,
    "caltech101": dataset_caltech101.DatasetCaltech101,
    "diabetes": dataset_diabetes.DatasetDiabetes,
    "shapes": dataset_shapes.DatasetShapes,
    "inequalities": dataset_inequalities.DatasetInequalities,
}


def is_path(name: str) -> bool:
    """Whether a name that is of no known dataset is one of a file or folder.

    It is if it has a slash, ends in .npz or .csv, or .csv:COLUMN, or if there
    is such a folder.
    """
    name = str(name)
    if name in DATASETS or name.startswith(tfds_sets.PREFIX):
        return False
    is_file = name.lower().endswith(".npz") or csv_rows.path(name)
    return (
        "/" in name
        or bool(is_file)
        or os.path.isdir(class_folders.expand(name))
    )


def path(name: str) -> str:
    """Returns the path that a name means, less the column of a .csv file."""
    return csv_rows.path(name) or name


def check(name: str) -> None:
    """Raises unless a dataset can be meant by a name; loads nothing.

    Raises:
        ValueError: If the name is neither known nor a path.
        FileNotFoundError: If it is a path at which there is nothing.
    """
    if name.startswith(tfds_sets.PREFIX):
        return
    if not is_path(name):
        names.check("dataset", name, DATASETS)
    elif not files.exists(path(name)):
        raise FileNotFoundError(
            f"Dataset {name!r} is a path, and nothing is there. Known names: "
            f"{', '.join(DATASETS)}"
        )


def create(name: str, **settings: typing.Any) -> dataset_base.DatasetBase:
    """Returns the dataset of a name or path, with settings of its class.

    They are those of `DatasetImages` or `DatasetExamples`. A path is that of an
    .npz or .csv file or of a folder of images or texts; see `dataset_own` and
    `dataset_rows`. It does not look at data_dir, nor does tfds:NAME.

    Raises:
        ValueError: If the name is unknown, or as for `DatasetImages`.
        FileNotFoundError: If the images cannot be had.
    """
    check(name)
    if name in DATASETS:
        return DATASETS[name](**settings)
    settings = {**settings, "data_dir": name}
    if dataset_rows.takes(name):
        return dataset_rows.DatasetRows(**settings)
    if is_path(name):
        return dataset_own.DatasetOwn(**settings)
    return tfds_sets.DatasetTfds(**settings)
