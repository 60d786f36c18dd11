"""Tests of datasets/dataset_imagenet.py."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.datasets import dataset_imagenet
from lottery_ticket.tests.datasets import picture_files


@pytest.fixture
def few_classes(monkeypatch):
    monkeypatch.setattr(dataset_imagenet.DatasetImagenet, "NUM_CLASSES", 2)


def make_folders(path, classes=("n01", "n02"), test_classes=("n01", "n02")):
    shape = {"height": 30, "width": 40}
    picture_files.save_classes(path / "train", 5, classes, **shape)
    picture_files.save_classes(path / "val", 2, test_classes, **shape)


@pytest.mark.parametrize("below", ["", "imagenet"])
def test_images_are_streamed(tmp_path, few_classes, below):
    make_folders(tmp_path / below)
    made = dataset_imagenet.DatasetImagenet(
        str(tmp_path), 4, validation_size=3, normalization="standardize"
    )
    assert [split.size for split in made.splits.values()] == [7, 3, 4]
    assert all(split.is_streamed for split in made.splits.values())
    assert (made.input_shape, made.num_classes) == ((224, 224, 3), 2)
    x = made.train.x.read(tf.range(7))
    np.testing.assert_array_equal(x[:, 0, 0, 0] // 5, made.train.y)
    assert made.prepare.mean == (0.485, 0.456, 0.406)


def test_only_training_reads_random_parts(tmp_path, few_classes):
    make_folders(tmp_path)
    made = dataset_imagenet.DatasetImagenet(
        str(tmp_path),
        validation_size=3,
        image_size=16,
        augmentation="resized_crop",
    )
    cropped = [split.x.random_crop for split in made.splits.values()]
    assert cropped == [True, False, False]
    assert (made.augment, made.input_shape) == (None, (16, 16, 3))
    flipped = dataset_imagenet.DatasetImagenet(
        str(tmp_path), validation_size=3, augmentation="flip"
    )
    assert not flipped.train.x.random_crop and flipped.augment is not None


def test_classes_must_be_1000(tmp_path):
    make_folders(tmp_path)
    with pytest.raises(ValueError, match="hold 1000 classes. Received: 2"):
        dataset_imagenet.DatasetImagenet(str(tmp_path))


def test_test_classes_must_be_known(tmp_path, few_classes):
    make_folders(tmp_path, test_classes=("n01", "n03"))
    with pytest.raises(ValueError, match="val must hold.*Received: 'n03'"):
        dataset_imagenet.DatasetImagenet(str(tmp_path))


@pytest.mark.parametrize("data_dir", [None, "here"])
def test_without_folders_the_error_says_how_to_get_them(data_dir):
    with pytest.raises(FileNotFoundError, match="cannot be read at random"):
        dataset_imagenet.DatasetImagenet(data_dir)
