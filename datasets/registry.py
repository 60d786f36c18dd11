"""The datasets by name: a class in one line each; and by path."""

import os

from lottery_ticket.datasets import (
    dataset_caltech101,
    dataset_cifar,
    dataset_digits,
    dataset_imagenet,
    dataset_mnist,
    dataset_own,
    dataset_svhn,
    dataset_tiny_imagenet,
)
from lottery_ticket.datasets.images import class_folders
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.values import names

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
}


def is_path(name: str) -> bool:
    """Whether a name that is of no known dataset is one of a file or folder.

    It is if it has a slash or ends in .npz, or if there is such a folder.
    """
    name = str(name)
    if name in DATASETS:
        return False
    has_form = "/" in name or name.endswith(".npz")
    return has_form or os.path.isdir(class_folders.expand(name))


def check(name: str) -> None:
    """Raises unless a dataset can be meant by a name; loads nothing.

    Raises:
        ValueError: If the name is neither known nor a path.
        FileNotFoundError: If it is a path at which there is nothing.
    """
    if not is_path(name):
        names.check("dataset", name, DATASETS)
    elif not files.exists(name):
        raise FileNotFoundError(
            f"Dataset {name!r} is a path, and nothing is there. Known names: "
            f"{', '.join(DATASETS)}"
        )


def create(name: str, **settings):
    """Returns the dataset of a name or path, with settings of `DatasetImages`.

    A path is that of an .npz file or of an image folder; see `dataset_own`. It
    does not look at data_dir.

    Raises:
        ValueError: If the name is unknown, or as for `DatasetImages`.
        FileNotFoundError: If the images cannot be had.
    """
    check(name)
    if is_path(name):
        return dataset_own.DatasetOwn(**{**settings, "data_dir": name})
    return DATASETS[name](**settings)
