"""Tests of datasets/images/splits.py."""

import numpy as np
import pytest

from lottery_ticket.datasets.images import splits


def test_validation_rows_are_drawn_by_their_seed():
    kept, held_out = splits.validation(12, 4, 0)
    assert sorted([*kept, *held_out]) == list(range(12))
    assert len(held_out) == 4
    np.testing.assert_array_equal(splits.validation(12, 4, 0)[1], held_out)
    assert (splits.validation(12, 4, 1)[1] != held_out).any()


@pytest.mark.parametrize(("size", "count"), [(0.25, 3), (0.01, 1), (0, 0)])
def test_validation_as_a_fraction(size, count):
    assert len(splits.validation(12, size, 0)[1]) == count


@pytest.mark.parametrize("size", [12, -1, 2.5])
def test_validation_must_leave_something(size):
    with pytest.raises(ValueError, match=r"validation_size must be in \[0, 12"):
        splits.validation(12, size, 0)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [(None, 20), (1.0, 20), (0.5, 10), (0.001, 1), (7, 7), (20, 20)],
)
def test_subsets(wanted, count):
    rows = np.arange(100, 120)
    chosen = splits.subset(rows, wanted, 3)
    assert len(np.unique(chosen)) == len(chosen) == count
    assert np.isin(chosen, rows).all() and (np.diff(chosen) > 0).all()


def test_smaller_subsets_are_part_of_larger_ones():
    rows = np.arange(20)
    small, large = (splits.subset(rows, size, 3) for size in (5, 9))
    assert np.isin(small, large).all()
    assert (splits.subset(rows, 5, 4) != small).any()


@pytest.mark.parametrize("wanted", [0, -0.5, 21, 1.5])
def test_subsets_that_there_are_not(wanted):
    with pytest.raises(ValueError, match="subset must be.*up to 20. Received"):
        splits.subset(np.arange(20), wanted, 0)


def test_a_stratified_test_set_has_its_share_of_each_class():
    labels = np.repeat([0, 1, 2], [10, 20, 30])
    train, test = splits.stratified_test(labels, 0.2, "here")
    assert np.bincount(labels[test]).tolist() == [2, 4, 6]
    assert sorted([*train, *test]) == list(range(60))
    np.testing.assert_array_equal(
        splits.stratified_test(labels, 0.2, "here")[1], test
    )


def test_too_few_images_for_a_test_set():
    with pytest.raises(ValueError, match="here has no test set, and too"):
        splits.stratified_test(np.array([0, 0, 0, 0, 1]), 0.2, "here")
