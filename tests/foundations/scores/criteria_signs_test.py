"""Tests of foundations/scores/criteria_signs.py."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations import pruning
from lottery_ticket.foundations.scores import criteria_signs
from lottery_ticket.foundations.selection import quotas

INF = np.inf
# The worked vector; biases are there, and are never scored.
INITIAL = {"x": np.array([0.5, -0.4, 0.3, -0.2, 0.1]), "x_bias": np.ones(2)}
FINAL = {"x": np.array([0.6, 0.5, 0.1, -0.7, -0.05]), "x_bias": np.ones(2)}
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
COUNTED = [name for name in WORKED if name not in DECIDED]


def scored(name, initial, final):
    masks = {"x": np.ones(np.shape(initial), np.uint8)}
    scores = getattr(criteria_signs, name)(
        {"x": np.array(initial)}, {"x": np.array(final)}, masks, None
    )
    assert list(scores) == ["x"]
    return scores["x"]


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
def test_scores_of_the_worked_vector(name):
    scores = scored(name, INITIAL["x"], FINAL["x"])
    np.testing.assert_allclose(scores, WORKED[name], atol=1e-15)


@pytest.mark.parametrize("name", WORKED)
def test_scores_are_of_the_layers_with_masks_and_of_the_weights_precision(name):
    masks = {"x": np.ones(5, np.uint8)}
    given = [{n: a.astype(np.float32) for n, a in network.items()}
             for network in (INITIAL, FINAL)]  # fmt: skip
    scores = getattr(criteria_signs, name)(*given, masks, None)
    assert {n: score.dtype for n, score in scores.items()} == {
        "x": np.dtype("float32")
    }


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
    given = INITIAL["x"], FINAL["x"], 1
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
