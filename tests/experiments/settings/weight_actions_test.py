"""Tests of experiments/settings/weight_actions.py, against plain numpy."""

import itertools

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.experiments.settings import level_rules, weight_actions
from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.foundations.values import seeds
from lottery_ticket.tests import grids

COMBINATIONS = list(
    itertools.product(mask_1.MASK_1_ACTIONS, mask_0.MASK_0_ACTIONS)
)
SEEDS = st.integers(0, 2**31 - 1)


def network(seed):
    rng = np.random.default_rng(seed)
    return {
        "a": rng.normal(size=(20, 10)).astype(np.float32),
        "a_bias": rng.normal(size=10).astype(np.float32),
        "b": rng.normal(size=300).astype(np.float32),
    }


def pruning(seed):
    """A pruning of two layers, some weights of which were pruned before."""
    rng = np.random.default_rng(seed)
    before = {
        name: (rng.random(array.shape) < 0.7).astype(np.uint8)
        for name, array in network(0).items()
        if name != "a_bias"
    }
    masks = {
        name: mask * (rng.random(mask.shape) < 0.7).astype(np.uint8)
        for name, mask in before.items()
    }
    initial, final = network(seed + 1), network(seed + 2)
    return mask_0.Pruning(masks, before, initial, final, network)


def start(rules, given, dense=None, seed=3, level=2):
    return weight_actions.start(rules, given, dense or network(9), seed, level)


@pytest.mark.parametrize(
    ("kept", "held"), grids.thinned(COMBINATIONS, COMBINATIONS[::5])
)
@hypothesis.settings(max_examples=5)
@hypothesis.given(SEEDS)
def test_kept_weights_are_acted_on_and_pruned_ones_held(kept, held, seed):
    rules = level_rules.LevelRules(mask_1_action=kept, mask_0_action=held)
    given = pruning(seed)
    before = {n: x.copy() for n, x in given.initial.items()}
    found, acted_on = start(rules, given)
    edited, frozen = mask_0.apply(held, given, seeds.derive(3, "mask_0", 2))
    expected = mask_1.apply(
        kept,
        mask_1.Start(edited, given.masks, network(9), network),
        seeds.derive(3, "mask_1", 2),
    )
    assert found.keys() == acted_on.keys() == given.initial.keys()
    for name, array in acted_on.items():
        np.testing.assert_array_equal(array, expected[name], strict=True)
        np.testing.assert_array_equal(given.initial[name], before[name])
        kept_ones = given.masks.get(name, np.ones(array.shape)) == 1
        np.testing.assert_array_equal(found[name][kept_ones], array[kept_ones])
        assert found[name].dtype == np.float32
        if frozen is not None:
            was = frozen.get(name, array)[~kept_ones]
            assert found[name][~kept_ones].tobytes() == was.tobytes()


def test_rewinding_and_zero_leave_all_as_it_is():
    given = pruning(0)
    found, acted_on = start(level_rules.LevelRules(), given)
    for name, array in given.initial.items():
        assert found[name] is array
        assert acted_on[name] is array


def test_what_is_zeroed_goes_into_what_is_acted_on():
    """The order of the paper's code: first mask-0, then mask-1."""
    rules = level_rules.LevelRules(
        mask_1_action="signed_constant", mask_0_action="freeze_init_zero_all"
    )
    given = pruning(1)
    found, acted_on = start(rules, given)
    for name, mask in given.masks.items():
        initial, final = given.initial[name], given.final[name]
        shrank = (np.abs(initial) > np.abs(final)) & (given.before[name] == 1)
        assert shrank[mask == 1].any() and shrank[mask == 0].any()
        edited = np.where(shrank, 0, initial)
        constants = np.sign(edited) * np.float32(edited.std(dtype=np.float64))
        np.testing.assert_allclose(acted_on[name], constants, rtol=1e-6)
        newly = (given.before[name] == 1) & (mask == 0)
        np.testing.assert_array_equal(found[name][newly], edited[newly])
        early = given.before[name] == 0
        np.testing.assert_array_equal(found[name][early], final[early])
        assert not np.signbit(found[name][found[name] == 0]).any()


def test_a_given_constant_is_every_magnitude():
    rules = level_rules.LevelRules(
        mask_1_action="rand_signed_constant", signed_constant=0.25
    )
    found, _ = start(rules, pruning(1))
    for name in ("a", "b"):
        np.testing.assert_array_equal(np.abs(found[name]), np.float32(0.25))


def test_draws_are_of_seed_and_level():
    rules = level_rules.LevelRules(
        mask_1_action="random_reinit", mask_0_action="freeze_reinit"
    )
    given = pruning(1)
    one, again, other_level, other_seed = (
        start(rules, given, seed=seed, level=level)[0]
        for seed, level in ((3, 2), (3, 2), (3, 3), (4, 2))
    )
    for name, mask in given.masks.items():
        np.testing.assert_array_equal(one[name], again[name])
        for other in (other_level, other_seed):
            for part in (mask == 0, mask == 1):
                assert (one[name] != other[name])[part].any()


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"mask_1_action": "rewnd"}, "mask_1_action 'rewnd'. Did you mean 're"),
        (
            {"mask_0_action": "freeze"},
            "mask_0_action 'freeze'. Did you mean 'freeze_",
        ),
        (
            {"mask_1_action": "mask_init", "retraining": "lr_rewind"},
            "mask_1_action=mask_init with mask_0_action=zero .*expected "
            "retraining=rewind and rewind_iteration=0it. Received: "
            "retraining=lr_rewind, rewind_iteration=0it",
        ),
        (
            {"mask_0_action": "freeze_init", "rewind_iteration": "1ep"},
            "mask_0_action=freeze_init .*rewind_iteration=1ep",
        ),
    ],
)
def test_actions_that_do_not_fit_are_named(rules, message):
    with pytest.raises(ValueError, match=message):
        level_rules.LevelRules(**rules)


def test_the_start_may_be_written_in_epochs():
    level_rules.LevelRules(mask_0_action="freeze_init", rewind_iteration="0ep")
