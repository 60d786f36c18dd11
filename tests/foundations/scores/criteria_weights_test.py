"""Tests of foundations/scores/criteria_weights.py."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations import pruning
from lottery_ticket.foundations.scores import criteria_weights
from lottery_ticket.foundations.selection import quotas

# The worked vector; biases are there, and are never scored.
INITIAL = {"x": np.array([0.5, -0.4, 0.3, -0.2, 0.1]), "x_bias": np.ones(2)}
FINAL = {"x": np.array([0.6, 0.5, 0.1, -0.7, -0.05]), "x_bias": np.ones(2)}
MASKS = {"x": np.ones(5, np.uint8)}
QUADRANTS = {
    criteria_weights.large_init_large_final: 1,
    criteria_weights.small_init_small_final: -1,
}


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (criteria_weights.large_final, [0.6, 0.5, 0.1, 0.7, 0.05]),
        (criteria_weights.small_final, [-0.6, -0.5, -0.1, -0.7, -0.05]),
        (criteria_weights.large_init, [0.5, 0.4, 0.3, 0.2, 0.1]),
        (criteria_weights.small_init, [-0.5, -0.4, -0.3, -0.2, -0.1]),
        (criteria_weights.magnitude_increase, [0.1, 0.1, -0.2, 0.5, -0.05]),
        (criteria_weights.movement, [0.1, 0.9, 0.2, 0.5, 0.15]),
        # Ranks 5 4 3 2 1 and 4 3 2 5 1, of 5.
        (criteria_weights.large_init_large_final, [0.8, 0.6, 0.4, 0.4, 0.2]),
        # Ranks 1 2 3 4 5 and 2 3 4 1 5.
        (criteria_weights.small_init_small_final, [0.2, 0.4, 0.6, 0.2, 1]),
    ],
)
def test_scores_of_the_worked_vector(criterion, expected):
    scores = criterion(INITIAL, FINAL, MASKS, np.random.default_rng(0))
    assert list(scores) == ["x"]
    np.testing.assert_allclose(scores["x"], expected, atol=1e-15)


def test_random_scores_are_uniform_and_known_by_their_generator():
    masks = {"a": np.ones((100, 50), np.uint8), "b": np.ones(4000, np.uint8)}

    def draw(seed):
        rng = np.random.default_rng(seed)
        return criteria_weights.random({}, {}, masks, rng)

    scores, again, other = draw(1), draw(1), draw(2)
    rng = np.random.default_rng(1)
    for name, mask in masks.items():
        score = scores[name]
        assert score.dtype == np.float32
        np.testing.assert_array_equal(score, rng.random(mask.shape, np.float32))
        np.testing.assert_array_equal(score, again[name])
        assert (score != other[name]).mean() > 0.99
        assert 0 <= score.min() < 0.01 and 0.99 < score.max() < 1
        assert abs(score.mean() - 0.5) < 0.02  # Four deviations.


@pytest.mark.parametrize("criterion", QUADRANTS)
def test_ranks_are_among_the_kept_weights_of_a_layer(criterion):
    masks = {"x": np.array([[1, 0, 1], [0, 1, 1]], np.uint8)}
    initial = {"x": np.array([[1, 99, -2], [0, 3, -4.0]])}
    final = {"x": np.array([[-1, 0, 2], [99, -3, 4.0]])}
    scores = criterion(initial, final, masks, np.random.default_rng(0))["x"]
    expected = np.array([[1, 0, 2], [0, 3, 4]])
    if QUADRANTS[criterion] < 0:
        expected = np.array([[4, 0, 3], [0, 2, 1]])
    np.testing.assert_array_equal(scores, expected / 4)


@pytest.mark.parametrize("criterion", QUADRANTS)
def test_a_layer_without_kept_weights_has_ranks_of_nothing(criterion):
    masks = {"x": np.zeros(5, np.uint8)}
    scores = criterion(INITIAL, FINAL, masks, np.random.default_rng(0))
    np.testing.assert_array_equal(scores["x"], np.zeros(5))


@pytest.mark.parametrize("criterion", QUADRANTS)
def test_chance_ranks_equal_magnitudes(criterion):
    equal = {"x": np.where(np.arange(600) % 2, -1.0, 1.0)}
    masks = {"x": np.ones(600, np.uint8)}

    def draw(seed):
        rng = np.random.default_rng(seed)
        return criterion(equal, equal, masks, rng)["x"]

    first = draw(1)
    np.testing.assert_array_equal(first, draw(1))
    assert (first != draw(2)).mean() > 0.9
    # No trace of the order: the halves are alike (bound: five deviations).
    assert abs(first[:300].mean() - first[300:].mean()) < 0.1


def prune_by_ranks(criterion, initial, final, mask, count, seed=0):
    """The mask with `count` weights less."""
    rng = np.random.default_rng(seed)
    scores = criterion({"x": initial}, {"x": final}, {"x": mask}, rng)
    quota = quotas.Quota(("x",), int(mask.sum()) - count)
    return pruning.prune_by_scores([quota], {"x": mask}, scores, rng=rng)["x"]


def search_percentile(initial, final, mask, target):
    """The rule of two thresholds: one percentile, found by bisection."""
    size = mask.size
    first, second = (np.where(mask, a, -9999.0) for a in (initial, final))
    low, high = 0.0, 100 * target / size
    while True:
        q = (low + high) / 2
        above = (first >= np.percentile(first, q)) & (
            second >= np.percentile(second, q)
        )
        pruned = size - above.sum()
        if pruned == target:
            break
        if high - low < 1e-4:
            q = high
            break
        low, high = (low, q) if pruned > target else (q, high)
    number = int(size * q / 100)
    kept = np.ones(size, bool)
    for each in (first, second):
        kept[np.argsort(each, kind="stable")[:number]] = False
    return kept


@pytest.mark.parametrize("criterion", QUADRANTS)
@pytest.mark.parametrize("seed", range(20))
def test_ranks_cut_the_region_that_a_search_for_the_percentile_finds(
    criterion, seed
):
    rng = np.random.default_rng(seed)
    initial = rng.normal(size=1000)
    final = initial + rng.normal(size=1000)
    mask = (rng.random(1000) < rng.choice([1, 0.6, 0.2])).astype(np.uint8)
    count = round(rng.uniform(0.1, 0.9) * mask.sum())
    ours = prune_by_ranks(criterion, initial, final, mask, count) == 1
    sign = QUADRANTS[criterion]
    theirs = search_percentile(
        sign * np.abs(initial),
        sign * np.abs(final),
        mask,
        mask.size - int(mask.sum()) + count,
    )
    assert mask.sum() - ours.sum() == count
    differ = ours != theirs
    assert differ.sum() <= 2  # Ours is exact; a search cannot always be.
    assert not (ours & ~theirs).any() or not (theirs & ~ours).any()


@hypothesis.given(data=st.data(), seed=st.integers(0, 9))
@pytest.mark.parametrize("criterion", QUADRANTS)
def test_quadrants_have_exact_counts_whatever_is_equal(criterion, data, seed):
    size = data.draw(st.integers(0, 30))
    numbers = st.lists(st.integers(-2, 2), min_size=size, max_size=size)
    bits = st.lists(st.integers(0, 1), min_size=size, max_size=size)
    initial, final = (np.array(data.draw(numbers), float) for _ in range(2))
    mask = np.array(data.draw(bits), np.uint8)
    count = data.draw(st.integers(0, int(mask.sum())))
    given = criterion, initial, final, mask, count
    kept = prune_by_ranks(*given, seed)
    assert mask.sum() - kept.sum() == count
    assert (kept <= mask).all()
    np.testing.assert_array_equal(kept, prune_by_ranks(*given, seed))
    sign = QUADRANTS[criterion]
    first, second = sign * np.abs(initial), sign * np.abs(final)
    lost = (mask == 1) & (kept == 0)
    for i in np.flatnonzero(kept):  # None below in both outlives one above.
        below = (first > first[i]) & (second > second[i])
        assert not (lost & below).any()
