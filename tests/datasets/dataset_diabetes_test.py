"""Tests of datasets/dataset_diabetes.py."""

import numpy as np

from lottery_ticket.datasets import dataset_diabetes


def test_the_table_needs_no_file():
    made = dataset_diabetes.DatasetDiabetes(normalization="standardize")
    sizes = [split.size for split in made.splits.values()]
    assert sizes == [250, 50, 142]
    assert (made.input_shape, made.num_outputs) == ((10,), 1)
    assert (made.task, made.num_classes) == ("regression", None)
    y = np.concatenate([split.y for split in made.splits.values()])
    assert (y.min(), y.max()) == (25, 346)
    x = made.prepare(made.train.x).numpy()
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-5)


def test_the_test_set_is_the_same_whatever_the_seed():
    first, other = (
        dataset_diabetes.DatasetDiabetes(split_seed=s) for s in (0, 1)
    )
    np.testing.assert_array_equal(first.test.x, other.test.x)
    assert (first.validate.x != other.validate.x).any()
