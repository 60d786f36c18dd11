"""Tests of foundations/masks.py."""

import numpy as np
import pytest

from lottery_ticket.foundations import masks

A = {"x": np.array([1, 1, 0, 0]), "y": np.array([[1, 0]])}
B = {"x": np.array([1, 0, 1, 0]), "z": np.array([1])}


def test_union_keeps_what_any_keeps():
    result = masks.union(A, B)
    np.testing.assert_array_equal(result["x"], [1, 1, 1, 0])
    np.testing.assert_array_equal(result["y"], [[1, 0]])
    np.testing.assert_array_equal(result["z"], [1])
    assert {mask.dtype for mask in result.values()} == {np.dtype("uint8")}


def test_intersect_keeps_what_all_keep_and_edits_nothing():
    before = {name: mask.copy() for name, mask in A.items()}
    result = masks.intersect(A, B)
    np.testing.assert_array_equal(result["x"], [1, 0, 0, 0])
    for name, mask in before.items():
        np.testing.assert_array_equal(A[name], mask)


def test_combining_other_shapes_names_the_layer():
    with pytest.raises(ValueError, match=r"'x' must have one shape.*\(4,\)"):
        masks.union(A, {"x": np.ones(3)})
    with pytest.raises(ValueError, match="at least one"):
        masks.intersect()
    with pytest.raises(ValueError, match="0s and 1s only. Received: 0.5"):
        masks.union({"x": np.array([0.5, 1])})


def test_ones_counts_and_density():
    made = masks.ones({"x": np.zeros((2, 3)), "y": np.zeros(4)})
    assert masks.counts(made) == {"x": (6, 6), "y": (4, 4)}
    assert masks.density(A) == 3 / 6


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"q": np.ones(2)}, "Unknown masked layer 'q'"),
        ({"x": np.ones(3)}, r"'x' must have the shape.*\(2,\).*\(3,\)"),
        ({"x": np.array([1, 2])}, "0s and 1s only. Received: 2"),
        ({"x": np.array([0.5, 1])}, "0s and 1s only. Received: 0.5"),
        ({"x": np.array([np.nan, 1])}, "0s and 1s only. Received: nan"),
    ],
)
def test_masks_that_do_not_fit(given, message):
    with pytest.raises(ValueError, match=message):
        masks.check(given, {"x": (2,)})
