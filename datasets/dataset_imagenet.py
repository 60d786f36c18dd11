"""ImageNet: 1.3 million photographs in 1,000 classes, read as needed."""

import os

from lottery_ticket.datasets import dataset_images
from lottery_ticket.datasets.images import (
    class_folders,
    image_files,
    preparation,
)

SIZE = 224


class DatasetImagenet(dataset_images.DatasetImages):
    """ImageNet (ILSVRC 2012): 1,281,167 photographs to train on.

    The test set are the 50,000 official validation images, as the official
    test labels are secret. 10,000 training images are held out for
    validation. Images stay in their files: a batch is read when it is
    needed. At 224 pixels, evaluation sees what resizing the short side to 256
    and a crop in the middle leaves; so does training, but with the
    augmentation "resized_crop" random parts.

    Source: Russakovsky et al. 2015 (https://arxiv.org/abs/1409.0575). Size,
    mean and deviation: Sreenivasan et al. 2022
    (https://arxiv.org/abs/2202.12002), their code.
    """

    VALIDATION_SIZE = 10000
    NUM_CLASSES = 1000
    MEAN = preparation.IMAGENET_MEAN
    STD = preparation.IMAGENET_STD

    @staticmethod
    def load(data_dir, image_size=None):
        """Returns the images of the folders train and val, and the labels.

        They lie in data_dir or in data_dir/imagenet, with a folder for each
        class, such as train/n01440764.
        """
        folder = class_folders.find(data_dir, ("imagenet", ""))
        parts = [os.path.join(folder or "", part) for part in ("train", "val")]
        if not folder or not all(os.path.isdir(part) for part in parts):
            raise FileNotFoundError(
                "Dataset 'imagenet' needs a --data_dir with the folders train "
                "and val, each with a folder for each class, such as "
                f"train/n01440764, or with both in imagenet. {data_dir} has "
                "none. tensorflow-datasets' copy cannot be read at random: get "
                "the files from https://image-net.org and sort the validation "
                "images into folders by class."
            )
        train, test = (class_folders.classes(part) for part in parts)
        known = list(train)
        if len(known) != DatasetImagenet.NUM_CLASSES:
            raise ValueError(
                f"{parts[0]} must hold {DatasetImagenet.NUM_CLASSES} classes. "
                f"Received: {len(known)}. Images of other classes can be a "
                "dataset of their own: give the path of their folder as its "
                "name"
            )
        shape = (image_size or SIZE, image_size or SIZE, 3)
        both = []
        for part, found in zip(parts, (train, test), strict=True):
            paths, y = class_folders.labelled(found, known, part)
            x = image_files.ImageFiles(part, paths, shape, "centre_crop")
            both += [x, y]
        return tuple(both)
