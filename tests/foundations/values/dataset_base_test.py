"""Tests of foundations/values/dataset_base.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.values import dataset_base


def dataset(shape=(4,), **options):
    def pair(size):
        return np.zeros((size, *shape)), np.arange(size) % 3

    return dataset_base.DatasetBase(pair(9), 2, pair(3), **options)


def test_dataset_facts():
    made = dataset(train_order_seed=5)
    assert made.input_shape == (4,)
    assert made.num_classes == 3
    assert list(made.splits) == ["train", "test"]
    assert made.train.seed == 5
    assert made.train.shuffle
    assert not made.test.shuffle


def test_checksum_is_of_all_splits():
    validate = np.zeros((2, 4)), np.zeros(2, int)
    sums = {
        dataset().checksum,
        dataset(shape=(5,)).checksum,
        dataset(validate=validate).checksum,
    }
    assert len(sums) == 3
    assert dataset().checksum == dataset(train_order_seed=1).checksum


def test_splits_of_other_shapes_are_an_error():
    with pytest.raises(ValueError, match="one shape in all splits"):
        dataset(validate=(np.zeros((2, 5)), np.zeros(2, int)))


def test_splits_have_one_dtype():
    x = np.zeros((4, 2))
    y = np.zeros(4, int)
    with pytest.raises(ValueError, match="one dtype.*float32, float64"):
        dataset_base.DatasetBase((x, y), 2, (x.astype(np.float32), y))


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ([0, 2], [0, 2], "No training label is 1, of classes from 0 to 2"),
        ([1, 2], [1, 2], "No test label is 0, of classes from 0 to 2"),
        ([0, 0], [0, 1], "No training label is 1, of classes from 0 to 1"),
        ([0, 1, 2], [0, 1], "No test label is 2, of classes from 0 to 2"),
        ([0, 9], [0, 9], "is 1, 2, 3, 4, 5 or another, of classes from 0 to 9"),
        ([0, 0], [0, 0], "All labels are 0: there is nothing to learn"),
        (np.eye(3)[[0, 1]], [0, 1], "No one-hot label is 2, of classes from 0"),
        ([0, 1], [0, 1], ""),
    ],
)
def test_classes_that_never_come_are_named(caplog, train, test, message):
    pairs = [(np.zeros((len(y), 4), np.float32), y) for y in (train, test)]
    dataset_base.DatasetBase(pairs[0], 2, pairs[1])
    assert message in caplog.text and bool(caplog.text) == bool(message)


def test_a_class_that_validation_took_is_named(caplog):
    x = np.zeros((2, 4), np.float32)
    data = (x, [0, 0]), 2, (x, [0, 1])
    dataset_base.DatasetBase(*data, validate=(x[:1], [1]), num_classes=2)
    assert "No training label is 1" in caplog.text
