"""Named datasets as arrays: from a file, else from tensorflow-datasets."""

import socket
import urllib.request
from typing import Any

import numpy as np

from lottery_ticket.datasets.images import npz_files
from lottery_ticket.foundations.machine import files

TFDS_BATCH_SIZE = 1000


def load(
    name: str, data_dir: str | None, tfds_name: str | None = None
) -> npz_files.Arrays:
    """Returns a dataset from data_dir/NAME.npz, else tensorflow-datasets.

    There it may have another name, tfds_name.

    Returns:
        Tuple (x_train, y_train, x_test, y_test): images uint8, shape (n,
        height, width, channels); labels int64, shape (n,).

    Raises:
        FileNotFoundError: If neither has it; the error says both.
        ValueError: If the file is damaged or has another layout.
    """
    path = npz_path(name, data_dir)
    if path:
        return npz_files.read(path)
    try:
        builder = prepared_builder(tfds_name or name)
        pairs = [read_split(builder, split) for split in ("train", "test")]
    except Exception as error:  # Whatever a download can fail with.
        raise not_found(name, data_dir, error) from error
    (x_train, y_train), (x_test, y_test) = pairs
    return x_train, y_train, x_test, y_test


def loader(name: str, tfds_name: str | None = None) -> Any:
    """Returns `DatasetImages.load` of a dataset whose images are no files.

    They come from data_dir/NAME.npz or the internet; see `load`.
    """
    return staticmethod(
        lambda data_dir, image_size=None: load(name, data_dir, tfds_name)
    )


def npz_path(name: str, data_dir: str | None) -> str | None:
    """Path of NAME.npz if data_dir holds it, else None."""
    path = files.join(data_dir, f"{name}.npz") if data_dir else None
    return path if path and files.exists(path) else None


def prepared_builder(tfds_name: str):
    """Returns a builder of tensorflow-datasets whose data is on disk.

    Raises FileNotFoundError if it is not, and there is no internet.
    """
    import tensorflow_datasets as tfds  # Slow, and seldom needed.

    builder = tfds.builder(tfds_name)
    # Without internet, the download would retry for minutes before it fails.
    if not builder.is_prepared() and not is_online():
        raise FileNotFoundError("there is no internet connection")
    builder.download_and_prepare()
    return builder


def read_split(builder, split: str, change=None):
    """Returns (images, labels) of a split such as "train+test", in memory.

    Args:
        change: Function of an image and its label, such as a resize, or None.
    """
    examples = builder.as_dataset(split=split, as_supervised=True)
    if change:
        examples = examples.map(change)
    batches = examples.batch(TFDS_BATCH_SIZE).as_numpy_iterator()
    pairs = zip(*batches, strict=True)
    return tuple(np.concatenate(arrays) for arrays in pairs)


def not_found(
    name: str, data_dir: str | None, error: Exception
) -> FileNotFoundError:
    """Returns an error that says where a dataset was looked for in vain."""
    path = files.join(data_dir, f"{name}.npz") if data_dir else None
    looked = f"no file at {path}" if path else "no --data_dir is given"
    reason = str(error).strip().split("\n")[0] or type(error).__name__
    return FileNotFoundError(
        f"Dataset {name!r} is neither on disk ({looked}) nor to be had "
        f"from tensorflow-datasets ({reason[:200]}). Put {name}.npz, in "
        "Keras's layout (x_train, y_train, x_test, y_test), in a folder "
        "and pass it as --data_dir, or run download_data with internet."
    )


def is_online() -> bool:
    """Whether names of the internet can be looked up, or a proxy is set."""
    if urllib.request.getproxies():
        return True
    try:
        return bool(socket.getaddrinfo("storage.googleapis.com", 443))
    except OSError:
        return False
