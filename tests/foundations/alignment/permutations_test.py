"""Tests of alignment/permutations.py."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from lottery_ticket.foundations.alignment import groups, permutations
from lottery_ticket.models import registry

MODEL = registry.create("conv2", (4, 4, 1), 10, width=1 / 16)
GROUPS = groups.of(MODEL)


def test_units_move_with_all_that_is_theirs():
    model = registry.create("fc", (2,), 10, hidden_units=(3,))
    network = {
        "layer0": np.array([[1, 2, 3], [4, 5, 6]], np.float32),
        "layer0_bias": np.array([7, 8, 9], np.float32),
        "layer1": np.arange(30, dtype=np.float32).reshape(3, 10),
        "layer1_bias": np.arange(10, dtype=np.float32),
    }
    moved = permutations.applied(
        groups.of(model), {"layer0": np.array([2, 0, 1])}, network
    )
    expected = {
        "layer0": [[3, 1, 2], [6, 4, 5]],
        "layer0_bias": [9, 7, 8],
        "layer1": network["layer1"][[2, 0, 1]],
        "layer1_bias": network["layer1_bias"],
    }
    for name, array in expected.items():
        np.testing.assert_array_equal(moved[name], array)
        assert moved[name].dtype == np.float32


@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(strategies.integers(0, 2**32 - 1))
def test_a_permutation_and_its_inverse_are_the_identity(seed):
    network = MODEL.draw(seed)
    rng = np.random.default_rng(seed)
    masks = {
        name: rng.integers(0, 2, each.shape).astype(np.uint8)
        for name, each in MODEL.masks.items()
    }
    orders = permutations.random(GROUPS, seed)
    back = permutations.inverse(orders)
    for given in (network, masks):
        moved = permutations.applied(GROUPS, orders, given)
        again = permutations.applied(GROUPS, back, moved)
        assert moved.keys() == again.keys() == given.keys()
        for name in given:
            assert again[name].tobytes() == given[name].tobytes()
            assert again[name].dtype == moved[name].dtype == given[name].dtype
    moved = permutations.applied(GROUPS, orders, masks)
    for name, mask in masks.items():
        assert moved[name].sum() == mask.sum()
        assert moved[name].shape == mask.shape


def test_the_identity_moves_nothing():
    network = MODEL.draw(0)
    moved = permutations.applied(GROUPS, permutations.identity(GROUPS), network)
    for name in network:
        np.testing.assert_array_equal(moved[name], network[name])


def test_random_ones_are_of_their_seed():
    one, same, other = (permutations.random(GROUPS, n) for n in (1, 1, 2))
    assert {name: len(p) for name, p in one.items()} == GROUPS.sizes
    for name, p in one.items():
        np.testing.assert_array_equal(p, same[name])
        np.testing.assert_array_equal(np.sort(p), np.arange(p.size))
    assert any((p != other[name]).any() for name, p in one.items())


def test_what_is_no_permutation_is_refused():
    with pytest.raises(ValueError, match="names of groups, conv0, .*: conv9"):
        permutations.applied(GROUPS, {"conv9": np.arange(4)}, {})
    with pytest.raises(ValueError, match="of the 4 units of 'conv0'"):
        permutations.applied(GROUPS, {"conv0": np.array([0, 0, 1, 2])}, {})


def test_assignments_have_the_highest_sum():
    scores = np.array([[1.0, 2, 0], [2, 4, 0], [0, 0, 3]])
    # 1 + 4 + 3, as the greedy choice.
    np.testing.assert_array_equal(permutations.assigned(scores), [0, 1, 2])
    scores = np.array([[5.0, 4, 0], [4, 0, 0], [0, 0, 1]])
    # 4 + 4 + 1: the greedy one would take 5, and lose 3.
    np.testing.assert_array_equal(permutations.assigned(scores), [1, 0, 2])


def test_units_of_which_nothing_is_known_keep_their_order():
    scores = np.zeros((5, 5))
    scores[1, 3] = scores[4, 0] = 1
    np.testing.assert_array_equal(
        permutations.assigned(scores), [1, 3, 2, 4, 0]
    )
    np.testing.assert_array_equal(
        permutations.assigned(np.zeros((4, 4))), np.arange(4)
    )
