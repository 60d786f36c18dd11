"""Tests of datasets/dataset_sums.py."""

import numpy as np
import pytest

from lottery_ticket.datasets import dataset_sums


def test_sums_are_the_same_each_time_and_each_another():
    made, again = (dataset_sums.DatasetSums() for _ in range(2))
    sizes = [split.size for split in made.splits.values()]
    assert sizes == [8500, 500, 1000]
    assert (made.input_shape, made.num_classes) == ((11,), 10)
    assert made.checksum == again.checksum
    x = np.concatenate([split.x for split in made.splits.values()])
    assert len(np.unique(x, axis=0)) == len(x)
    assert len(made.vocabulary) == x.max() + 1 == 13


def test_labels_are_what_sums_come_to():
    x, y, _, _ = dataset_sums.DatasetSums.load(None, "classification")
    for row, label in zip(x[:200], y[:200], strict=True):
        text = "".join(dataset_sums.VOCABULARY[number] for number in row)
        assert eval(text) == label
    assert np.bincount(y).min() > 800


@pytest.mark.parametrize(
    ("results", "text"),
    [([3, 8, 7], "3+5-1"), ([0, 0, 9], "0+0+9"), ([9, 0, 0, 1], "9-9+0+1")],
)
def test_a_sum_is_written_by_its_results(results, text):
    assert dataset_sums.written(results) == text
    found = dataset_sums.numbers(text)
    assert len(found) == 11
    assert found[len(text) :] == [0] * (11 - len(text))
