"""Tests of experiments/untrained.py: the masks and networks it evaluates."""

import attrs
import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.experiments import untrained
from lottery_ticket.experiments.finished import finished_runs
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.tests import grids

RECIPE = recipes.Recipe(
    "digits_fc",
    hidden_units=(25,),
    fractions={"layer0": 0.2, "layer1": 0.1},
    seed=1,
)
GRID = untrained.Grid(criteria=("all",)).resolved(5)
DATA = from_recipe.dataset(RECIPE)
MODEL = from_recipe.model(RECIPE, DATA)
PRUNED = [each for each in criteria.CRITERIA if not GRID.levels(each) == [1]]


def dense(recipe=RECIPE, final=None):
    """A run whose training moved weights at random, some over 0."""
    initial = MODEL.reset(seed=1).weights
    rng = np.random.default_rng(3)
    final = final or {
        name: array + rng.normal(0, 0.3, array.shape).astype(np.float32)
        for name, array in initial.items()
    }
    masks = {n: np.ones(m.shape, np.uint8) for n, m in MODEL.masks.items()}
    run = finished_runs.FinishedRun(
        "run", recipe.settings(), {}, masks, initial
    )
    vars(run)["final"] = final  # As if it had been read.
    return run


DENSE = dense()


def cuts(criterion, grid=GRID, run=DENSE):
    return untrained.Cuts(criterion, grid, run, MODEL, DATA)


def kept(masks):
    return {name: int(mask.sum()) for name, mask in masks.items()}


@pytest.mark.parametrize(
    "criterion",
    grids.thinned(PRUNED, [each for each in PRUNED if each != "synflow"]),
)
def test_every_criterion_keeps_exact_counts(criterion):
    found = cuts(criterion)
    for level in (1, 3, 24):
        masks = found.masks(level)
        assert list(masks) == ["layer0", "layer1"]
        assert kept(masks) == {
            "layer0": 1600 - round((1 - 0.8**level) * 1600),
            "layer1": 250 - round((1 - 0.9**level) * 250),
        }
        again = cuts(criterion).masks(level)
        for name, mask in masks.items():
            np.testing.assert_array_equal(again[name], mask)


def test_masks_are_of_the_largest_scores_of_each_layer():
    size = np.abs(DENSE.final["layer0"])
    for level, mask in (
        (level, cuts("large_final").masks(level)["layer0"] == 1)
        for level in (1, 5)
    ):
        order = np.sort(size.ravel())[::-1]
        assert (mask == (size >= order[round(1600 * 0.8**level) - 1])).all()


def test_the_reference_prunes_one_less_by_its_rounding():
    grid = attrs.evolve(GRID, rounding="legacy")
    assert kept(cuts("random", grid).masks(1))["layer0"] == 1281


def test_layers_are_compared_where_the_recipe_says_so():
    recipe = recipes.Recipe(
        "digits_fc", hidden_units=(25,), fractions={"*": 0.2}, scope="global"
    )
    run = dense(recipe)
    masks = cuts("large_final", run=run).masks(2)
    assert sum(kept(masks).values()) == 1850 - round(0.36 * 1850)
    scores = {name: np.abs(DENSE.final[name]) for name in masks}
    lowest = min(scores[n][m == 1].min() for n, m in masks.items())
    assert all(scores[n][m == 0].max() < lowest for n, m in masks.items())


def test_the_sign_alone_decides_where_a_criterion_says_so():
    masks = cuts("large_final_same_sign_single").masks(1)
    for name, mask in masks.items():
        same = np.sign(DENSE.initial[name]) == np.sign(DENSE.final[name])
        np.testing.assert_array_equal(mask == 1, same)
    recipe = recipes.Recipe(
        "digits_fc", hidden_units=(25,), fractions={"layer0": 0.2, "layer1": 0}
    )
    run = dense(recipe)
    masks = cuts("large_final_same_sign_single", run=run).masks(1)
    assert kept(masks)["layer1"] == 250 and kept(masks)["layer0"] < 1600


def test_the_dense_network_is_scored_once(monkeypatch):
    scored, plain = [], criteria.score_fn

    def counting(name, *arguments, **options):
        score = plain(name, *arguments, **options)
        return lambda masks: scored.append(kept(masks)) or score(masks)

    monkeypatch.setattr(criteria, "score_fn", counting)
    found = cuts("snip")
    for level in range(1, 9):
        found.masks(level)
    assert scored == [{"layer0": 1600, "layer1": 250}]
    scored.clear()
    found = cuts("synflow")
    found.masks(1)
    found.masks(2)
    assert len(scored) == 1 + 2 * 99
    assert scored.count({"layer0": 1600, "layer1": 250}) < len(scored)


@pytest.mark.parametrize("criterion", ["snip", "grad", "grasp", "synflow"])
def test_gradients_are_of_untrained_weights(criterion):
    moved = {name: array + 1 for name, array in DENSE.final.items()}
    other = dense(final=moved)
    MODEL.reset(seed=77)  # Where the model stands does not matter.
    masks = cuts(criterion).masks(3)
    for name, mask in cuts(criterion, run=other).masks(3).items():
        np.testing.assert_array_equal(masks[name], mask)


