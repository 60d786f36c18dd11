"""Tests of experiments/settings/level_rules.py."""

import itertools
import json
import types

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.experiments.settings import level_rules, recipes
from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.foundations.selection import granularity
from lottery_ticket.foundations.values import seeds
from lottery_ticket.tests import grids

RECIPE = recipes.Recipe(fractions={"conv*": 0.1, "dense*": 0.2, "logits": 0})
MASKS = {
    "conv0": np.ones((5, 4), np.uint8),
    "conv1": np.ones((10, 10), np.uint8),
    "dense0": np.ones((10, 5), np.uint8),
    "logits": np.ones((7, 1), np.uint8),
}


def kept(rules, level, levels, masks=MASKS, recipe=RECIPE):
    found = rules.kept(recipe, level, levels, masks)
    return {layers: count for layers, count in found}


def test_levels_prune_by_fractions_of_what_is_kept():
    half = {**MASKS, "dense0": np.tile([0, 1], (10, 5)).astype(np.uint8)}
    half["dense0"] = half["dense0"][:, :5]
    assert half["dense0"].sum() == 20
    for level in (1, 7):
        assert kept(level_rules.LevelRules(), level, 9, half) == {
            ("conv0",): 18,
            ("conv1",): 90,
            ("dense0",): 16,
            ("logits",): 7,
        }


def test_densities_are_of_all_weights_and_of_layers_with_a_fraction():
    rules = level_rules.LevelRules(densities=(0.5, 0.1))
    assert kept(rules, 2, 2) == {
        ("conv0",): 2,
        ("conv1",): 10,
        ("dense0",): 5,
    }
    together = recipes.Recipe(
        fractions={"conv*": 0.1, "dense*": 0.1}, scope="global"
    )
    assert kept(rules, 1, 2, recipe=together) == {
        ("conv0", "conv1", "dense0"): 85
    }


def test_each_level_is_asked_for_its_own_density():
    rules = level_rules.LevelRules(densities=(0.5, 0.1))
    assert [rules.density(n, 2) for n in range(3)] == [None, 0.5, 0.1]
    rules = level_rules.LevelRules(target_density=0.04)
    assert [rules.density(n, 2) for n in range(3)] == [None, 0.2, 0.04]
    assert level_rules.LevelRules().density(1, 2) is None


def test_a_target_density_is_reached_at_the_last_level():
    rules = level_rules.LevelRules(target_density=0.04)
    assert rules.density(0, 4) is None
    fractions = [
        1 - rules.density(level + 1, 4) / (rules.density(level, 4) or 1)
        for level in range(4)
    ]
    np.testing.assert_allclose(fractions, 1 - 0.04 ** (1 / 4))
    assert kept(rules, 4, 4)[("conv1",)] == 4
    assert kept(rules, 2, 4)[("conv1",)] == 20


def test_one_shot_prunes_to_the_densities_that_fractions_lead_to():
    rules = level_rules.LevelRules(one_shot=True)
    assert kept(rules, 3, 9) == {
        ("conv0",): 15,  # 20 * .9**3 = 14.58
        ("conv1",): 73,
        ("dense0",): 26,  # 50 * .8**3 = 25.6
    }


@pytest.mark.parametrize("one_shot", [False, True])
def test_legacy_counts_are_those_of_the_papers_code(one_shot):
    """The first layers of FC and Conv-6, and the output of FC."""
    fractions = {"fc": 0.2, "conv": 0.15, "out": 0.1}
    sizes = {"fc": 235200, "conv": 36864, "out": 1000}
    recipe = recipes.Recipe(fractions=fractions)
    rules = level_rules.LevelRules(rounding="legacy", one_shot=one_shot)
    masks = {name: np.ones(size, np.uint8) for name, size in sizes.items()}
    counts = {}
    for level in range(1, 6):
        counts = kept(rules, level, 24, masks, recipe)
        if not one_shot:
            masks = {
                name: (np.arange(size) < counts[name,]).astype(np.uint8)
                for name, size in sizes.items()
            }
    if one_shot:
        pruned = {"fc": 158129, "conv": 20507, "out": 409}
        expected = {(n,): sizes[n] - count for n, count in pruned.items()}
        assert counts == expected
    else:
        assert (counts["fc",], counts["out",]) == (77073, 593)


