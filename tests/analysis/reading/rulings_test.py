"""Tests of analysis/reading/rulings.py."""

import math

import hypothesis
import pytest
from hypothesis import strategies as st

from lottery_ticket.analysis.reading import rulings

INFINITY = float("inf")
VALUES = [9.0, 10.0, 11.0]  # A t-interval of 10 ± 2.48.


@pytest.mark.parametrize(
    ("low", "high", "verdict", "why"),
    [
        (7.5, 12.5, "PASS", ""),
        (7.5, INFINITY, "PASS", ""),
        (-INFINITY, 12.5, "PASS", ""),
        (13, 15, "OFF", "3 below its range"),
        (5, 7.5, "OFF", "2.5 above its range"),
        (12.5, INFINITY, "OFF", "2.5 below its range"),
        (8, 12, "OPEN", "its interval is partly outside"),
        (10, INFINITY, "OPEN", "its interval is partly outside"),
    ],
)
def test_the_interval_decides(low, high, verdict, why):
    ruling = rulings.rule(VALUES, low, high)
    assert (ruling.verdict, ruling.why) == (verdict, why)
    assert (ruling.n, ruling.mean, ruling.std) == (3, 10, 1)
    half = 4.302653 / math.sqrt(3)  # Student's quantile of two degrees.
    assert ruling.low == pytest.approx(10 - half)
    assert ruling.high == pytest.approx(10 + half)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([], "not run"),
        ([float("nan")] * 3, "a trial has no value"),
        ([10, 10, 10, float("nan")], "a trial has no value"),
        ([10, 10, 10, INFINITY], "a trial has no value"),
        ([10], "fewer than 3 trials"),
        ([10, 10], "fewer than 3 trials"),
    ],
)
def test_what_decides_nothing_is_open(values, why):
    ruling = rulings.rule(values, 0, 20)
    assert (ruling.verdict, ruling.why) == ("OPEN", why)


def test_what_is_no_different_is_not_above():
    assert rulings.rule([0.0] * 3, 0, INFINITY).verdict == "OFF"
    assert rulings.rule([0.0] * 3, -0.5, 0.5).verdict == "PASS"


@hypothesis.given(
    st.lists(st.floats(-100, 100), min_size=3, max_size=8),
    st.floats(-100, 100),
    st.floats(0, 100),
)
def test_one_verdict_follows_from_the_interval(values, low, width):
    found = rulings.rule(values, low, low + width)
    is_inside = low < found.low and found.high < low + width
    is_outside = found.high <= low or found.low >= low + width
    expected = "PASS" if is_inside else "OFF" if is_outside else "OPEN"
    assert found.verdict == expected
