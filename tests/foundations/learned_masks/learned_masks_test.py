"""Tests of foundations/learned_masks/learned_masks.py."""

import hypothesis
import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations.learned_masks import learned_masks
from lottery_ticket.foundations.values import masks

FIRST = {
    "layer0": np.uint8([[1, 1, 0, 0]]),
    "layer1": np.uint8([1, 0]),
}
SECOND = {
    "layer0": np.uint8([[1, 0, 1, 0]]),
    "layer1": np.uint8([1, 1]),
}
WEIGHTS = {
    "layer0": np.float32([[1, -2, 3, -4]]),
    "layer1": np.float32([0.1, 7]),
    "layer1_bias": np.float32([5]),
}


def drawn(seed, size=400):
    rng = np.random.default_rng(seed)
    return {
        name: rng.integers(0, 2, size).astype(np.uint8) for name in ("a", "b")
    }


def equal(a, b):
    assert list(a) == list(b)
    for name in a:
        np.testing.assert_array_equal(a[name], b[name])


def test_mixed_is_a_mean():
    found = learned_masks.mixed(FIRST, SECOND, 0.25)
    np.testing.assert_array_equal(found["layer0"], [[1, 0.75, 0.25, 0]])
    np.testing.assert_array_equal(found["layer1"], [1, 0.25])


@pytest.mark.parametrize(
    ("alpha", "layer0", "layer1"),
    [
        (0, [[1, 1, 0, 0]], [1, 0]),
        (0.49, [[1, 1, 0, 0]], [1, 0]),
        (0.5, [[1, 0, 0, 0]], [1, 0]),
        (0.51, [[1, 0, 1, 0]], [1, 1]),
        (1, [[1, 0, 1, 0]], [1, 1]),
    ],
)
def test_rounded_moves_at_one_half(alpha, layer0, layer1):
    found = learned_masks.mixed(FIRST, SECOND, alpha, is_rounded=True)
    np.testing.assert_array_equal(found["layer0"], layer0)
    np.testing.assert_array_equal(found["layer1"], layer1)
    assert {each.dtype for each in found.values()} == {np.dtype(np.uint8)}


@hypothesis.given(st.integers(0, 2**31 - 1), st.floats(0, 1), st.floats(0, 1))
def test_samples_are_nested_and_only_move_where_masks_differ(seed, one, other):
    first, second = drawn(1), drawn(2)
    low, high = sorted((one, other))
    before, after = (
        learned_masks.sampled(first, second, alpha, seed)
        for alpha in (low, high)
    )
    for name in first:
        moved = [each[name] != first[name] for each in (before, after)]
        assert (moved[0] <= moved[1]).all()
        assert (moved[1] <= (first[name] != second[name])).all()


@pytest.mark.parametrize(("alpha", "end"), [(0.0, 1), (1.0, 2)])
def test_both_ways_end_at_the_masks(alpha, end):
    first, second = drawn(1), drawn(2)
    for found in (
        learned_masks.sampled(first, second, alpha, 5),
        learned_masks.mixed(first, second, alpha),
        learned_masks.mixed(first, second, alpha, is_rounded=True),
    ):
        equal(found, drawn(end))
    assert first["a"].dtype == np.uint8
    assert learned_masks.sampled(first, second, alpha, 5)["a"].dtype == np.uint8


def test_samples_take_a_share_of_alpha_from_the_second():
    first = {"a": np.zeros(10_000, np.uint8), "b": np.zeros(10_000, np.uint8)}
    second = masks.ones(first)
    found = learned_masks.sampled(first, second, 0.3, 1)
    for each in found.values():
        assert abs(each.mean() - 0.3) < 0.02  # 4.4 standard deviations.
    assert (found["a"] != found["b"]).any()
    other = learned_masks.sampled(first, second, 0.3, 2)
    assert (found["a"] != other["a"]).any()


def test_distances_count_what_differs():
    found = learned_masks.distances(FIRST, SECOND)
    assert found == {"layer0": (2, 4), "layer1": (1, 2)}
    assert learned_masks.mean(found) == 0.5
    assert learned_masks.mean(masks.counts(FIRST)) == 0.5
    half = learned_masks.mixed(FIRST, SECOND, 0.5)
    assert learned_masks.distances(FIRST, half) == {
        "layer0": (1, 4),
        "layer1": (0.5, 2),
    }


@hypothesis.given(st.integers(0, 99), st.integers(0, 99), st.floats(0, 1))
def test_distances_of_means_grow_with_alpha(one, other, alpha):
    first, second = drawn(one), drawn(other)
    whole = learned_masks.mean(learned_masks.distances(first, second))
    mixed = learned_masks.mixed(first, second, alpha)
    found = learned_masks.mean(learned_masks.distances(first, mixed))
    assert found == pytest.approx(alpha * whole, abs=1e-9)


def test_under_means_weights_are_multiplied():
    half = learned_masks.mixed(FIRST, SECOND, 0.5)
    found = learned_masks.effective(WEIGHTS, half, "none")
    np.testing.assert_array_equal(found["layer0"], [[1, -1, 1.5, 0]])
    np.testing.assert_array_equal(found["layer1_bias"], [5])
    assert found["layer0"].dtype == np.float32
    scaled = learned_masks.effective(WEIGHTS, half, "dynamic")
    np.testing.assert_array_equal(scaled["layer0"], [[2, -2, 3, 0]])
    np.testing.assert_array_equal(WEIGHTS["layer0"], [[1, -2, 3, -4]])


def test_effective_weights_are_0_where_pruned_and_rescaled_elsewhere():
    weights = {
        "a": np.array([1, -2, 3, 4], np.float32),
        "a_bias": np.array([5], np.float32),
    }
    mask = {"a": np.array([1, 1, 0, 0], np.uint8)}
    plain = learned_masks.effective(weights, mask, "none")
    np.testing.assert_array_equal(plain["a"], [1, -2, 0, 0])
    for rescaling in ("dynamic", "dynamic_no_gradient"):
        found = learned_masks.effective(weights, mask, rescaling)
        np.testing.assert_array_equal(found["a"], [2, -4, 0, 0])
        np.testing.assert_array_equal(found["a_bias"], [5])
        assert found["a"].dtype == np.float32
    np.testing.assert_array_equal(weights["a"], [1, -2, 3, 4])
    with pytest.raises(ValueError, match="Unknown rescaling 'dynamical'"):
        learned_masks.effective(weights, mask, "dynamical")


def test_a_mask_that_keeps_nothing_gives_zeros():
    weights = {"a": np.ones(3, np.float32)}
    mask = {"a": np.zeros(3, np.uint8)}
    found = learned_masks.effective(weights, mask, "dynamic")
    np.testing.assert_array_equal(found["a"], [0, 0, 0])


@hypothesis.given(
    arrays.arrays(np.uint8, st.integers(1, 40), elements=st.integers(0, 1))
)
def test_rescaling_keeps_the_sum_of_constant_weights(mask):
    hypothesis.assume(mask.any())
    weights = {"a": np.ones(mask.shape, np.float64)}
    found = learned_masks.effective(weights, {"a": mask}, "dynamic")
    np.testing.assert_allclose(found["a"].sum(), mask.size)
