"""Tests of foundations/values/masks.py."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lottery_ticket.foundations.values import masks

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


@pytest.mark.parametrize(
    ("name", "kept"), [("union", [1, 1, 1, 0]), ("intersect", [1, 0, 0, 0])]
)
def test_combinations_go_by_name(name, kept):
    found = masks.COMBINATIONS[name](A, B)["x"]
    np.testing.assert_array_equal(found, kept)
    with pytest.raises(ValueError, match="at least one"):
        masks.COMBINATIONS[name]()


@st.composite
def pairs(draw):
    """Two masks of the same one to three layers."""
    shapes = draw(
        st.lists(hnp.array_shapes(max_dims=3, max_side=5), max_size=3)
    )
    bits = st.integers(0, 1)
    return tuple(
        {
            f"x{i}": draw(hnp.arrays(np.uint8, shape, elements=bits))
            for i, shape in enumerate(shapes)
        }
        for _ in range(2)
    )


@hypothesis.given(pairs(), st.integers(0, 2**32 - 1))
def test_shuffled_masks_keep_as_many_in_each_layer(given, seed):
    mask, _ = given
    shuffled = masks.shuffle(mask, seed)
    again = masks.shuffle(mask, seed)
    assert masks.counts(shuffled) == masks.counts(mask)
    for name, entry in shuffled.items():
        assert entry.shape == mask[name].shape
        assert entry.dtype == mask[name].dtype
        np.testing.assert_array_equal(entry, again[name])


def test_shuffled_positions_are_uniform_and_edit_nothing():
    mask = {"x": np.array([[1, 1, 0], [0, 0, 0]], np.uint8)}
    drawn = [masks.shuffle(mask, seed)["x"] for seed in range(3000)]
    # Standard deviation of a mean of 3,000: 0.0086.
    np.testing.assert_allclose(np.mean(drawn, axis=0), 1 / 3, atol=0.045)
    np.testing.assert_array_equal(mask["x"], [[1, 1, 0], [0, 0, 0]])


def test_layers_are_shuffled_independently():
    mask = {name: np.arange(50) < 25 for name in ("x", "y")}
    shuffled = masks.shuffle(mask, 0)
    assert (shuffled["x"] != shuffled["y"]).any()


def together(mask):
    """All entries of a mask, as one vector of booleans."""
    return np.concatenate([[], *(mask[name].ravel() for name in mask)]) == 1


@hypothesis.given(pairs())
def test_overlap_is_that_of_a_twin(given):
    a, b = given
    either = (together(a) | together(b)).sum()
    common = (together(a) & together(b)).sum()
    expected = common / either if either else 1
    assert masks.jaccard(a, b) == pytest.approx(expected)
    assert masks.jaccard(b, a) == masks.jaccard(a, b)
    assert masks.jaccard(a, a) == 1


def test_overlap_of_known_masks():
    a = {"x": np.array([1, 1, 0, 0]), "y": np.array([[1, 0]])}
    b = {"x": np.array([1, 0, 1, 0]), "y": np.array([[1, 1]])}
    assert masks.jaccard(a, b) == 2 / 5
    # 2 * 2 / 4 + 1 * 2 / 2 are common, of 3 + 4 less those.
    assert masks.chance_jaccard(a, b) == 2 / 5
    nothing = {name: np.zeros_like(mask) for name, mask in a.items()}
    assert masks.jaccard(nothing, nothing) == 1
    assert masks.chance_jaccard(nothing, nothing) == 1
    assert masks.jaccard(a, nothing) == masks.chance_jaccard(a, nothing) == 0


def test_overlap_by_chance_is_that_of_shuffled_masks():
    rng = np.random.default_rng(0)
    a = {"x": rng.random(60) < 0.5, "y": rng.random((9, 5)) < 0.1}
    b = {"x": rng.random(60) < 0.2, "y": rng.random((9, 5)) < 0.7}
    common = either = 0
    for seed in range(2000):
        mask = masks.shuffle(a, seed)
        common += (together(mask) & together(b)).sum()
        either += (together(mask) | together(b)).sum()
    assert masks.chance_jaccard(a, b) == pytest.approx(
        common / either, rel=0.02
    )


@pytest.mark.parametrize("measure", [masks.jaccard, masks.chance_jaccard])
@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"x": np.ones(2)}, "Only one of them has: y"),
        ({"x": np.ones(3), "y": np.ones(2)}, "'x' must have one shape"),
        ({"x": np.full(2, 2), "y": np.ones(2)}, "0s and 1s only. Received: 2"),
    ],
)
def test_overlap_needs_the_same_layers(measure, other, message):
    with pytest.raises(ValueError, match=message):
        measure({"x": np.ones(2), "y": np.ones(2)}, other)


def test_sign_agreement_is_of_kept_weights():
    mask = {"x": np.array([1, 1, 1, 0, 0]), "y": np.array([[1, 1]])}
    a = {"x": np.array([0.5, -2, 3, 1, 1]), "y": np.array([[0.0, -1]])}
    b = {"x": np.array([0.1, -1, -1, -1, 1]), "y": np.array([[0.0, 0.0]])}
    a["x_bias"] = np.ones(3)
    assert masks.sign_agreement(mask, a, b) == 3 / 5
    assert masks.sign_agreement(mask, a, a) == 1
    assert np.isnan(masks.sign_agreement({"x": np.zeros(5)}, a, b))


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({"x0": np.ones(2)}, r"must have layer 'x' .*no such layer"),
        ({"x": np.ones(3)}, r"its mask's shape, \(2,\). Received: \(3,\)"),
    ],
)
def test_sign_agreement_needs_networks_that_fit(network, message):
    mask, fits = {"x": np.ones(2)}, {"x": np.ones(2)}
    for a, b in ((network, fits), (fits, network)):
        with pytest.raises(ValueError, match=message):
            masks.sign_agreement(mask, a, b)


FITTED = {"x": np.ones((2, 3), np.uint8)}


def test_networks_that_fit_pass_and_may_hold_more():
    fits = {"x": np.zeros((2, 3)), "x_bias": np.zeros(3)}
    masks.check_layers({"a": fits, "b": None}, FITTED)
    masks.check_layers({"a": {}}, {})


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({}, r"b must have layer 'x' .* \(2, 3\). Received: no such layer"),
        ({"x": np.zeros((3, 2))}, r"Received: \(3, 2\)"),
    ],
)
def test_networks_that_do_not_fit_are_named(network, message):
    with pytest.raises(ValueError, match=message):
        masks.check_layers({"a": FITTED, "b": network}, FITTED)


def test_nan_is_named_with_its_layer():
    masks.check_numbers("Scores", {"a": np.array([1, -np.inf])})
    with pytest.raises(ValueError, match="^Scores of layer 'b' hold NaN"):
        masks.check_numbers("Scores", {**A, "b": np.array([np.nan])})
