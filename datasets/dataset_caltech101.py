"""Caltech-101: photographs of many sizes in 101 classes."""

import numpy as np

from lottery_ticket.datasets import dataset_images
from lottery_ticket.datasets.images import (
    class_folders,
    image_files,
    named_arrays,
    npz_files,
    preparation,
    splits,
)

BACKGROUND = "background_google"
FOLDER = "101_ObjectCategories"
FOLDERS = (FOLDER, f"caltech-101/{FOLDER}", f"caltech101/{FOLDER}")
SIZE = 224


class DatasetCaltech101(dataset_images.DatasetImages):
    """Caltech-101: some 8,700 photographs, resized to 224x224 pixels.

    The background class is left out. 20 % of each class, the same whatever
    the seed, are the test set; 20 % of all are held out for validation.

    Source: Li et al. 2004 (https://data.caltech.edu/records/mzrjq-6wc02);
    split, size, mean and deviation as in the code of Sreenivasan et al. 2022
    (https://arxiv.org/abs/2202.12002).

    Differs: their validation set has 20 % of each class; here it is drawn
    from all training images by `split_seed`, as of every dataset.
    """

    VALIDATION_SIZE = 0.25  # Of the 80 % that are no test images.
    NUM_CLASSES = 101
    MEAN = preparation.IMAGENET_MEAN
    STD = preparation.IMAGENET_STD

    @staticmethod
    def load(data_dir, image_size=None):
        """Returns the images from data_dir or the internet.

        Either caltech101.npz or the folder 101_ObjectCategories lies in
        data_dir, the latter also inside caltech-101; with an image_size, the
        folder counts.
        """
        npz = named_arrays.npz_path("caltech101", data_dir)
        folder = class_folders.find(data_dir, FOLDERS)
        if npz and not (folder and image_size):
            return npz_files.read(npz)
        if folder:
            return _from_folder(folder, image_size or SIZE)
        try:
            builder = named_arrays.prepared_builder("caltech101")
            x, y = _from_tfds(builder, image_size or SIZE)
        except Exception as error:  # Whatever a download can fail with.
            raise named_arrays.not_found(
                "caltech101", data_dir, error
            ) from error
        train, test = splits.stratified_test(
            y, splits.TEST_FRACTION, "caltech101"
        )
        return x[train], y[train], x[test], y[test]


def _from_folder(folder, size):
    found = class_folders.classes(folder)
    found = {k: v for k, v in found.items() if k.lower() != BACKGROUND}
    names, y = class_folders.labelled(found, list(found), folder)
    train, test = splits.stratified_test(y, splits.TEST_FRACTION, folder)
    x = image_files.ImageFiles(folder, names, (size, size, 3), "stretch")
    return x[train].decode_all(), y[train], x[test].decode_all(), y[test]


def _from_tfds(builder, size):
    def resize(image, label):
        return image_files.resized(image, size, size), label

    x, y = named_arrays.read_split(builder, "train+test", resize)
    background = builder.info.features["label"].str2int(BACKGROUND)
    kept = y != background
    return x[kept], np.where(y > background, y - 1, y)[kept]