@pytest.mark.parametrize("one_shot", [False, True])
def test_ceil_plus_one_takes_one_more_than_the_next_number_up(one_shot):
    rules = level_rules.LevelRules(rounding="ceil_plus_one", one_shot=one_shot)
    recipe = recipes.Recipe(fractions={"*": 0.2}, scope="global")
    masks = {name: np.ones(134_168, np.uint8) for name in ("a", "b")}
    assert kept(rules, 1, 20, masks, recipe) == {("a", "b"): 214_667}
    # .36 of 268,336 are 96,600.96.
    expected = 268_336 - 96_602 if one_shot else 214_667
    assert kept(rules, 2, 20, masks, recipe) == {("a", "b"): expected}


def test_how_many_levels_there_are():
    assert level_rules.LevelRules().levels(None) == 30
    assert level_rules.LevelRules().levels(0) == 0
    rules = level_rules.LevelRules(densities=(0.5, 0.1))
    assert rules.levels(None) == rules.levels(2) == 2
    with pytest.raises(ValueError, match="2 densities.*iterations=3"):
        rules.levels(3)
    with pytest.raises(ValueError, match="0 or more. Received: -1"):
        level_rules.LevelRules().levels(-1)


def test_a_level_records_its_own_density_not_how_many_follow():
    rules = level_rules.LevelRules(densities=(0.5, 0.1), one_shot=True)
    longer = level_rules.LevelRules(densities=(0.5, 0.1, 0.05), one_shot=True)
    assert rules.settings(2, 2) == longer.settings(2, 3)
    assert rules.settings(2, 2)["density"] == 0.1
    assert rules.settings(0, 2)["density"] is None
    plain = level_rules.LevelRules()
    assert plain.settings(2, 5) == plain.settings(2, 9)


def test_a_level_records_the_densities_that_it_was_pruned_through():
    rules = level_rules.LevelRules(densities=(0.5, 0.1))
    other = level_rules.LevelRules(densities=(0.4, 0.1))
    assert rules.settings(2, 2) != other.settings(2, 2)
    assert rules.settings(0, 2) == other.settings(0, 2)
    longer = level_rules.LevelRules(densities=(0.5, 0.1, 0.05))
    assert rules.settings(2, 2) == longer.settings(2, 3)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"densities": (0.5,), "target_density": 0.1}, "not both"),
        ({"densities": (0.1, 0.5)}, "must fall from level to level"),
        ({"densities": 0.5}, "several values. Received: 0.5"),
        ({"densities": ".5,.2"}, "several values. Received: '.5,.2'"),
        ({"densities": (0.5, 0.0)}, "above 0 and at most 1. Received: 0.0"),
        ({"densities": (float("nan"),)}, "Received: nan"),
        ({"densities": (0.5, 0.5)}, "must fall from level to level. .*.5, 0.5"),
        ({"target_density": 1.5}, "Received: 1.5"),
        ({"target_density": 0.0}, "Received: 0.0"),
        ({"retraining": "rewinding"}, "rewind"),
        ({"rewind_iteration": "500"}, "Received: '500'"),
        ({"rounding": "legasy"}, "rounding 'legasy'. Did you mean 'legacy'"),
        (
            {"rounding": "legacy", "densities": (0.5, 0.1)},
            "densities are exact counts. Received: rounding=legacy",
        ),
        ({"rounding": "legacy", "target_density": 0.1}, "exact counts"),
        ({"mask_1_action": "signed"}, "Unknown mask_1_action 'signed'"),
        ({"mask_0_action": "mask"}, "Unknown mask_0_action 'mask'"),
        (
            {"signed_constant": 0.1},
            "signed_constant=0.1 with mask_1_action=rewind",
        ),
        *(
            (
                {"mask_1_action": "signed_constant", "signed_constant": value},
                message,
            )
            for value, message in (
                (0, "at least 1.18e-38 .*Received: 0"),
                (-0.1, "Received: -0.1"),
                (float("nan"), "Received: nan"),
                (float("inf"), ", finite. Received: inf"),
                (1e39, "at most 3.4e[+]38. Received: 1e[+]39"),
                (1e-50, "Received: 1e-50"),
                (True, "Received: True"),
                ("x", "Received: 'x'"),
            )
        ),
        ({"restart": True}, "above 0it. .*rewind, rewind_iteration=0it"),
        (
            {
                "restart": True,
                "retraining": "lr_rewind",
                "rewind_iteration": "5it",
            },
            "weights that are rewound.*lr_rewind, rewind_iteration=5it",
        ),
    ],
)
def test_what_does_not_fit_is_an_error(given, message):
    with pytest.raises(ValueError, match=message):
        level_rules.LevelRules(**given)


