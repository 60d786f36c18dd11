"""Tests of foundations/selection/random_masks.py."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations.selection import random_masks

MASKS = {
    "a": np.ones((100, 100), np.uint8),
    "b": np.tile(np.array([0, 1], np.uint8), 500),
    "c": np.ones(3, np.uint8),
}


def test_draws_keep_exactly_their_counts_at_random_places():
    found = random_masks.draw({"a": 3000, "b": 500}, MASKS, 1)
    assert found["a"].sum() == 3000
    np.testing.assert_array_equal(found["b"], MASKS["b"])
    np.testing.assert_array_equal(found["c"], MASKS["c"])
    # 4 standard deviations of one half's part, drawn without replacement.
    upper = np.count_nonzero(found["a"][:50])
    assert abs(upper - 1500) < 4 * np.sqrt(3000 / 4 * 0.7)
    assert MASKS["a"].all()
    none = random_masks.draw({"a": 0}, MASKS, 1)
    assert not none["a"].any()


def by_counts(masks, seed):
    return random_masks.draw(dict.fromkeys(masks, 5000), masks, seed)


def by_coins(masks, seed):
    return random_masks.bernoulli(0.5, masks, seed)


@pytest.mark.parametrize("kept", [by_counts, by_coins])
def test_draws_are_the_seeds_and_the_layers_own(kept):
    masks = {"a": MASKS["a"], "d": MASKS["a"]}
    one, again, other = (kept(masks, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one["a"], again["a"])
    alone = kept({"d": masks["d"]}, 1)
    np.testing.assert_array_equal(one["d"], alone["d"])
    for different in (other["a"], one["d"]):
        assert 0.45 < (one["a"] != different).mean() < 0.55


@hypothesis.given(st.data(), st.integers(0, 2**31))
def test_draws_stay_within_the_masks(data, seed):
    bits = data.draw(st.lists(st.integers(0, 1), max_size=30))
    masks = {"x": np.array(bits, np.uint8)}
    count = data.draw(st.integers(0, sum(bits)))
    found = random_masks.draw({"x": count}, masks, seed)["x"]
    assert found.sum() == count and found.dtype == np.uint8
    assert (found <= masks["x"]).all()
    coins = random_masks.bernoulli(0.5, masks, seed)["x"]
    assert (coins <= masks["x"]).all() and coins.dtype == np.uint8


def test_coins_keep_the_density_about():
    found = random_masks.bernoulli(0.1, MASKS, 1)
    # 4 standard deviations of 10,000 coins.
    assert abs(found["a"].mean() - 0.1) < 0.012
    assert found["a"].sum() != 1000
    assert random_masks.bernoulli(1, MASKS, 1)["a"].all()
    assert not random_masks.bernoulli(0, MASKS, 1)["a"].any()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"a": 10_001}, "a to keep from 0 to 10,000 .*Received: 10,001"),
        ({"b": 501}, "b to keep from 0 to 500"),
        ({"a": -1}, "Received: -1"),
        ({"x": 1}, "Unknown layer in quotas 'x'"),
    ],
)
def test_counts_that_do_not_fit_are_errors(given, message):
    with pytest.raises(ValueError, match=message):
        random_masks.draw(given, MASKS, 0)


def test_a_probability_is_one():
    with pytest.raises(ValueError, match=r"in \[0, 1\]. Received: 1.4"):
        random_masks.bernoulli(1.4, MASKS, 0)
