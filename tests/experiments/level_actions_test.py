"""Tests of mask-1 and mask-0 actions in lottery experiments, on the digits.

What levels start from is computed anew, in plain numpy, from level 0's files
and the masks alone.
"""

import functools

import numpy as np
import pytest

from lottery_ticket.experiments import lottery_experiment
from lottery_ticket.experiments.settings import level_rules, recipes, scoring
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.foundations.records import paths, run_record, save_restore
from lottery_ticket.foundations.training import programs, resumable_run
from lottery_ticket.foundations.values import seeds
from lottery_ticket.tests import grids, planned, tiny

LAST = 3
RECIPE = recipes.Recipe(
    hidden_units=(12, 8),
    fractions={"layer*": 0.4},
    training_len="20it",
    test_interval=10,
    validate_interval=10,
    seed=1,
    jit=False,
)
COMBINATIONS = [
    *(
        (name, "zero")
        for name, each in {"none": None, **mask_1.MASK_1_ACTIONS}.items()
        if each is None or not each.carries  # There are no norms.
    ),
    *(("rewind", name) for name in mask_0.MASK_0_ACTIONS if name != "zero"),
    ("random_reinit", "freeze_init"),
    ("signed_constant", "freeze_init_zero_all"),
    ("reinit", "freeze_final"),
]


def run(directory, kept, held, levels=LAST, criterion=None, **rules):
    planned.run(
        lottery_experiment.plan,
        str(directory),
        RECIPE,
        scoring.Scoring(criterion),
        level_rules.LevelRules(mask_1_action=kept, mask_0_action=held, **rules),
        iterations=levels,
        save_summaries=False,
        quiet=True,
    )
    return directory


def place(trial, level):
    return paths.run(str(trial), level, "same_init")


def networks(trial, level):
    """Initial and final weights and masks of a level."""
    places = (paths.initial, paths.final, paths.masks)
    return [
        save_restore.restore_network(each(place(trial, level)))
        for each in places
    ]


@functools.cache
def model():
    return from_recipe.model(RECIPE, from_recipe.dataset(RECIPE), quiet=True)


def signed(magnitude, signs):
    return np.where(signs == 0, 0, magnitude * np.sign(signs))


def acted_on(action, kernel, mask, rng):
    """A layer's weights after a mask-1 action, as spelled in the paper."""
    kept = mask == 1
    permuted = kernel.copy()
    if "reshuffle" in action:
        permuted[kept] = rng.permutation(kernel[kept])
    elif action in ("random_reinit", "signed_reinit"):
        permuted = rng.permutation(kernel.ravel()).reshape(kernel.shape)
    if action.startswith("signed_re"):
        return np.where(
            kept | (action == "signed_reinit"),
            signed(np.abs(permuted), kernel),
            kernel,
        )
    if action == "mask_init":
        return np.where(kept, kernel, 0)
    if action.endswith("constant"):
        magnitude = np.float32(np.std(kernel, dtype=np.float64))
        permuted = signed(magnitude, kernel)
    if action == "rand_signed_constant":
        permuted = rng.permutation(permuted.ravel()).reshape(kernel.shape)
    return permuted


def reused(action, kernel, mask, rng):
    """A layer's weights, drawn from its kept ones; pruned ones 0."""
    kept, drawn = mask == 1, np.zeros_like(kernel)
    parts = [(kept, kernel[kept])]
    if action == "reuse_sign":
        parts = [
            (kept & (kernel > 0), kernel[kept & (kernel > 0)]),
            (kept & (kernel <= 0), kernel[kept & (kernel < 0)]),
        ]
    for where, pool in parts:
        drawn[where] = rng.choice(pool, where.sum())
    return drawn


