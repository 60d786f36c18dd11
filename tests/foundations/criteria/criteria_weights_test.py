"""Tests of foundations/criteria/criteria_weights.py."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations.criteria import criteria_weights
from lottery_ticket.foundations.selection import pruning, quotas

INF = np.inf
# The worked vector.
INITIAL = np.array([0.5, -0.4, 0.3, -0.2, 0.1])
FINAL = np.array([0.6, 0.5, 0.1, -0.7, -0.05])
QUADRANTS = {
    criteria_weights.large_init_large_final: 1,
    criteria_weights.small_init_small_final: -1,
}
# Name -> scores of the worked vector.
WORKED = {
    "large_final_same_sign": [0.6, 0, 0.1, 0.7, 0],
    "large_final_diff_sign": [0, 0.5, 0, 0, 0.05],
    "magnitude_increase_same_sign": [0.1, -INF, -0.2, 0.5, -INF],
    "magnitude_increase_diff_sign": [-INF, 0.1, -INF, -INF, -0.05],
    "magnitude_increase_same_sign_legacy": [0.1, 0, -0.2, 0.5, 0],
    "magnitude_increase_diff_sign_legacy": [0, 0.1, 0, 0, -0.05],
    "large_final_same_sign_single": [1, -1, 1, 1, -1],
    "large_final_diff_sign_single": [-1, 1, -1, -1, 1],
}
DECIDED = [name for name in WORKED if name.endswith("_single")]


def score(criterion, initial, final, mask=None, seed=0):
    mask = np.ones(np.shape(initial), np.uint8) if mask is None else mask
    rng = np.random.default_rng(seed)
    return criterion(criteria_weights.Layer(initial, final, mask, rng))


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
    scores = score(criterion, INITIAL, FINAL)
    np.testing.assert_allclose(scores, expected, atol=1e-15)


def test_random_scores_are_uniform_and_known_by_their_generator():
    masks = {"a": np.ones((100, 50), np.uint8), "b": np.ones(4000, np.uint8)}

    def draw(seed):
        rng = np.random.default_rng(seed)
        layers = {
            name: criteria_weights.Layer(mask, None, mask, rng)
            for name, mask in masks.items()
        }
        return {n: criteria_weights.random(each) for n, each in layers.items()}

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
    mask = np.array([[1, 0, 1], [0, 1, 1]], np.uint8)
    initial = np.array([[1, 99, -2], [0, 3, -4.0]])
    final = np.array([[-1, 0, 2], [99, -3, 4.0]])
    scores = score(criterion, initial, final, mask)
    expected = np.array([[1, 0, 2], [0, 3, 4]])
    if QUADRANTS[criterion] < 0:
        expected = np.array([[4, 0, 3], [0, 2, 1]])
    np.testing.assert_array_equal(scores, expected / 4)


@pytest.mark.parametrize("criterion", QUADRANTS)
def test_a_layer_without_kept_weights_has_ranks_of_nothing(criterion):
    scores = score(criterion, INITIAL, FINAL, np.zeros(5, np.uint8))
    np.testing.assert_array_equal(scores, np.zeros(5))


@pytest.mark.parametrize("criterion", QUADRANTS)
def test_chance_ranks_equal_magnitudes(criterion):
    equal = np.where(np.arange(600) % 2, -1.0, 1.0)

    def draw(seed):
        return score(criterion, equal, equal, seed=seed)

    first = draw(1)
    np.testing.assert_array_equal(first, draw(1))
    assert (first != draw(2)).mean() > 0.9
    # No trace of the order: the halves are alike (bound: five deviations).
    assert abs(first[:300].mean() - first[300:].mean()) < 0.1


def prune_by_ranks(criterion, initial, final, mask, count, seed=0):
    """The mask with `count` weights less."""
    rng = np.random.default_rng(seed)
    scores = criterion(criteria_weights.Layer(initial, final, mask, rng))
    quota = quotas.Quota(("x",), int(mask.sum()) - count)
    given = [quota], {"x": mask}, {"x": scores}
    return pruning.prune_by_scores(*given, rng=rng)["x"]


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


def scored(name, initial, final):
    function = getattr(criteria_weights, name)
    return score(function, np.array(initial), np.array(final))


def right(name, initial, final):
    same = np.sign(initial) == np.sign(final)
    return same if "same_sign" in name else ~same


def prune(name, initial, final, count, seed=0):
    """Booleans, which are left when `count` weights go."""
    scores = {"x": scored(name, initial, final)}
    masks = {"x": np.ones(len(initial), np.uint8)}
    quota = quotas.Quota(("x",), len(initial) - count)
    rng = np.random.default_rng(seed)
    return pruning.prune_by_scores([quota], masks, scores, rng=rng)["x"] == 1


@pytest.mark.parametrize("name", WORKED)
def test_scores_by_sign_of_the_worked_vector(name):
    scores = scored(name, INITIAL, FINAL)
    np.testing.assert_allclose(scores, WORKED[name], atol=1e-15)


@pytest.mark.parametrize("name", WORKED)
def test_scores_are_of_the_weights_precision(name):
    scores = scored(name, INITIAL.astype(np.float32), np.float32(FINAL))
    assert scores.dtype == np.float32


@pytest.mark.parametrize("name", DECIDED)
def test_the_sign_of_0_is_one_of_its_own(name):
    scores = scored(name, [0.0, 0, -0.0, 1, 0], [0.0, -1, 0.0, 0, 2])
    expected = np.array([1, -1, 1, -1, -1])
    sign = 1 if "same_sign" in name else -1
    np.testing.assert_array_equal(scores, sign * expected)


def test_of_signs_that_stayed_the_scores_are_the_papers_formula():
    rng = np.random.default_rng(0)
    initial, final = rng.normal(size=(2, 200))
    paper = np.maximum(0, initial * final / np.abs(initial))
    scores = scored("large_final_same_sign", initial, final)
    np.testing.assert_allclose(scores, paper, rtol=1e-12)


@st.composite
def trainings(draw):
    """Initial and final weights with zeros and equal numbers, and a count."""
    size = draw(st.integers(1, 30))
    numbers = st.lists(st.integers(-3, 3), min_size=size, max_size=size)
    initial, final = (np.array(draw(numbers), float) for _ in range(2))
    return initial, final, draw(st.integers(0, size))


@hypothesis.given(given=trainings(), seed=st.integers(0, 3))
@pytest.mark.parametrize(
    "name", ["large_final_same_sign", "large_final_diff_sign"]
)
def test_no_wrong_sign_is_left_once_as_many_are_to_go(name, given, seed):
    initial, final, count = given
    # A final 0 scores 0 whatever its sign: it is as good as a wrong one.
    lowest = ~right(name, initial, final) | (final == 0)
    kept = prune(name, *given, seed)
    assert (~kept).sum() == count
    if count >= lowest.sum():
        assert not kept[lowest].any()
    else:
        assert kept[~lowest].all()
    np.testing.assert_array_equal(kept, prune(name, *given, seed))


@hypothesis.given(given=trainings(), seed=st.integers(0, 3))
@pytest.mark.parametrize(
    "name", ["magnitude_increase_same_sign", "magnitude_increase_diff_sign"]
)
def test_no_wrong_sign_outlives_a_right_one(name, given, seed):
    initial, final, count = given
    kept = prune(name, *given, seed)
    is_right = right(name, initial, final)
    assert (~kept).sum() == count
    assert not kept[~is_right].any() or kept[is_right].all()


def test_as_in_the_reference_a_wrong_sign_outlives_one_that_shrank():
    given = INITIAL, FINAL, 1
    kept = prune("magnitude_increase_same_sign_legacy", *given)
    np.testing.assert_array_equal(kept, [1, 1, 0, 1, 1])  # Wrong: 1 and 4.
    kept = prune("magnitude_increase_same_sign", *given)
    assert kept[[0, 2, 3]].all()


@pytest.mark.parametrize("name", ["large_final_same_sign"])
def test_chance_decides_between_wrong_signs(name):
    size = 400
    initial, final = np.ones(size), -np.arange(1.0, size + 1)
    kept = prune(name, initial, final, 200)
    np.testing.assert_array_equal(kept, prune(name, initial, final, 200))
    assert (kept != prune(name, initial, final, 200, seed=1)).any()
    assert 60 < kept[:200].sum() < 140  # Of 100, four deviations.


@hypothesis.given(given=trainings(), data=st.data())
@pytest.mark.parametrize("name", DECIDED)
def test_signs_decide_how_many_go_and_what_is_pruned_stays_pruned(
    name, given, data
):
    initial, final, _ = given
    bits = st.lists(
        st.integers(0, 1), min_size=initial.size, max_size=initial.size
    )
    mask = np.array(data.draw(bits), np.uint8)
    scores = {"x": scored(name, initial, final)}
    kept = pruning.keep_positive(["x"], {"x": mask}, scores)["x"]
    np.testing.assert_array_equal(kept, mask * right(name, initial, final))
