"""Tests of datasets/images/labels.py."""

import numpy as np
import pytest

from lottery_ticket.datasets.images import labels


def test_labels_must_be_below_the_number_of_classes():
    labels.check([np.array([0, 2]), np.array([1])], 3)
    with pytest.raises(ValueError, match=r"in \[0, 2\).*from 0 to 2"):
        labels.check([np.array([1]), np.array([0, 2])], 2)


def test_permuted_labels_are_renamed_alike():
    first, second = np.array([0, 1, 2, 1]), np.array([2, 0])
    for seed in range(5):
        a, b = labels.permute([first, second], seed)
        assert (a[0], a[2]) == (b[1], b[0]) and a[1] == a[3]
        assert sorted(a[:3]) == [0, 1, 2]


def test_a_fraction_of_the_labels_is_drawn_from_all_classes():
    y = np.zeros(10000, int)
    drawn = labels.randomize(y, 0.5, 4, 0)
    assert not y.any()
    # Of 5,000 drawn anew, a quarter comes out as it was.
    counts = np.bincount(drawn, minlength=4)
    np.testing.assert_allclose(counts, [6250, 1250, 1250, 1250], rtol=0.1)
    np.testing.assert_array_equal(labels.randomize(y, 0.5, 4, 0), drawn)
    assert (labels.randomize(y, 0.5, 4, 1) != drawn).any()
    np.testing.assert_array_equal(labels.randomize(y, 0, 4, 0), y)


@pytest.mark.parametrize("fraction", [-0.1, 1.1])
def test_fractions_out_of_range(fraction):
    with pytest.raises(
        ValueError, match=r"random_labels must be a number, at least 0"
    ):
        labels.randomize(np.zeros(3, int), fraction, 2, 0)


def test_classes_that_training_lacks_are_named():
    labels.check_known(np.array([0, 1, 2]), np.array([2, 0]))
    with pytest.raises(ValueError, match="training set lacks. Received: 3, 4"):
        labels.check_known(np.array([0, 1]), np.array([4, 3, 0]))