def test_a_level_records_its_actions():
    assert level_rules.LevelRules(mask_1_action="none") == (
        level_rules.LevelRules()
    )
    rules = level_rules.LevelRules(
        mask_1_action="signed_constant",
        mask_0_action="freeze_init",
        signed_constant=np.float32(0.5),
        rounding="legacy",
    )
    recorded = json.loads(json.dumps(rules.settings(1, 2)))
    expected = {
        "mask_1_action": "signed_constant",
        "mask_0_action": "freeze_init",
        "signed_constant": 0.5,
        "rounding": "legacy",
    }
    assert recorded == {
        **level_rules.LevelRules().settings(1, 2),
        **expected,
    }


def test_a_restart_is_a_setting_where_there_is_one():
    rules = level_rules.LevelRules(rewind_iteration="5it")
    again = level_rules.LevelRules(rewind_iteration="5it", restart=True)
    assert "restart" not in rules.settings(1, 2)
    assert again.settings(1, 2) == {**rules.settings(1, 2), "restart": True}


def test_smaller_levels_are_a_setting_from_level_1_on():
    rules = level_rules.LevelRules()
    smaller = level_rules.LevelRules(compact_levels=True)
    assert smaller.settings(0, 2) == rules.settings(0, 2)
    assert smaller.settings(1, 2) == {
        **rules.settings(1, 2),
        "compact_levels": True,
    }


@pytest.mark.parametrize(
    ("optimizer", "chosen", "message"),
    [
        (
            "adam",
            "weight",
            "expected granularity=unit. Received: granularity=we",
        ),
        ("sgd", "block:2x2", "Received: granularity=block:2x2"),
        (
            "compiled",
            "unit",
            "expected one of sgd, .*Received: optimizer=compiled",
        ),
    ],
)
def test_smaller_levels_are_of_units_and_updates_per_weight(
    optimizer, chosen, message
):
    rules = level_rules.LevelRules(compact_levels=True)
    recipe = types.SimpleNamespace(optimizer=optimizer, hooks=())
    with pytest.raises(ValueError, match=message):
        rules.check_granularity(recipe, granularity.parse(chosen))
    rules.check_granularity(recipes.Recipe(), granularity.parse("unit"))
    for words in (("ham", "sparse_opt"), ("sign_in",)):
        hooked, name = recipes.Recipe(hooks=words), words[-1]
        with pytest.raises(ValueError, match=f"hooks={name} looks at masks"):
            rules.check_granularity(hooked, granularity.parse("unit"))
        usual = level_rules.LevelRules()
        usual.check_granularity(hooked, granularity.parse("unit"))


def test_settings_are_json_values_of_numpy_numbers_too():
    target = level_rules.LevelRules(target_density=np.float32(0.25))
    given = level_rules.LevelRules(densities=np.array([0.5, 0.25], np.float32))
    assert json.dumps(target.settings(1, 1))
    assert json.loads(json.dumps(given.settings(2, 2)))["density"] == 0.25


def test_cycles_are_of_runs_from_iteration_0_on():
    cyclic = recipes.Recipe(schedule="triangular", hooks=("cycles",))
    with pytest.raises(ValueError, match="Received: rewind_iteration=5it"):
        level_rules.LevelRules(rewind_iteration="5it").check(cyclic)
    level_rules.LevelRules().check(cyclic)
    level_rules.LevelRules(rewind_iteration="5it", restart=True).check(cyclic)


def test_a_recipe_that_the_rules_do_not_fit_is_an_error():
    cosine = recipes.Recipe(schedule="cosine")
    with pytest.raises(ValueError, match="a cosine ends at 0"):
        level_rules.LevelRules(retraining="finetune").check(cosine)
    level_rules.LevelRules(retraining="lr_rewind").check(cosine)
    nothing = recipes.Recipe(fractions={"*": 0})
    with pytest.raises(ValueError, match="whose fraction is above 0"):
        level_rules.LevelRules(target_density=0.5).check(nothing)
    with pytest.raises(ValueError, match="whose fraction is above 0"):
        level_rules.LevelRules(one_shot=True).check(nothing)
    level_rules.LevelRules().check(nothing)


