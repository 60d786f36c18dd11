"""Tests of foundations/pruning.py: counts, ties, ends of the range."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lottery_ticket.foundations import pruning


def test_prunes_the_smallest_magnitudes():
    masks = {"x": np.ones((2, 3), np.uint8)}
    final = {"x": np.array([[3.0, -1, 2], [-5, 0.5, 4]]), "x_bias": np.ones(3)}
    pruned = pruning.prune_by_percent({"x": 0.5}, masks, final)
    np.testing.assert_array_equal(pruned["x"], [[1, 0, 0], [1, 0, 1]])
    assert masks["x"].all()


def test_fractions_are_of_what_is_still_kept():
    masks = {"x": np.ones(25, np.uint8)}
    final = {"x": np.arange(25.0)}
    for kept in (20, 16, 13, 10):
        masks = pruning.prune_by_percent({"x": 0.2}, masks, final)
        assert masks["x"].sum() == kept


def test_of_ties_the_earlier_index_goes_first():
    masks = {"x": np.array([1, 1, 0, 1, 1], np.uint8)}
    final = {"x": np.array([1.0, -1, 0, 1, 1])}
    pruned = pruning.prune_by_percent({"x": 0.5}, masks, final)
    np.testing.assert_array_equal(pruned["x"], [0, 0, 0, 1, 1])


@pytest.mark.parametrize(("fraction", "kept"), [(0, 4), (1, 0), (0.0, 4)])
def test_the_ends_of_the_range(fraction, kept):
    masks = {"x": np.ones(4, np.uint8)}
    pruned = pruning.prune_by_percent({"x": fraction}, masks, {"x": np.ones(4)})
    assert pruned["x"].sum() == kept


def test_a_layer_that_is_not_named_keeps_its_mask():
    masks = {"x": np.ones(4, np.uint8), "y": np.ones(4, np.uint8)}
    final = {"x": np.ones(4), "y": np.ones(4)}
    pruned = pruning.prune_by_percent({"x": 0.5}, masks, final)
    assert pruned["y"].all()


@hypothesis.given(
    scores=hnp.arrays(
        np.float32,
        st.integers(0, 40),
        elements=st.integers(-3, 3).map(float),  # Many ties.
    ),
    fraction=st.floats(0, 1),
    data=st.data(),
)
def test_counts_are_exact_and_masks_nest(scores, fraction, data):
    bits = hnp.arrays(np.uint8, scores.shape, elements=st.integers(0, 1))
    mask = data.draw(bits)
    pruned = pruning.prune_by_scores(
        {"x": fraction}, {"x": mask}, {"x": scores}
    )
    kept = pruned["x"]
    assert mask.sum() - kept.sum() == round(fraction * int(mask.sum()))
    assert (kept <= mask).all()
    lost = (mask == 1) & (kept == 0)
    if lost.any() and kept.any():
        assert scores[lost].max() <= scores[kept == 1].min()


@pytest.mark.parametrize(
    ("fractions", "scores", "message"),
    [
        ({"x": -0.1}, np.ones(2), r"'x' must be in \[0, 1\]. Received: -0.1"),
        ({"x": 1.1}, np.ones(2), r"must be in \[0, 1\]"),
        ({"x": np.nan}, np.ones(2), r"must be in \[0, 1\]"),
        ({"q": 0.1}, np.ones(2), "Unknown layer in fractions 'q'"),
        ({"x": 0.1}, np.ones(3), r"the shape of its mask, \(2,\)"),
        ({"x": 0.1}, np.array([1, np.nan]), "hold NaN. Did training diverge"),
    ],
)
def test_what_does_not_fit_is_named(fractions, scores, message):
    masks = {"x": np.ones(2, np.uint8)}
    with pytest.raises(ValueError, match=message):
        pruning.prune_by_scores(fractions, masks, {"x": scores})
