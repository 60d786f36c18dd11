"""Tests of foundations/values/batch_stream.py."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.values import (
    batch_stream,
    dataset_split,
    examples,
)

X, Y = np.arange(20, dtype=np.float32).reshape(10, 2), np.arange(10) % 2


class Batches:
    """Counts what is read of it; batches of 4, 4 and 2."""

    def __init__(self, x=X):
        self.x, self.read = x, []

    def __getitem__(self, index):
        self.read.append(index)
        part = slice(4 * index, 4 * index + 4)
        return examples.take(self.x, part), Y[part]


def stream(given):
    parts = [given[index] for index in range(3)]
    given.read = []
    return batch_stream.streamed(given, parts)


def test_any_rows_can_be_read():
    x, y = stream(Batches())
    np.testing.assert_array_equal(y, Y)
    rows = np.array([9, 0, 5, 4], np.int32)
    np.testing.assert_array_equal(x.read(tf.constant(rows)), X[rows])
    part = x[np.array([8, 1, 3])][1:]
    assert len(part) == 2 and len({x.checksum, part.checksum}) == 2
    np.testing.assert_array_equal(part.read([1, 0]), X[[3, 1]])


def test_several_inputs_are_read_at_once():
    given = Batches({"b": X, "a": Y})
    x, _ = stream(given)
    found = x.read(tf.constant([7, 2]))
    np.testing.assert_array_equal(found["b"], X[[7, 2]])
    np.testing.assert_array_equal(found["a"], Y[[7, 2]])
    assert examples.shapes(x) == {"a": (), "b": (2,)}


def test_epochs_go_through_batches_one_by_one():
    given = Batches()
    split = dataset_split.DatasetSplit(stream(given), 3, shuffle=True, seed=1)
    orders = {tuple(split.order(epoch).tolist()) for epoch in range(9)}
    blocks = [(0, 1, 2, 3), (4, 5, 6, 7), (8, 9)]
    assert 2 < len(orders) <= 6
    for order in orders:
        assert sorted(order) == list(range(10))
        assert all(str(b)[1:-1] in str(order) for b in blocks)
    for batch in range(4):
        rows, _ = split.batches(batch, 1)
        split.x.read(tf.constant(rows[0]))
    assert sorted(given.read) == [0, 1, 2]


def test_the_checksum_is_of_all_examples():
    other = X.copy()
    other[9, 1] += 1
    sums = [stream(Batches(x))[0].checksum for x in (X, X, other)]
    assert sums[0] == sums[1] != sums[2]


def test_batches_must_be_alike():
    with pytest.raises(ValueError, match=r"alike.*shape \(2,\), then .*\(1,\)"):
        batch_stream.streamed(None, [(X, Y), (X[:, :1], Y)])
