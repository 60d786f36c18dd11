"""Tests of datasets/dataset_digits.py."""

import numpy as np

from lottery_ticket.datasets import dataset_digits


def test_digits_need_no_file():
    made = dataset_digits.DatasetDigits()
    sizes = [split.size for split in made.splits.values()]
    assert sizes == [1197, 300, 300]
    assert made.input_shape == (8, 8, 1)
    assert made.num_classes == 10
    x = made.prepare(made.train.x).numpy()
    np.testing.assert_allclose(x, made.train.x / 16, rtol=1e-6)
    assert (x.min(), x.max()) == (0, 1)


def test_the_test_set_is_the_same_whatever_the_seed():
    first, other = (dataset_digits.DatasetDigits(split_seed=s) for s in (0, 1))
    np.testing.assert_array_equal(first.test.x, other.test.x)
    assert (first.validate.x != other.validate.x).any()


def test_no_image_is_in_two_splits():
    made = dataset_digits.DatasetDigits()
    x = np.concatenate([split.x for split in made.splits.values()])
    assert len(np.unique(x, axis=0)) == len(x) == 1797
