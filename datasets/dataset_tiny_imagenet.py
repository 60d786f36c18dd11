"""TinyImageNet: 64x64 photographs in 200 classes."""

import os
import shutil
import zipfile

import numpy as np

from lottery_ticket.datasets import dataset_images
from lottery_ticket.datasets.images import (
    class_folders,
    image_files,
    named_arrays,
    npz_files,
)
from lottery_ticket.foundations.machine import files, lazy

with lazy.imports():
    import keras

URL = "http://cs231n.stanford.edu/tiny-imagenet-200.zip"
FOLDER = "tiny-imagenet-200"
SIZE = 64


class DatasetTinyImagenet(dataset_images.DatasetImages):
    """TinyImageNet: 100,000 photographs of 200 classes to train on.

    The test set are the 10,000 official validation images, as the official
    test labels are secret. 5,000 training images are held out for validation.

    Source: Stanford CS231n (http://cs231n.stanford.edu). Mean and deviation:
    Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), their code.

    Differs: Sreenivasan et al. train on all 100,000 and halve the official
    validation images, 5,000 to validate and 5,000 to test.
    """

    NUM_CLASSES = 200
    MEAN = (0.48024578664982126, 0.44807218089384643, 0.3975477478649648)
    STD = (0.2769864069088257, 0.26906448510256, 0.282081906210584)

    @staticmethod
    def load(data_dir, image_size=None):
        """Returns the images from data_dir.

        Either tiny_imagenet.npz or the folder tiny-imagenet-200 as it is
        distributed lies there; with an image_size, the folder counts.
        """
        npz = named_arrays.npz_path("tiny_imagenet", data_dir)
        folder = _folder(data_dir)
        if npz and not (folder and image_size):
            return npz_files.read(npz)
        if not folder:
            raise FileNotFoundError(
                "Dataset 'tiny_imagenet' needs a --data_dir with "
                f"tiny_imagenet.npz or with the folder {FOLDER}; neither is in "
                f"{data_dir}. The command download_data fetches it."
            )
        return _from_folder(folder, image_size)


def download(data_dir: str) -> None:
    """Fetches the folder as distributed, if data_dir has no TinyImageNet.

    A tiny-imagenet-200.zip that lies there is taken instead of the internet.
    Raises FileNotFoundError if it cannot be had.
    """
    npz = named_arrays.npz_path("tiny_imagenet", data_dir)
    if npz or _folder(data_dir):
        return
    try:
        files.make_folder(data_dir)
        folder = class_folders.expand(data_dir)
        _unpack(_archive(folder), folder)
    except Exception as error:  # Whatever a download can fail with.
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise FileNotFoundError(
            f"Dataset 'tiny_imagenet' is not in {data_dir} and cannot be "
            f"fetched from {URL} ({reason[:200]}). Put {FOLDER}.zip or the "
            "folder in it there by hand."
        ) from error


def _folder(data_dir):
    """Path of the folder as distributed, in data_dir or itself; or None."""
    folder = class_folders.find(data_dir, (FOLDER, ""))
    is_it = folder and os.path.isfile(os.path.join(folder, "wnids.txt"))
    return folder if is_it else None


def _archive(data_dir):
    """Returns the path of the .zip file, downloaded if need be."""
    is_there = os.path.isfile(os.path.join(data_dir, f"{FOLDER}.zip"))
    if not is_there and not named_arrays.is_online():
        raise FileNotFoundError("there is no internet connection")
    return keras.utils.get_file(origin=URL, cache_dir=data_dir, cache_subdir="")


def _unpack(path, data_dir):
    """Unpacks the .zip file: the whole folder appears, or none of it."""
    partial = os.path.join(data_dir, f"{FOLDER}.{os.getpid()}.tmp")
    try:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(partial)
        os.rename(os.path.join(partial, FOLDER), os.path.join(data_dir, FOLDER))
    except (zipfile.BadZipFile, OSError) as error:
        raise ValueError(f"{path} is damaged, remove it: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _from_folder(folder, image_size):
    with open(os.path.join(folder, "wnids.txt"), encoding="utf-8") as file:
        known = file.read().split()
    train = os.path.join(folder, "train")
    found = class_folders.classes(train, "images")
    train_names, y_train = class_folders.labelled(found, known, train)
    test = os.path.join(folder, "val", "images")
    test_names, y_test = _annotated(folder, known)
    fit = "stretch" if image_size else "exact"
    shape = (image_size or SIZE, image_size or SIZE, 3)
    x_train, x_test = (
        image_files.ImageFiles(root, names, shape, fit).decode_all()
        for root, names in ((train, train_names), (test, test_names))
    )
    return x_train, y_train, x_test, y_test


def _annotated(folder, known):
    """Returns (names, labels) of the official validation images."""
    path = os.path.join(folder, "val", "val_annotations.txt")
    with open(path, encoding="utf-8") as file:
        rows = [line.split("\t")[:2] for line in file if line.strip()]
    unknown = [row for row in rows if len(row) < 2 or row[1] not in known]
    if unknown or not rows:
        raise ValueError(
            f"{path} must give an image and one of {len(known)} classes in "
            f"each line. Received: {unknown[0] if unknown else 'no lines'}"
        )
    place = {name: label for label, name in enumerate(known)}
    names, classes = zip(*rows, strict=True)
    return names, np.array([place[name] for name in classes], np.int64)
