"""Sets of tensorflow-datasets by their name, of images or texts."""

import numpy as np

from lottery_ticket.datasets import dataset_images
from lottery_ticket.datasets.images import (
    image_files,
    named_arrays,
    splits,
)

PREFIX = "tfds:"
LIMIT_BYTES = 8 * 10**9
TEST_SPLITS = ("test", "validation")


class DatasetTfds(dataset_images.DatasetImages):
    """Images of tensorflow-datasets, such as tfds:beans.

    The set has pairs of an image and a ClassLabel. The split "test", or
    else "validation", is the test set, or else 20 % of each class of "train",
    the same whatever the seed. Images of many sizes are resized to
    `image_size`.

    Source: https://www.tensorflow.org/datasets/catalog
    """

    VALIDATION_SIZE = 0.1
    MAX_VALUE = None
    NUM_CLASSES = None

    @staticmethod
    def load(data_dir, image_size=None):
        """Returns the images of a set; `data_dir` is tfds:NAME."""
        return read(str(data_dir), image_size)


def has_texts(name: str) -> bool:
    """Whether the examples of tfds:NAME are texts, not images.

    Raises ValueError if they are neither, or there are no labels; and
    FileNotFoundError as of `read`.
    """
    builder = _builder(name)
    return _is(_keys(name, builder)[0], builder, "Text")


def read(name: str, image_size: int | None = None) -> tuple:
    """Returns (x_train, y_train, x_test, y_test) of tfds:NAME.

    Images are an array, texts are str in one of dtype object, shape (n,).

    Raises:
        ValueError: If it has no pairs of images or texts and labels; if its
            images are of many sizes, and there is no image_size, or too large
            for memory.
        FileNotFoundError: If it can be had neither from disk nor the internet.
    """
    builder = _builder(name)
    key, _ = _keys(name, builder)
    is_text = _is(key, builder, "Text")
    if not is_text:
        _check_size(name, builder, key, image_size)

    def change(x, y):
        if image_size is None or is_text:
            return x, y
        return image_files.resized(x, image_size, image_size), y

    def arrays(split):
        x, y = named_arrays.read_split(builder, split, change)
        if is_text:
            x = np.array(
                [text.decode("utf-8", "replace") for text in x], object
            )
        return x, y

    x, y = arrays("train")
    for split in (each for each in TEST_SPLITS if each in _sizes(builder)):
        x_test, y_test = arrays(split)
        if y_test.min() >= 0:  # Some hide the labels of the test set.
            return x, y, x_test, y_test
    train, test = splits.stratified_test(y, splits.TEST_FRACTION, name)
    return x[train], y[train], x[test], y[test]


def _builder(name):
    try:
        return named_arrays.prepared_builder(name.removeprefix(PREFIX))
    except Exception as error:  # Whatever a download can fail with.
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise FileNotFoundError(
            f"Dataset {name!r} is not to be had from tensorflow-datasets "
            f"({reason[:200]}). Names are in "
            "https://www.tensorflow.org/datasets/catalog"
        ) from error


def _keys(name, builder):
    """The keys of examples and of labels, as the set names its pair."""
    features, given = builder.info.features, builder.info.supervised_keys
    given = [each for each in given or () if isinstance(each, str)]
    kinds = [type(features[key]).__name__ for key in given]
    if kinds not in (["Image", "ClassLabel"], ["Text", "ClassLabel"]):
        listed = ", ".join(
            f"{key} ({type(each).__name__})" for key, each in features.items()
        )
        raise ValueError(
            f"{name} must have pairs of an image or a text, and a ClassLabel "
            f"(supervised_keys). Received: {listed}. Of others, save arrays "
            "in an .npz file"
        )
    return given


def _sizes(builder):
    """Dict, name of a split -> number of its examples."""
    return {n: each.num_examples for n, each in builder.info.splits.items()}


def _is(key, builder, kind):
    return type(builder.info.features[key]).__name__ == kind


def _check_size(name, builder, key, image_size):
    shape = builder.info.features[key].shape
    if image_size is not None:
        shape = (image_size, image_size, shape[-1])
    if None in shape:
        raise ValueError(
            f"The images of {name} are of many sizes. Pass --image_size to "
            "resize them all"
        )
    count = sum(_sizes(builder).values())
    if count * np.prod(shape) > LIMIT_BYTES:
        raise ValueError(
            f"{name} would take {count * np.prod(shape) / 1e9:.0f} GB of "
            "memory: pass a smaller --image_size, or save it as a folder of "
            "images, which is read as needed"
        )
