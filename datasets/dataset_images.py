"""DatasetImages: what all image classification datasets have in common."""

import abc

from lottery_ticket.datasets.images import augmentation as augmentations
from lottery_ticket.datasets.images import labels, pixels, preparation, splits
from lottery_ticket.foundations.values import (
    dataset_base,
    dataset_split,
    fields,
    names,
)


class DatasetImages(dataset_base.DatasetBase, abc.ABC):
    """Images and labels, split; subclasses load them.

    Images stay as they are distributed, shape (n, height, width, channels),
    uint8 as a rule; the device augments and normalises each batch.

    Attributes:
        VALIDATION_SIZE: Training images held out for validation by default;
            below 1, the fraction of them.
        MAX_VALUE: Largest value a pixel can have; None means 255 for
            integers, 1 for others.
        NUM_CLASSES: Labels are below this; None means 1 + the highest label.
        MEAN: Mean of each channel of pixels in [0, 1], for "standardize"; None
            means that of the training images, before the validation split.
        STD: Standard deviation of each channel; None likewise.
    """

    VALIDATION_SIZE = 5000
    MAX_VALUE = 255
    NUM_CLASSES = 10
    MEAN: tuple[float, ...] | None = None
    STD: tuple[float, ...] | None = None

    def __init__(
        self,
        data_dir: str | None = None,
        train_batch_size: int = 60,
        *,
        validation_size: float | None = None,
        normalization: str = "scale",
        augmentation: str = "none",
        permute_labels: bool = False,
        subset: float | None = None,
        random_labels: float = 0.0,
        image_size: int | None = None,
        split_seed: int = 0,
        labels_seed: int = 0,
        train_order_seed: int | None = None,
        augment_seed: int = 0,
        drop_partial_batch: bool = False,
        task: str = "classification",
    ):
        """Loads the images and makes the splits.

        Args:
            data_dir: Folder with NAME.npz in Keras's layout (x_train, y_train,
                x_test, y_test) or with the image folders of the dataset, or
                None for the dataset's own source.
            train_batch_size: Images in one training batch.
            validation_size: Images that leave the training set for validation,
                drawn at random, or below 1 the fraction of them; None takes
                the dataset's usual number.
            normalization: "scale" to [0, 1]; "l2", each image divided by its
                Euclidean norm, as the 2018 code does; "standardize", to mean 0
                and deviation 1 of each channel; or "none".
            augmentation: What changes training images at random: "none",
                "crop_flip", "flip" or "resized_crop"; see augmentation.py.
            permute_labels: Whether to rename the classes at random.
            subset: Training images to keep after the validation split, drawn
                at random: a number above 1, or a fraction in (0, 1]; None
                keeps all.
            random_labels: Fraction of the training labels that are drawn anew
                from all classes; validation and test keep theirs.
            image_size: Height and width that images from files are resized
                to; None takes the dataset's usual size.
            split_seed: Seed of the validation split and the subset.
            labels_seed: Seed of the renaming and of random labels.
            train_order_seed: Seed of the training order; None counts as 0.
            augment_seed: Seed of the augmentation.
            drop_partial_batch: As for DatasetBase, like task.

        Raises:
            ValueError: If a name is unknown, a number out of its range, or
                images or labels are not as expected.
            FileNotFoundError: If the images cannot be had.
        """
        names.check("normalization", normalization, preparation.NORMALIZATIONS)
        augment = augmentations.make(augmentation)
        if image_size is not None:
            fields.check("image_size", image_size, int, at_least=1)
        x_train, y_train, x_test, y_test = _with_test(
            data_dir, task, *self.load(data_dir, image_size)
        )
        are_floats = any(x.dtype.kind not in "iu" for x in (x_train, x_test))
        max_value = self.MAX_VALUE or (1 if are_floats else 255)
        x_train, x_test = pixels.plain(x_train), pixels.plain(x_test)
        for x in (x_train, x_test):
            _check_pixels(x, max_value, normalization, image_size)
        every = [y_train, y_test]
        num_classes = self.NUM_CLASSES or 1 + max(int(y.max()) for y in every)
        is_known = self.NUM_CLASSES is not None
        if (
            is_known
            or task in splits.OF_CLASSES
            or permute_labels
            or random_labels
        ):
            labels.check(every, num_classes)
        if not is_known and task in splits.OF_CLASSES:
            labels.check_known(*every)
        if permute_labels:
            y_train, y_test = labels.permute(every, labels_seed)
        if validation_size is None:
            validation_size = self.VALIDATION_SIZE
        size = len(x_train)
        kept, held_out = splits.validation(size, validation_size, split_seed)
        kept = splits.subset(kept, subset, split_seed)
        y_kept = labels.randomize(
            y_train[kept], random_labels, num_classes, labels_seed
        )
        x_kept = x_train[kept]
        how = augmentations.AUGMENTATIONS[augmentation]
        if dataset_split.is_streamed(x_train) and how.crops_originals:
            # A part of the image at full size, cut out as it is read.
            x_kept, augment = x_kept.with_random_crop(), None
        validate = x_train[held_out], y_train[held_out]
        super().__init__(
            (x_kept, y_kept),
            train_batch_size,
            (x_test, y_test),
            validate=validate if len(held_out) else None,
            train_order_seed=train_order_seed,
            drop_partial_batch=drop_partial_batch,
            prepare=self._preparation(normalization, x_train, max_value),
            augment=augment,
            augment_seed=augment_seed,
            num_classes=num_classes if task == "classification" else None,
            task=task,
        )

    @staticmethod
    @abc.abstractmethod
    def load(data_dir: str | None, image_size: int | None = None) -> tuple:
        """Returns (x_train, y_train, x_test, y_test), as distributed.

        A dataset whose images are no files does not look at image_size.

        Returns:
            Images: arrays of shape (n, height, width, channels), or
            `image_files.ImageFiles`. Labels: integers of shape (n,). Where
            there is no test set, (x, y), of which 20 % become it.

        Raises:
            FileNotFoundError: If the images cannot be had.
            ValueError: If a file is damaged or holds something else.
        """

    def _preparation(self, normalization, x_train, max_value):
        if normalization != "standardize":
            return preparation.make(normalization, max_value)
        mean, std = self.MEAN, self.STD
        if mean is None or std is None:
            mean, std = pixels.mean_and_std(x_train, max_value)
        if len(mean) != x_train.shape[-1]:
            raise ValueError(
                f"Images must have {len(mean)} channels, as this dataset's. "
                f"Received: {x_train.shape[-1]}"
            )
        return preparation.make(normalization, max_value, mean, std)


def _with_test(source, task, x, y, *test):
    """Images and labels to train on and to test, some of them if none are."""
    if test:
        return x, y, *test
    has_classes = task in splits.OF_CLASSES
    rows = splits.test(y, splits.TEST_FRACTION, source, has_classes)
    return tuple(part[chosen] for chosen in rows for part in (x, y))


def _check_pixels(x, max_value, normalization, image_size):
    size = x.shape[1:3]
    if image_size is not None and size != (image_size, image_size):
        raise ValueError(
            "image_size can only change images that come from files of their "
            f"own. Received: {image_size}, for an array of {size[0]}x{size[1]} "
            "images"
        )
    pixels.check(x, max_value, normalization in ("scale", "standardize"))
