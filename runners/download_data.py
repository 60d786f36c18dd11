r"""Fetches datasets ahead of time, for machines without internet.

    lottery-ticket download_data --datasets=mnist --data_dir=data

--help lists the flags.
"""

from lottery_ticket.datasets import (
    dataset_images,
    dataset_tiny_imagenet,
    registry,
)
from lottery_ticket.datasets.images import labels, named_arrays, npz_files
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.values import dataset_split, names

# Datasets that neither tensorflow-datasets nor scikit-learn has.
DOWNLOADS = {"tiny_imagenet": dataset_tiny_imagenet.download}


def download_data(datasets: str, data_dir: str) -> None:
    """Fetches datasets into a folder that any run can take as --data_dir.

    Each lies in one NAME.npz in Keras's layout, with x_train, y_train, x_test
    and y_test. A dataset that is there already is only checked. imagenet
    cannot be fetched: every image of its folder is read once.

    Args:
        datasets: Names separated by commas, such as mnist,fashion_mnist.
        data_dir: Folder to write to.

    Raises:
        ValueError: If a name is unknown or a file there is damaged.
        FileNotFoundError: If a dataset cannot be had.
    """
    chosen = datasets.split(",")
    for name in chosen:
        names.check("dataset", name, registry.DATASETS)
    for name in chosen:
        print(_fetch(name, data_dir))


def _fetch(name, data_dir):
    """Fetches or checks one dataset; returns what to say about it."""
    was_there = named_arrays.npz_path(name, data_dir)
    if name in DOWNLOADS:
        DOWNLOADS[name](data_dir)
    dataset_class = registry.DATASETS[name]
    if not issubclass(dataset_class, dataset_images.DatasetImages):
        return f"{name} is bundled or drawn: there is nothing to fetch"
    arrays = dataset_class.load(data_dir)
    labels.check(list(arrays[1::2]), dataset_class.NUM_CLASSES)
    shapes = f"{arrays[0].shape} to train, {arrays[2].shape} to test"
    if dataset_split.is_streamed(arrays[0]):
        for images in arrays[::2]:
            images.check()
        return f"{name} in {data_dir} can be read: {shapes}"
    path = files.join(data_dir, f"{name}.npz")
    if not was_there:
        npz_files.write(path, arrays)
    return f"{path} {'was there' if was_there else 'is new'}: {shapes}"


RUN = download_data

if __name__ == "__main__":
    flags.main(RUN)
