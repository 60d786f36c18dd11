"""Tests of mask_actions/mask_0.py."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations.mask_actions import mask_0
from lottery_ticket.tests import contracts

# The last two were pruned before, and are held at 7 and 0.
BEFORE = np.array([1, 1, 1, 1, 1, 1, 0, 0], np.uint8)
MASK = np.array([1, 1, 0, 0, 0, 0, 0, 0], np.uint8)
INITIAL = np.array([2, -1, 3, -1, 2, -2, 5, 6], np.float32)
FINAL = np.array([-1, -4, 1, 2, -2, -1, 7, 0], np.float32)
#                shrunk grown shrunk grown same shrunk
DRAWN = np.arange(8, dtype=np.float32) / 8
BIAS = np.float32([5.0])
HELD = {
    "freeze_init": [3, -1, 2, -2],
    "freeze_init_zero_mask": [0, -1, 2, 0],
    "freeze_init_zero_all": [0, -1, 2, 0],
    "freeze_init_zero_rev": [3, 0, 2, -2],
    "freeze_reinit": [2 / 8, 3 / 8, 4 / 8, 5 / 8],
    "freeze_final": [1, 2, -2, -1],
}


def draw(seed):
    return {"x": DRAWN + np.float32(seed)}


def literal(**options):
    given = {
        "masks": {"x": MASK},
        "before": {"x": BEFORE},
        "initial": {"x": INITIAL, "x_bias": BIAS},
        "final": {"x": FINAL, "x_bias": BIAS + 1},
        "draw": draw,
    }
    return mask_0.Pruning(**{**given, **options})


@pytest.mark.parametrize("name", HELD)
def test_newly_pruned_weights_are_held_as_tabled(name):
    weights, frozen = mask_0.apply(name, literal(), 0)
    assert set(frozen) == {"x"} and frozen["x"].dtype == np.float32
    np.testing.assert_array_equal(frozen["x"], [0, 0, *HELD[name], 7, 0])
    expected = INITIAL.copy()
    if name.startswith("freeze_init"):
        expected[2:6] = HELD[name]
    if name == "freeze_init_zero_all":
        expected[0] = 0
    np.testing.assert_array_equal(weights["x"], expected)
    np.testing.assert_array_equal(weights["x_bias"], BIAS)
    np.testing.assert_array_equal(INITIAL[2:6], [3, -1, 2, -2])


def test_zero_holds_nothing_and_leaves_w():
    weights, frozen = mask_0.apply("zero", literal(draw=None), 0)
    assert frozen is None
    np.testing.assert_array_equal(weights["x"], INITIAL)


def test_the_names_of_the_paper_and_two_more_are_there():
    assert set(mask_0.MASK_0_ACTIONS) >= {
        *("zero", "freeze_init_zero_reshuffle"),
        *HELD,
    }
    contracts.check_entries(mask_0.MASK_0_ACTIONS, "layer", "rng")
    for name, action in mask_0.MASK_0_ACTIONS.items():
        mask_0.check(name)
        assert action.edits in ("nowhere", "newly", "kept")


def test_the_seed_is_that_of_the_draw():
    _, frozen = mask_0.apply("freeze_reinit", literal(), 4)
    np.testing.assert_array_equal(frozen["x"][2:6], DRAWN[2:6] + 4)


def test_reshuffled_zeros_are_as_many_at_any_newly_pruned_place():
    found = set()
    for seed in range(60):
        weights, frozen = mask_0.apply(
            "freeze_init_zero_reshuffle", literal(), seed
        )
        held = frozen["x"]
        np.testing.assert_array_equal(held[[0, 1, 6, 7]], [0, 0, 7, 0])
        is_zero = held[2:6] == 0
        assert is_zero.sum() == 2  # As many have shrunk.
        np.testing.assert_array_equal(
            held[2:6], np.where(is_zero, 0, INITIAL[2:6])
        )
        np.testing.assert_array_equal(weights["x"][2:6], held[2:6])
        np.testing.assert_array_equal(weights["x"][[0, 1]], INITIAL[:2])
        found.add(tuple(is_zero))
    assert len(found) == 6


@st.composite
def prunings(draw_one):
    rng = np.random.default_rng(draw_one(st.integers(0, 2**32)))
    shapes = {"a": (4, 5), "b": (3, 2, 2)}
    before = {k: rng.random(s) < rng.random() for k, s in shapes.items()}
    masks = {k: b & (rng.random(b.shape) < 0.6) for k, b in before.items()}
    networks = [
        {k: rng.normal(size=s).astype(np.float32) for k, s in shapes.items()}
        for _ in range(3)
    ]
    if draw_one(st.booleans()):
        networks[1] = {k: -v for k, v in networks[0].items()}
    return mask_0.Pruning(
        {k: m.astype(np.uint8) for k, m in masks.items()},
        {k: m.astype(np.uint8) for k, m in before.items()},
        networks[0],
        networks[1],
        lambda seed: networks[2],
    )


@pytest.mark.parametrize("name", mask_0.MASK_0_ACTIONS)
@hypothesis.given(prunings())
def test_any_pruning(name, pruning):
    weights, frozen = mask_0.apply(name, pruning, 1)
    again = mask_0.apply(name, pruning, 1)
    for layer, mask in pruning.masks.items():
        w_i, w_f = pruning.initial[layer], pruning.final[layer]
        np.testing.assert_array_equal(again[0][layer], weights[layer])
        kept, before = mask == 1, pruning.before[layer] == 1
        changed = weights[layer] != w_i
        assert not (changed & ~before).any()
        np.testing.assert_array_equal(weights[layer][changed], 0)
        if name != "freeze_init_zero_all":
            assert not (changed & kept).any()
        else:
            shrunk = np.abs(w_i) > np.abs(w_f)
            np.testing.assert_array_equal(changed, before & shrunk)
        if frozen is None:
            continue
        held = frozen[layer]
        np.testing.assert_array_equal(again[1][layer], held)
        np.testing.assert_array_equal(held[kept], 0)
        np.testing.assert_array_equal(held[~before], w_f[~before])
        newly = before & ~kept
        if name.startswith("freeze_init"):
            is_zero = held[newly] == 0
            np.testing.assert_array_equal(
                held[newly][~is_zero], w_i[newly][~is_zero]
            )


def test_what_was_decided_stays_over_prunings():
    """A weight that is pruned is held at one value at all later levels."""
    weights, frozen = mask_0.apply("freeze_init_zero_mask", literal(), 0)
    final = np.where(MASK, np.float32(-9), frozen["x"])
    later = literal(
        masks={"x": np.zeros(8, np.uint8)},
        before={"x": MASK},
        initial=weights,
        final={"x": final},
    )
    for name in ("freeze_init_zero_mask", "freeze_init_zero_reshuffle"):
        _, held = mask_0.apply(name, later, 1)
        np.testing.assert_array_equal(held["x"][2:], frozen["x"][2:])
        np.testing.assert_array_equal(held["x"][:2], INITIAL[:2])  # Grown.


def test_what_does_not_fit_is_named():
    with pytest.raises(ValueError, match="Did you mean 'freeze_init'"):
        mask_0.check("freeze_initt")
    with pytest.raises(ValueError, match="Unknown mask_0_action 'mask1'"):
        mask_0.apply("mask1", literal(), 0)
    for called in ("before", "initial", "final"):
        with pytest.raises(ValueError, match=f"{called} must have layer 'x'"):
            literal(**{called: {}})
    with pytest.raises(ValueError, match="that do, of layer 'x'"):
        literal(before={"x": MASK}, masks={"x": BEFORE})