@pytest.mark.parametrize(
    "rules",
    [{"densities": (0.5,)}, {"target_density": 0.1}, {"one_shot": True}],
)
def test_a_criterion_that_decides_by_itself_is_asked_for_no_count(rules):
    rules = level_rules.LevelRules(**rules)
    for sign in ("same", "diff"):
        name = f"large_final_{sign}_sign_single"
        with pytest.raises(ValueError, match=f"{name} decides by signs"):
            rules.check(RECIPE, name)
        level_rules.LevelRules().check(RECIPE, name)
    rules.check(RECIPE, "large_final_same_sign")


def test_fine_tuning_at_a_constant_rate_is_said_to_be_rewinding_it(caplog):
    level_rules.LevelRules(retraining="finetune").check(recipes.Recipe())
    assert "finetune is the same as lr_rewind" in caplog.text


def test_a_length_counts_however_it_is_written():
    rules = level_rules.LevelRules(rewind_iteration="10 it")
    assert rules == level_rules.LevelRules(rewind_iteration="10it")


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
    return rules.start(given, dense or network(9), seed, level)


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
        mask_1.Start(
            edited, given.masks, network(9), network, final=given.final
        ),
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


def chosen(text):
    return granularity.parse(text)


def test_n_of_m_keeps_its_part_of_the_layers_that_are_pruned():
    masks = {**MASKS, "dense0": np.tri(10, 5, dtype=np.uint8)}
    rules, recipe = level_rules.LevelRules(), RECIPE
    found = rules.kept(recipe, 1, 1, masks, chosen("1:2"))
    # Of dense0, 40 of 50 are left, and 25 stay.
    assert dict(found) == {("conv0",): 10, ("conv1",): 50, ("dense0",): 25}
    few = {**MASKS, "dense0": np.eye(10, 5, dtype=np.uint8)}
    assert dict(rules.kept(recipe, 1, 1, few, chosen("1:2")))["dense0",] == 5


def test_groups_that_went_with_others_count_as_pruned():
    rules = level_rules.LevelRules(densities=(0.5,))
    few = {**MASKS, "dense0": np.zeros((10, 5), np.uint8)}
    with pytest.raises(ValueError, match="Expected dense0 to keep from 0 to 0"):
        rules.kept(RECIPE, 1, 1, few)
    found = dict(rules.kept(RECIPE, 1, 1, few, chosen("unit")))
    assert found == {("conv0",): 10, ("conv1",): 50, ("dense0",): 0}


@pytest.mark.parametrize(
    ("text", "rules", "fractions", "message"),
    [
        ("2:4", {"densities": (0.5,)}, None, "Give no densities and no"),
        ("2:4", {"target_density": 0.5}, None, "Give no densities and no"),
        ("2:4", {}, {"layer0": 0.3}, "Expected no fractions, or 0.5 for .*0.3"),
        (
            "unit",
            {"mask_0_action": "freeze_init"},
            None,
            "expected mask_0_action=zero. Received: mask_0_action=freeze_init",
        ),
    ],
)
def test_rules_that_a_granularity_leaves_no_room_for(
    text, rules, fractions, message
):
    found = level_rules.LevelRules(**rules)
    recipe = recipes.Recipe(fractions=fractions)
    with pytest.raises(ValueError, match=message):
        found.check_granularity(recipe, chosen(text))


@pytest.mark.parametrize(
    ("text", "rules", "fractions"),
    [
        ("2:4", {}, None),
        ("2:4", {}, {"layer0": 0.5, "layer1": 0.0}),
        ("2:4", {"mask_0_action": "freeze_init"}, None),
        ("unit", {"densities": (0.5,)}, {"layer0": 0.3}),
        ("block:2x2", {"mask_0_action": "freeze_init"}, None),
    ],
)
def test_rules_that_go_with_a_granularity(text, rules, fractions):
    level_rules.LevelRules(**rules).check_granularity(
        recipes.Recipe(fractions=fractions), chosen(text)
    )
