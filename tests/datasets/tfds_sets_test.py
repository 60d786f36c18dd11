"""Tests of datasets/tfds_sets.py, on made-up data of tensorflow-datasets."""

import numpy as np
import pytest

from lottery_ticket.datasets import (
    dataset_rows,
    registry,
    tfds_sets,
)
from lottery_ticket.datasets.images import named_arrays

pytestmark = pytest.mark.filterwarnings("ignore")  # tensorflow-datasets' own.


@pytest.fixture(autouse=True)
def mocked(monkeypatch):
    tfds = pytest.importorskip("tensorflow_datasets")
    monkeypatch.setattr(named_arrays, "is_online", lambda: True)
    # Made-up sets do not say what splits they have.
    sizes = {"train": 40, "test": 40}
    monkeypatch.setattr(tfds_sets, "_sizes", lambda builder: sizes)
    with tfds.testing.mock_data(num_examples=40):
        yield


def test_images_with_a_test_set():
    made = registry.create("tfds:mnist", validation_size=4, split_seed=1)
    assert isinstance(made, tfds_sets.DatasetTfds)
    sizes = {name: split.size for name, split in made.splits.items()}
    assert sizes == {"train": 36, "validate": 4, "test": 40}
    assert made.input_shape == (28, 28, 1) and made.train.x.dtype == np.uint8


def test_images_of_many_sizes_are_resized_and_divided(monkeypatch):
    monkeypatch.setattr(tfds_sets, "_sizes", lambda builder: {"train": 40})
    made = registry.create("tfds:tf_flowers", image_size=8)
    assert made.input_shape == (8, 8, 3)
    assert made.train.size + made.validate.size == 32 and made.test.size == 8


def test_texts_become_numbers_of_words():
    made = registry.create("tfds:imdb_reviews")
    assert isinstance(made, dataset_rows.DatasetRows)
    assert (made.train.size, made.test.size) == (36, 40)
    assert made.num_classes == 2 and made.train.x.dtype == np.int32
    assert made.train.x.max() == len(made.vocabulary) - 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tfds:tf_flowers", "of many sizes. Pass --image_size"),
        ("tfds:titanic", "pairs of an image or a text.* Received: .*survived"),
        ("tfds:moving_mnist", "a ClassLabel .supervised_keys"),
    ],
)
def test_sets_that_do_not_fit(name, message):
    with pytest.raises(ValueError, match=message):
        registry.create(name)


def test_sets_that_are_too_large(monkeypatch):
    monkeypatch.setattr(tfds_sets, "LIMIT_BYTES", 1000)
    with pytest.raises(ValueError, match="GB of memory: pass a smaller"):
        registry.create("tfds:mnist")


def test_sets_that_cannot_be_had(monkeypatch):
    registry.check("tfds:anything")
    with pytest.raises(
        FileNotFoundError, match="'tfds:mnits' is not to be had"
    ):
        registry.create("tfds:mnits")
    monkeypatch.setattr(named_arrays, "is_online", lambda: False)
    with pytest.raises(FileNotFoundError, match="no internet connection"):
        registry.create("tfds:cifar10")
