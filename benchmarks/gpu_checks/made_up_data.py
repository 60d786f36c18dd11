"""Random images in the layout of each dataset: recipes run without the real."""

import io
import os

import numpy as np
from PIL import Image

from lottery_ticket.datasets import dataset_imagenet

SEED = 0
# Dataset -> shape of an image, number of classes.
ARRAYS = {
    "mnist": ((28, 28), 10),
    "fashion_mnist": ((28, 28), 10),
    "cifar10": ((32, 32, 3), 10),
    "cifar100": ((32, 32, 3), 100),
    "tiny_imagenet": ((64, 64, 3), 200),
    "caltech101": ((224, 224, 3), 101),
}
BUNDLED = ("digits", "diabetes", "shapes", "inequalities")
FOLDERS = "imagenet"
KNOWN = (*BUNDLED, *ARRAYS, FOLDERS)
PHOTOGRAPH = (256, 320, 3)


def write(data_dir: str, dataset: str, train: int, test: int) -> None:
    """Puts a dataset of random images into a data_dir, if it needs any.

    ImageNet has as many as its classes need, the same one each time.

    Args:
        data_dir: Folder that is there.
        dataset: One of KNOWN.
        train: Images to train on and to hold out for validation.
        test: Images to test on.
    """
    if dataset == FOLDERS:
        _write_folders(os.path.join(data_dir, FOLDERS), train)
    elif dataset in ARRAYS:
        shape, classes = ARRAYS[dataset]
        rng = np.random.default_rng(SEED)
        arrays = {}
        for part, size in (("train", train), ("test", test)):
            arrays[f"x_{part}"] = _pixels(rng, (size, *shape))
            arrays[f"y_{part}"] = np.arange(size) % classes
        np.savez(os.path.join(data_dir, f"{dataset}.npz"), **arrays)


def _write_folders(folder, train):
    pixels = _pixels(np.random.default_rng(SEED), PHOTOGRAPH)
    # Not TensorFlow's encoder: it would take the memory of a GPU.
    Image.fromarray(pixels).save(buffer := io.BytesIO(), "JPEG")
    classes = dataset_imagenet.DatasetImagenet.NUM_CLASSES
    for part, images in (("train", -(-train // classes)), ("val", 1)):
        for label in range(classes):
            place = os.path.join(folder, part, f"n{label:08}")
            os.makedirs(place)
            for image in range(images):
                with open(os.path.join(place, f"{image}.jpeg"), "wb") as file:
                    file.write(buffer.getvalue())


def _pixels(rng, shape):
    return rng.integers(0, 256, shape, dtype=np.uint8)
