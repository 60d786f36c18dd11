"""Tests of foundations/values/dataset_split.py."""

import numpy as np
import pytest
import scipy.sparse

from lottery_ticket.foundations.values import dataset_split


def split(size=7, batch_size=3, **options):
    x = np.arange(size, dtype=np.float32)[:, np.newaxis]
    y = np.arange(size) % 2
    return dataset_split.DatasetSplit((x, y), batch_size, **options)


def test_an_epoch_sees_every_example_once_partial_batch_kept():
    train = split(shuffle=True, seed=3)
    assert train.iterations_per_epoch == 3
    assert train.partial_size == 1
    rows, sizes = train.batches(start=3, count=3)
    assert rows.shape == (3, 3)
    np.testing.assert_array_equal(sizes, [3, 3, 1])
    seen = np.concatenate([r[:n] for r, n in zip(rows, sizes, strict=True)])
    np.testing.assert_array_equal(seen, train.order(1))
    np.testing.assert_array_equal(np.sort(seen), np.arange(7))


def test_a_partial_batch_can_be_dropped():
    train = split(shuffle=True, seed=3, drop_partial=True)
    assert (train.iterations_per_epoch, train.partial_size) == (2, 0)
    rows, sizes = train.batches(start=2, count=2)
    np.testing.assert_array_equal(sizes, [3, 3])
    np.testing.assert_array_equal(rows.flat, train.order(1)[:6])


def test_batches_do_not_depend_on_how_they_are_asked_for():
    train = split(shuffle=True, seed=3)
    whole = train.batches(0, 10)
    parts = [train.batches(0, 4), train.batches(4, 1), train.batches(5, 5)]
    for index in range(2):
        joined = np.concatenate([part[index] for part in parts])
        np.testing.assert_array_equal(joined, whole[index])


def test_order_is_a_function_of_seed_and_epoch():
    orders = {
        tuple(split(100, shuffle=True, seed=seed).order(epoch))
        for seed in (0, 1)
        for epoch in (0, 1)
    }
    assert len(orders) == 4
    first, again = (split(9, shuffle=True, seed=4).order(2) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert split(9, shuffle=False).order(5).tolist() == list(range(9))


def test_one_hot_labels_become_indices():
    y = np.eye(3)[[2, 0]]
    made = dataset_split.DatasetSplit((np.zeros((2, 4)), y))
    np.testing.assert_array_equal(made.y, [2, 0])
    assert made.y.dtype == np.int32
    assert made.batch_size == 2


@pytest.mark.parametrize(
    ("x", "y", "batch", "message"),
    [
        (np.zeros((2, 1)), np.zeros(3, int), 1, "2 examples, 3 labels"),
        (np.zeros((0, 1)), np.zeros(0, int), 1, "0 examples"),
        (np.zeros((2, 1)), np.zeros(2), 1, "Labels must be integers"),
        (np.full((2, 1), 1e300), np.zeros(2, int), 1, "float32 cannot hold"),
        (np.zeros((2, 1)), {"y": np.zeros(2, int)}, 1, "one array: .*dict of"),
        (np.zeros((2, 1)), np.array([-1, 0]), 1, "Labels must be integers"),
        (np.zeros((2, 1)), np.ones((2, 2)), 1, "Labels must be integers"),
        (np.zeros((2, 1)), np.zeros(2, int), 0, "batch_size must be"),
        (np.zeros((1, 1)), np.array([2**32 + 1]), 1, "from 4294967297 to"),
    ],
)
def test_arrays_that_make_no_split(x, y, batch, message):
    with pytest.raises(ValueError, match=message):
        dataset_split.DatasetSplit((x, y), batch)


X, Y = np.ones((4, 2)), np.zeros(4, int)


def test_several_inputs_are_one_split():
    made = dataset_split.DatasetSplit(({"a": X, "b": [X, X[:, 0]]}, Y))
    assert made.size == made.batch_size == 4 and not made.is_streamed
    names = [made.checksum]
    names.append(dataset_split.DatasetSplit(([X, X[:, 0]], Y)).checksum)
    names.append(dataset_split.DatasetSplit(({"b": X, "a": X}, Y)).checksum)
    assert len(set(names)) == 3
    again = dataset_split.DatasetSplit(({"b": (X, X[:, 0]), "a": X}, Y))
    assert again.checksum == names[0]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (X.astype(complex), "real numbers .* Received: complex128"),
        (X.astype(object), "real numbers .* Received: object"),
        (X.astype(str), "real numbers .* Received: <U"),
        (X.astype("datetime64[s]"), "real numbers .* Received: datetime64"),
        (scipy.sparse.csr_matrix(X), "a dense array. Received: csr_matrix"),
        (iter(X), "Received: .*iterator"),
        ([[1.0], [1.0, 2.0]], "rows of one shape. Received: list"),
        (np.ma.array(X, mask=X > 0), "not be a masked array"),
    ],
)
def test_examples_that_are_no_array_of_real_numbers(x, message):
    with pytest.raises(ValueError, match=f"Examples must .*{message}"):
        dataset_split.DatasetSplit((x, Y))


def test_labels_must_not_be_masked():
    y = np.ma.array(Y, mask=[0, 1, 0, 0])
    with pytest.raises(ValueError, match="Labels must not be a masked array"):
        dataset_split.DatasetSplit((X, y))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16"])
def test_examples_of_other_numbers_stay_as_they_are(dtype):
    made = dataset_split.DatasetSplit((X.astype(dtype), Y))
    assert made.x.dtype == dtype
    rows = dataset_split.DatasetSplit((np.ma.array(X).tolist(), Y.tolist()))
    np.testing.assert_array_equal(rows.x, X)


def test_examples_that_are_not_finite_are_an_error():
    x = np.array([[0.0, np.nan]])
    with pytest.raises(ValueError, match="NaN or infinity"):
        dataset_split.DatasetSplit((x, [0]))


def test_labels_may_be_a_column():
    split = dataset_split.DatasetSplit((np.zeros((3, 2)), [[2], [0], [1]]))
    np.testing.assert_array_equal(split.y, [2, 0, 1])
