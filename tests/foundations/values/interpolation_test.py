"""Tests of foundations/values/interpolation.py."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations.values import headline, interpolation

FIRST = {
    "layer0": np.float32([[1, -2], [0, 4]]),
    "norm0_moving_mean": np.float32([1, 1]),
}
SECOND = {
    "layer0": np.float32([[3, 2], [0, -4]]),
    "norm0_moving_mean": np.float32([9, 9]),
}
ERRORS = st.lists(
    st.floats(0, 1, allow_subnormal=False), min_size=2, max_size=9
)


def test_positions_are_even_and_hold_both_ends():
    assert interpolation.positions(5) == [0, 0.25, 0.5, 0.75, 1]
    assert interpolation.positions(2) == [0, 1]
    places = interpolation.positions(30)
    assert (len(places), places[0], places[-1]) == (30, 0, 1)
    np.testing.assert_allclose(np.diff(places), 1 / 29)
    with pytest.raises(ValueError, match="at least 2. Received: 1"):
        interpolation.positions(1)


def test_between_is_a_weighted_mean_of_the_named_entries():
    network = interpolation.between(FIRST, SECOND, 0.25, {"layer0"})
    np.testing.assert_array_equal(network["layer0"], [[1.5, -1], [0, 2]])
    np.testing.assert_array_equal(network["norm0_moving_mean"], [1, 1])
    assert network["layer0"].dtype == np.float32
    np.testing.assert_array_equal(FIRST["layer0"], [[1, -2], [0, 4]])


@pytest.mark.parametrize(("alpha", "end"), [(0, FIRST), (1.0, SECOND)])
def test_the_ends_are_the_networks_themselves(alpha, end):
    network = interpolation.between(FIRST, SECOND, alpha, {"layer0"})
    for name, array in end.items():
        np.testing.assert_array_equal(network[name], array)


@hypothesis.given(
    st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=5),
    st.floats(0, 1),
)
def test_between_a_network_and_itself_is_that_network(values, alpha):
    network = {"layer0": np.float32(values)}
    mixed = interpolation.between(network, network, alpha, {"layer0"})
    np.testing.assert_array_equal(mixed["layer0"], network["layer0"])


def test_the_barrier_is_above_the_mean_of_the_ends():
    assert interpolation.barrier([0.25, 0.75, 0.5]) == 0.375
    assert interpolation.barrier([0.5, 0.25, 0.5]) == 0
    assert interpolation.barrier([0.25, 0.75]) == 0.25


@hypothesis.given(ERRORS)
def test_the_barrier_is_never_negative_and_the_same_both_ways(errors):
    found = interpolation.barrier(errors)
    assert found >= 0
    assert found == interpolation.barrier(errors[::-1])


MAE = headline.Headline("mae", higher_is_better=False)
R2 = headline.Headline("r2")


@pytest.mark.parametrize(
    ("kind", "ends", "limit"),
    [
        (headline.ACCURACY, 0.5, 0.02),
        (MAE, 30.0, 0.6),
        (R2, 0.25, 0.015),  # An error: it is of a value of .75.
    ],
)
def test_stable_is_below_2_points_or_2_percent_of_the_ends(kind, ends, limit):
    errors = dict.fromkeys(("train", "validate", "test"), [ends, 99, ends])
    for split, is_stable in (("train", False), ("validate", True)):
        barriers = dict.fromkeys(errors, 0.99 * limit)
        assert interpolation.is_stable(barriers, errors, kind)
        barriers[split] = 1.01 * limit
        assert interpolation.is_stable(barriers, errors, kind) == is_stable


def test_the_mean_is_that_of_a_twin():
    rng = np.random.default_rng(0)
    networks = [
        {name: rng.normal(size=(3, 2)).astype(np.float32) for name in "ab"}
        for _ in range(4)
    ]
    found = interpolation.mean(networks, {"a"})
    wide = np.stack([np.float64(each["a"]) for each in networks])
    np.testing.assert_array_equal(found["a"], np.float32(wide.mean(0)))
    assert found["a"].dtype == np.float32
    np.testing.assert_array_equal(found["b"], networks[0]["b"])
    halfway = interpolation.between(FIRST, SECOND, 0.5, {"layer0"})
    mean = interpolation.mean([FIRST, SECOND], {"layer0"})
    for name, array in halfway.items():
        np.testing.assert_array_equal(mean[name], array)


@hypothesis.given(
    st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=5),
    st.integers(1, 7),
)
def test_the_mean_of_equal_networks_is_each_of_them(values, count):
    network = {"layer0": np.float32(values)}
    mean = interpolation.mean([network] * count, {"layer0"})
    assert mean["layer0"].tobytes() == network["layer0"].tobytes()