def kept_weights(action, weights, masks, dense, final, seed):
    """All weights after a mask-1 action."""
    if action == "reinit":
        return model().draw(seed)
    if action.startswith("signed_draw"):
        signs = final if action == "signed_draw" else weights
        return {  # Biases are 0.
            name: np.abs(each) * np.where(signs[name] < 0, -1, 1) + 0
            for name, each in model().draw(seed).items()
        }
    made, rng = dict(weights), np.random.default_rng(seed)
    for name in model().masks:
        mask = masks[name]
        if action.startswith("reuse"):
            made[name] = reused(action, weights[name], mask, rng)
        elif action.endswith("_rescaling"):
            stem = action.removesuffix("_rescaling")
            factor = mask.size / mask.sum()
            kernel = acted_on(stem, dense[name], mask, rng)
            made[name] = np.float32(kernel.astype(np.float64) * factor)
        elif action not in ("rewind", "none"):
            made[name] = acted_on(action, weights[name], mask, rng)
    return made


def held_weights(action, weights, final, before, masks, seed):
    """All weights, and what each layer is held at, after a mask-0 action."""
    edited, held, rng = dict(weights), {}, np.random.default_rng(seed)
    drawn = model().draw(seed)
    for name in model().masks:
        w_i, w_f = weights[name], final[name]
        newly = (before[name] == 1) & (masks[name] == 0)
        shrank = newly & (np.abs(w_i) > np.abs(w_f))
        zeros = {
            "freeze_init_zero_mask": shrank,
            "freeze_init_zero_all": shrank,
            "freeze_init_zero_rev": newly & (np.abs(w_i) < np.abs(w_f)),
            "freeze_init_zero_reshuffle": np.zeros(w_i.shape, bool),
        }.get(action)
        values = {
            "zero": np.zeros_like(w_i),
            "freeze_reinit": drawn[name],
            "freeze_final": w_f,
        }.get(action, w_i)
        if action == "freeze_init_zero_reshuffle":
            places = np.flatnonzero(newly)
            zeros.flat[rng.choice(places, shrank.sum(), replace=False)] = True
        if zeros is not None:
            values = np.where(zeros, 0, w_i)
            edited[name] = values
        if action == "freeze_init_zero_all":
            shrank = (before[name] == 1) & (np.abs(w_i) > np.abs(w_f))
            edited[name] = np.where(shrank, 0, w_i)
        held[name] = np.where(newly, values, w_f)
    return edited, held


def expected_starts(trial, kept, held, one_shot=False):
    """What levels 1 to the last start from."""
    dense, dense_final, full = networks(trial, 0)
    weights, final, before = dense, dense_final, full
    for level in range(1, LAST + 1):
        _, own_final, masks = networks(trial, level)
        if one_shot:
            weights, final, before = dense, dense_final, full
        seed_0, seed_1 = (
            seeds.derive(RECIPE.init_seed, which, level)
            for which in ("mask_0", "mask_1")
        )
        edited, frozen = held_weights(
            held, weights, final, before, masks, seed_0
        )
        weights = kept_weights(kept, edited, masks, dense, final, seed_1)
        yield {
            name: np.where(masks[name] == 1, array, frozen[name])
            if name in masks
            else array
            for name, array in weights.items()
        }
        final, before = own_final, masks


@pytest.mark.parametrize(
    ("kept", "held"),
    grids.thinned(
        COMBINATIONS[::2],
        [("signed_constant", "freeze_init_zero_all")],
    ),
)
def test_levels_start_as_the_table_says(tmp_path, kept, held):
    trial = run(tmp_path, kept, held)
    for level, expected in enumerate(expected_starts(trial, kept, held), 1):
        initial, final, masks = networks(trial, level)
        assert initial.keys() == expected.keys()
        for name, array in initial.items():
            np.testing.assert_array_equal(array, expected[name])
            assert array.dtype == np.float32
        for name, mask in masks.items():
            pruned = mask == 0
            before, after = initial[name][pruned], final[name][pruned]
            assert before.tobytes() == after.tobytes()
            assert before.any() == (held != "zero")
            assert (initial[name] != final[name])[~pruned].any()
        settings = run_record.read(place(trial, level))["settings"]
        assert settings["mask_1_action"] == mask_1.resolve(kept)
        assert settings["mask_0_action"] == held
        assert settings["signed_constant"] is None


