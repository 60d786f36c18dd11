"""Tests of mask_actions/reuse.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.mask_actions import reuse

MASKS = {"x": np.array([1, 1, 1, 0, 1, 0], np.uint8)}
TICKET = {"x": np.array([3.0, -1, 2, 9, -4, 0]), "x_bias": np.ones(2)}


def test_reuse_draws_from_kept_values_only():
    drawn = reuse.reuse(TICKET, MASKS, seed=0)
    assert set(drawn) == {"x"}
    assert drawn["x"].dtype == np.float32
    np.testing.assert_array_equal(drawn["x"][[3, 5]], 0)
    assert set(drawn["x"][MASKS["x"] == 1]) <= {3, -1, 2, -4}


def test_reuse_samples_uniformly_with_replacement():
    values = np.repeat([1.0, 2.0, 3.0], 10000)
    masks = {"x": np.ones(30000, np.uint8)}
    drawn = reuse.reuse({"x": values}, masks, seed=1)["x"]
    counts = np.unique(drawn, return_counts=True)[1]
    assert not (counts == 10000).all()
    np.testing.assert_allclose(counts, 10000, rtol=0.05)


def test_reuse_sign_keeps_every_sign():
    drawn = reuse.reuse(TICKET, MASKS, 0, same_sign=TICKET)["x"]
    np.testing.assert_array_equal(np.sign(drawn), [1, -1, 1, 0, -1, 0])
    assert set(drawn[[0, 2]]) <= {3, 2}
    assert set(drawn[[1, 4]]) <= {-1, -4}


def test_the_seed_decides():
    masks = {"x": np.ones(100, np.uint8)}
    values = {"x": np.arange(100.0)}
    first, again, other = (
        reuse.reuse(values, masks, seed)["x"] for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_layer_with_nothing_kept_stays_empty():
    masks = {"x": np.zeros(6, np.uint8)}
    for signs in (None, TICKET):
        drawn = reuse.reuse(TICKET, masks, 0, same_sign=signs)
        np.testing.assert_array_equal(drawn["x"], 0)


def test_what_does_not_fit_is_named():
    with pytest.raises(ValueError, match=r"distribution must have layer 'x'"):
        reuse.reuse({"y": np.ones(6)}, MASKS, 0)
    with pytest.raises(ValueError, match=r"same_sign must have .*\(2,\)"):
        reuse.reuse(TICKET, MASKS, 0, same_sign={"x": np.ones(2)})
    with pytest.raises(ValueError, match="'x' needs values for 2 negative w"):
        positive = {"x": np.abs(TICKET["x"])}
        reuse.reuse(positive, MASKS, 0, same_sign=TICKET)
    with pytest.raises(ValueError, match="'x' needs values for 4 weights"):
        none = {"x": np.zeros(6, np.uint8)}
        reuse.reuse(TICKET, MASKS, 0, from_masks=none)
    with pytest.raises(ValueError, match="from_masks must have layer 'x'"):
        reuse.reuse(TICKET, MASKS, 0, from_masks={})


def test_values_go_to_the_kept_positions_of_other_masks():
    other = {"x": np.array([0, 1, 0, 1, 1, 1], np.uint8)}
    drawn = reuse.reuse(TICKET, other, 0, from_masks=MASKS)["x"]
    np.testing.assert_array_equal(drawn == 0, other["x"] == 0)
    assert set(drawn[other["x"] == 1]) <= {3, -1, 2, -4}
    signs = {"x": np.array([-1.0, 1, 1, -1, -1, 1])}
    drawn = reuse.reuse(TICKET, other, 0, signs, from_masks=MASKS)["x"]
    np.testing.assert_array_equal(np.sign(drawn), [0, 1, 0, -1, -1, 1])


def test_from_masks_of_the_same_positions_changes_no_byte():
    for signs in (None, TICKET):
        one = reuse.reuse(TICKET, MASKS, 7, signs)["x"]
        two = reuse.reuse(TICKET, MASKS, 7, signs, MASKS)["x"]
        np.testing.assert_array_equal(one, two)