def test_chance_has_the_grids_seed():
    other = attrs.evolve(GRID, draw_seed=6)
    for criterion in ("random", "large_final_same_sign"):  # Scores, and ties.
        one = cuts(criterion).masks(1)["layer0"]
        two = cuts(criterion, other).masks(1)["layer0"]
        assert (one != two).any()


DRAWS = {name: each.draws for name, each in mask_1.MASK_1_ACTIONS.items()}


@pytest.mark.parametrize("mask_1_action", mask_1.MASK_1_ACTIONS)
@pytest.mark.parametrize("mask_0_action", mask_0.MASK_0_ACTIONS)
def test_every_pair_of_actions_makes_a_network(mask_1_action, mask_0_action):
    grid = attrs.evolve(
        GRID, mask_1_actions=(mask_1_action,), mask_0_action=mask_0_action
    )
    masks = cuts("random").masks(3)
    made = untrained.networks(grid, DENSE, masks, 3, MODEL.draw)
    again = untrained.networks(grid, DENSE, masks, 3, MODEL.draw)
    assert list(made) == [mask_1_action]
    network = made[mask_1_action]
    assert set(network) == set(DENSE.initial)
    for name, array in network.items():
        np.testing.assert_array_equal(array, again[mask_1_action][name])
        assert array.dtype == np.float32
        if name in masks and mask_0_action == "zero":
            np.testing.assert_array_equal(array[masks[name] == 0], 0)
        if name not in masks and not DRAWS[mask_1_action]:
            np.testing.assert_array_equal(array, DENSE.initial[name])


@hypothesis.settings(max_examples=20)
@hypothesis.given(st.integers(1, 24), st.sampled_from(PRUNED[:6]))
def test_kept_weights_are_as_drawn_or_constant(level, criterion):
    masks = cuts(criterion).masks(level)
    made = untrained.networks(GRID, DENSE, masks, level, None)
    for name, mask in masks.items():
        initial = DENSE.initial[name]
        rewound = np.where(mask == 1, initial, 0)
        np.testing.assert_array_equal(made["rewind"][name], rewound)
        constant = np.std(initial.astype(np.float64)) * np.sign(initial)
        np.testing.assert_allclose(
            made["signed_constant"][name],
            np.where(mask == 1, constant, 0),
            rtol=1e-6,
        )


def test_pruned_weights_can_stay_where_training_left_them():
    grid = attrs.evolve(GRID, mask_0_action="freeze_final")
    masks = cuts("large_final").masks(4)
    made = untrained.networks(grid, DENSE, masks, 4, None)
    for name, mask in masks.items():
        expected = np.where(mask == 1, DENSE.initial[name], DENSE.final[name])
        np.testing.assert_array_equal(made["rewind"][name], expected)


def test_a_dense_network_is_untouched_by_mask_0_actions():
    grid = attrs.evolve(GRID, mask_0_action="freeze_init_zero_all")
    made = untrained.networks(grid, DENSE, DENSE.masks, 0, None)
    for name, array in made["rewind"].items():
        np.testing.assert_array_equal(array, DENSE.initial[name])
    masks = cuts("large_final").masks(1)
    made = untrained.networks(grid, DENSE, masks, 1, None)
    name = "layer0"  # Kept weights that shrank are 0, as of that action.
    shrank = np.abs(DENSE.initial[name]) > np.abs(DENSE.final[name])
    np.testing.assert_array_equal(
        made["rewind"][name], np.where(shrank, 0, DENSE.initial[name])
    )


def test_an_action_draws_alike_for_all_criteria_and_anew_at_each_level():
    grid = attrs.evolve(GRID, mask_1_actions=("random_reinit", "reinit"))
    one = cuts("large_final").masks(2)["layer0"] == 1
    two = cuts("random").masks(5)["layer0"] == 1
    same, alike, other = (
        untrained.networks(
            grid,
            DENSE,
            {**DENSE.masks, "layer0": mask.astype(np.uint8)},
            level,
            MODEL.draw,
        )
        for mask, level in ((one, 2), (two, 2), (two, 3))
    )
    both = one & two
    for action in grid.mask_1_actions:
        first, second, third = (
            network[action]["layer0"][both] for network in (same, alike, other)
        )
        np.testing.assert_array_equal(first, second)
        assert (first != third).mean() > 0.9
        assert (first != DENSE.initial["layer0"][both]).mean() > 0.9


def test_chance_draws_anew_at_each_level():
    found = cuts("random")
    first, second = (found.masks(level)["layer0"] for level in (3, 4))
    assert (second & (1 - first)).any()  # Not nested, as those of scores are.
    found = cuts("large_final")
    first, second = (found.masks(level)["layer0"] for level in (3, 4))
    assert not (second & (1 - first)).any()
