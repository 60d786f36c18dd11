"""Tests of datasets/dataset_inequalities.py."""

import numpy as np
import pytest

from lottery_ticket.datasets import dataset_inequalities


def test_they_are_the_same_each_time_and_each_another():
    made, again = (dataset_inequalities.DatasetInequalities() for _ in range(2))
    sizes = [split.size for split in made.splits.values()]
    assert sizes == [8500, 500, 1000]
    assert (made.input_shape, made.num_outputs) == ((11,), 1)
    assert made.task == "binary" and made.checksum == again.checksum
    x = np.concatenate([split.x for split in made.splits.values()])
    assert len(np.unique(x, axis=0)) == len(x)
    assert len(made.vocabulary) == x.max() + 1 == 6


def test_labels_say_whether_they_are_true():
    x, y, _, _ = dataset_inequalities.DatasetInequalities.load(None, "binary")
    vocabulary = dataset_inequalities.VOCABULARY
    for row, label in zip(x[:200], y[:200], strict=True):
        left, right = "".join(vocabulary[n] for n in row).split("<")
        assert (int(left) < int(right)) == label
        assert len(left) == len(right)
    assert abs(y.mean() - 0.5) < 0.02


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10<11", [2, 1, 5, 2, 2, 0, 0, 0, 0, 0, 0]),
        ("203<211", [3, 1, 4, 5, 3, 2, 2, 0, 0, 0, 0]),
        ("33333<00000", [4, 4, 4, 4, 4, 5, 1, 1, 1, 1, 1]),
    ],
)
def test_symbols_are_numbers(text, expected):
    assert dataset_inequalities.numbers(text) == expected