@pytest.mark.slow
def test_level_0_is_the_same_with_every_action(tmp_path):
    plain = tiny.result_bytes(place(run(tmp_path / "a", "none", "zero", 0), 0))
    for held in ("freeze_init", "freeze_init_zero_all"):
        trial = run(tmp_path / held, "random_reinit", held, 0)
        assert tiny.result_bytes(place(trial, 0)) == plain


@pytest.mark.parametrize(
    ("kept", "held"),
    grids.thinned(
        [("random_reinit", "zero"), ("rewind", "freeze_init_zero_mask")],
        [("rewind", "freeze_init_zero_mask")],
    ),
)
def test_one_shot_levels_act_on_the_dense_network(tmp_path, kept, held):
    trial = run(tmp_path, kept, held, one_shot=True)
    starts = expected_starts(trial, kept, held, one_shot=True)
    for level, expected in enumerate(starts, 1):
        for name, array in networks(trial, level)[0].items():
            np.testing.assert_array_equal(array, expected[name])


@pytest.mark.slow
def test_a_constant_that_is_given_is_every_kept_magnitude(tmp_path):
    trial = run(tmp_path, "signed_constant", "zero", 2, signed_constant=0.1)
    dense = networks(trial, 0)[0]
    initial, _, masks = networks(trial, 2)
    for name, mask in masks.items():
        expected = np.sign(dense[name]) * np.float32(0.1) * mask
        np.testing.assert_array_equal(initial[name], expected)
    settings = run_record.read(place(trial, 2))["settings"]
    assert settings["signed_constant"] == 0.1


def test_criteria_see_what_the_level_before_started_from(tmp_path):
    trial = run(tmp_path, "random_reinit", "zero", criterion="large_init")
    for level in range(1, LAST + 1):
        initial, _, before = networks(trial, level - 1)
        masks = networks(trial, level)[2]
        for name, mask in masks.items():
            magnitudes = np.abs(initial[name])
            lost = (before[name] == 1) & (mask == 0)
            assert magnitudes[lost].max() <= magnitudes[mask == 1].min()


RESUMED = [
    ("random_reinit", "zero"),
    ("signed_reinit_rescaling", "freeze_reinit"),
    ("rewind", "freeze_init_zero_all"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("kept", "held"), RESUMED)
def test_a_stopped_experiment_goes_on_to_the_same_bytes(
    tmp_path, monkeypatch, kept, held
):
    whole = run(tmp_path / "whole", kept, held)
    stopped = run(tmp_path / "stopped", kept, held, levels=1)
    monkeypatch.setattr(resumable_run, "CHECKPOINT_INTERVAL_S", -1)
    real = resumable_run.ResumableRun._save_checkpoint

    def stop(run):
        real(run)
        if run.iteration == 10:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(resumable_run.ResumableRun, "_save_checkpoint", stop)
        with pytest.raises(KeyboardInterrupt):
            run(stopped, kept, held)
    run(stopped, kept, held)
    assert run_record.read(place(stopped, 2))["resumed"] == 1
    assert tiny.result_bytes(stopped) == tiny.result_bytes(whole)
    monkeypatch.setattr(programs.Program, "launch", None)
    run(stopped, kept, held)


@pytest.mark.parametrize(("kept", "held"), grids.thinned(RESUMED, RESUMED[2:]))
def test_a_damaged_level_is_redone_alone(tmp_path, kept, held):
    trial = run(tmp_path, kept, held, levels=2)
    before = tiny.result_bytes(trial)
    path = tmp_path / "1/same_init/final/layer1.npy"
    path.write_bytes(path.read_bytes()[:-8])
    run(trial, kept, held, levels=2)
    assert tiny.result_bytes(trial) == before


def test_other_actions_are_other_experiments(tmp_path):
    run(tmp_path, "rewind", "zero", 0)
    run(tmp_path, "none", "zero", 0)
    for kept, held, message in (
        ("signed_reinit", "zero", "mask_1_action: 'rewind' there, 'signed_rei"),
        ("rewind", "freeze_init", "mask_0_action: 'zero' there, 'freeze_init'"),
    ):
        with pytest.raises(ValueError, match=message):
            run(tmp_path, kept, held, 0)
