"""A user's own images: an .npz file or a folder, by its path."""

import os

import numpy as np

from lottery_ticket.datasets import dataset_images
from lottery_ticket.datasets.images import (
    class_folders,
    decoding,
    image_files,
    npz_files,
)

# Larger sets are streamed.
MEMORY_LIMIT_BYTES = 2 * 10**9


class DatasetOwn(dataset_images.DatasetImages):
    """Images of any size, channels and number of classes.

    A file NAME.npz holds x_train, y_train, x_test and y_test, as Keras's.
    Integer pixels are in [0, 255], others in [0, 1].

    A folder holds train/CLASS/IMAGE, and test/CLASS/IMAGE or, if there is no
    test, val/CLASS/IMAGE for the test set. Without it, with CLASS/IMAGE alone
    or x_train and y_train alone, 20 % of each class are the test set, the same
    whatever the seed; of an .npz file's numbers that are no classes, 20 % of
    all. Images are JPEG, PNG, BMP or GIF of 8 bits, all of one size or resized
    to `image_size`, as Pillow shows them: turned as EXIF says, and without
    transparency. Up to 2 GB of pixels are kept in memory, more are read as
    needed. Classes are numbered in the order of their names.

    Source: the user.
    """

    VALIDATION_SIZE = 0.1
    MAX_VALUE = None
    NUM_CLASSES = None

    @staticmethod
    def load(data_dir, image_size=None):
        """Returns the images of a path; `data_dir` is that path."""
        path = str(data_dir)
        if path.lower().endswith(".npz"):
            return npz_files.read(path, needs_test=False)
        folder = class_folders.expand(path)
        if not os.path.isdir(folder):
            raise FileNotFoundError(f"No .npz file and no folder at {data_dir}")
        names, y, train, test = class_folders.listed(folder)
        paths = [os.path.join(folder, name) for name in names]
        looks = [decoding.look(path) for path in paths]
        shape, fit = _shape(paths, looks, image_size)
        x = image_files.ImageFiles(
            folder, names, shape, fit, by_pillow=[x.by_pillow for x in looks]
        )
        parts = [x[train], x[test]]
        if np.prod(x.shape) <= MEMORY_LIMIT_BYTES:
            parts = [part.decode_all() for part in parts]
        return parts[0], y[train], parts[1], y[test]


def image_shapes(paths: list[str]) -> np.ndarray:
    """Returns (height, width, channels) of image files, shape (n, 3).

    Channels are 1 for grey JPEGs and PNGs and 3 for everything else, since a
    palette or transparency is decoded to RGB. Raises ValueError if a file is no
    image; the error names it.
    """
    shapes = [decoding.look(path)[:3] for path in paths]
    return np.array(shapes, np.int64).reshape(-1, 3)


def _shape(paths, looks, image_size):
    """Returns the shape of the images as read, and how they come to it."""
    shapes = np.array([each[:3] for each in looks], np.int64)
    channels = int(shapes[:, 2].max())
    if image_size is not None:
        return (image_size, image_size, channels), "stretch"
    others = np.flatnonzero((shapes[:, :2] != shapes[0, :2]).any(axis=1))
    if len(others):
        first, other = (
            f"{paths[row]} has {shapes[row, 0]}x{shapes[row, 1]} pixels"
            for row in (0, others[0])
        )
        raise ValueError(
            f"Images must be of one size: {first}, {other}. Pass --image_size "
            "to resize them all"
        )
    return (int(shapes[0, 0]), int(shapes[0, 1]), channels), "exact"
