"""Tests of foundations/selection/cutoff.py; counts are pruning_test's."""

import collections
import itertools

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lottery_ticket.foundations.selection import cutoff


@st.composite
def layers(draw):
    """Masks of one to three layers, and scores with ties and infinities."""
    masks, scores = {}, {}
    values = st.sampled_from([-np.inf, -1.0, 0.0, 1.0, np.inf])
    for index in range(draw(st.integers(1, 3))):
        size = draw(st.integers(0, 12))
        bits = st.integers(0, 1)
        masks[f"x{index}"] = draw(hnp.arrays(np.uint8, size, elements=bits))
        scores[f"x{index}"] = draw(
            hnp.arrays(np.float32, size, elements=values)
        )
    return masks, scores


def kept_scores(masks, scores):
    return np.sort(np.concatenate([scores[n][masks[n] == 1] for n in masks]))


@hypothesis.given(layers(), st.floats(0, 1), st.integers(0, 5))
def test_chance_only_decides_between_ties(given, share, seed):
    masks, scores = given
    before = kept_scores(masks, scores)
    count = round(share * before.size)
    drawn, again = (
        cutoff.cut(count, masks, scores, np.random.default_rng(seed))
        for _ in range(2)
    )
    best = before[before.size - count :]
    np.testing.assert_array_equal(kept_scores(drawn, scores), best)
    for name, mask in drawn.items():
        assert (mask <= masks[name]).all()
        assert mask.dtype == masks[name].dtype
        np.testing.assert_array_equal(mask, again[name])


def test_all_ties_of_all_layers_are_equally_likely():
    masks = {"a": np.ones(5, np.uint8), "b": np.ones((1, 3), np.uint8)}
    masks["a"][4] = 0
    scores = {"a": np.array([0, 9, 0, 0, 0.0]), "b": np.array([[0, -1, 0.0]])}
    rng = np.random.default_rng(0)
    seen = collections.Counter()
    for _ in range(3000):  # -1 goes, and two of five zeros.
        pruned = cutoff.cut(4, masks, scores, rng)
        assert (pruned["a"][1], pruned["b"][0, 1]) == (1, 0)
        zeros = [*pruned["a"][[0, 2, 3]], *pruned["b"][0, [0, 2]]]
        seen[tuple(np.flatnonzero(np.equal(zeros, 0)))] += 1
    assert set(seen) == set(itertools.combinations(range(5), 2))
    assert all(abs(n - 300) < 5 * np.sqrt(300 * 0.9) for n in seen.values())


def test_without_chance_the_earlier_layer_and_index_go():
    masks = {"b": np.ones((2, 2), np.uint8), "a": np.ones(3, np.uint8)}
    zeros = {"a": np.zeros(3), "b": np.zeros((2, 2), order="F")}
    pruned = cutoff.cut(5, masks, zeros)
    np.testing.assert_array_equal(pruned["b"], [[0, 0], [1, 1]])
    np.testing.assert_array_equal(pruned["a"], [1, 1, 1])
    pruned = cutoff.cut(2, masks, zeros)
    assert not pruned["b"].any()
    np.testing.assert_array_equal(pruned["a"], [0, 1, 1])


@pytest.mark.parametrize("rng", [None, np.random.default_rng(0)])
def test_the_masks_that_are_given_stay_as_they_are(rng):
    masks = {"x": np.ones(4, np.uint8)}
    for count in range(5):
        pruned = cutoff.cut(count, masks, {"x": np.zeros(4)}, rng)["x"]
        assert pruned.sum() == count
        assert pruned is not masks["x"]
    assert masks["x"].all()


def test_where_nothing_ties_nothing_is_drawn():
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    cutoff.cut(2, {"x": np.ones(4)}, {"x": np.arange(4.0)}, rng)
    assert rng.bit_generator.state == before
