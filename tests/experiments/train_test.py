"""Tests of experiments/train.py."""

import json

import numpy as np
import pytest

from lottery_ticket.experiments import train
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.foundations.records import paths, save_restore
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.tests import planned

RECIPE = recipes.Recipe(training_len="5it", seed=1, jit=False)
MASK = (np.arange(300 * 100).reshape(300, 100) % 2).astype(np.uint8)


def test_one_network_with_masks_and_presets(tmp_path):
    directory = str(tmp_path / "once")
    given = {
        "masks": {"layer1": MASK},
        "presets": {"layer0_bias": np.full(300, 0.5, np.float32)},
    }
    planned.run(train.plan, directory, RECIPE, **given, quiet=True)
    assert planned.is_complete(train.plan, directory, RECIPE, **given)
    initial = save_restore.restore_network(paths.initial(directory))
    final = save_restore.restore_network(paths.final(directory))
    np.testing.assert_array_equal(initial["layer0_bias"], 0.5)
    np.testing.assert_array_equal(final["layer1"][MASK == 0], 0)
    with pytest.raises(ValueError, match="masks: '.*' there, None now"):
        planned.run(train.plan, directory, RECIPE)


def test_masks_of_another_network_are_named_before_training(tmp_path):
    with pytest.raises(ValueError, match=r"\(300, 100\). Received: \(100, 300"):
        planned.run(
            train.plan, str(tmp_path / "a"), RECIPE, masks={"layer1": MASK.T}
        )
    assert not (tmp_path / "a").exists()


@pytest.mark.slow
def test_training_goes_on_from_a_saved_state(tmp_path):
    """With an optimizer that has no memory, to the bytes of the whole run."""
    recipe = recipes.Recipe(
        training_len="8it", optimizer="sgd", seed=1, jit=False
    )
    whole, part = str(tmp_path / "whole"), str(tmp_path / "part")
    dataset = from_recipe.dataset(recipe)
    model = from_recipe.model(recipe, dataset).reset(seed=recipe.init_seed)
    saving = run_settings.Course(save_iterations=("3it",))
    from_recipe.train(recipe, dataset, model, whole, course=saving)
    given = {
        "presets": paths.at_iteration(whole, 3),
        "start_iteration": "3it",
    }
    planned.run(train.plan, part, recipe, **given, quiet=True)
    assert planned.is_complete(train.plan, part, recipe, **given)
    one, two = (
        save_restore.restore_network(paths.final(place))
        for place in (whole, part)
    )
    for name, array in one.items():
        np.testing.assert_array_equal(two[name], array)
    log = save_restore.read_log(part, "train")
    assert log["iteration"] == [4, 5, 6, 7, 8]
    with pytest.raises(ValueError, match="'3it' there, '0it' now"):
        planned.run(train.plan, part, recipe, presets=given["presets"])


@pytest.mark.parametrize(
    ("start", "message"),
    [("3", "A length must be"), ("5it", "cannot start at iteration 5")],
)
def test_a_start_that_does_not_fit_is_named(tmp_path, start, message):
    with pytest.raises(ValueError, match=message):
        planned.run(
            train.plan, str(tmp_path / "a"), RECIPE, start_iteration=start
        )
    assert not (tmp_path / "a").exists()


def test_several_masks_are_combined_as_asked(tmp_path):
    other = np.ones_like(MASK)
    other[:, :50] = 0
    for combine, expected in {
        "union": MASK | other,
        "intersect": MASK & other,
    }.items():
        directory = str(tmp_path / combine)
        planned.run(
            train.plan,
            directory,
            RECIPE,
            masks=[{"layer1": MASK}, {"layer1": other}],
            combine_masks=combine,
            quiet=True,
        )
        found = save_restore.restore_network(paths.masks(directory))
        np.testing.assert_array_equal(found["layer1"], expected)


@pytest.mark.slow
def test_weights_are_saved_every_few_iterations(tmp_path):
    recipe = recipes.Recipe(
        training_len="5it", optimizer="sgd", seed=1, jit=False
    )
    saving = {"save_iterations": ("every: 2it",), "quiet": True}
    planned.run(train.plan, str(tmp_path), recipe, **saving)
    for iteration in (2, 4):
        saved = paths.at_iteration(str(tmp_path), iteration)
        assert save_restore.restore_network(saved)
    settings = json.loads((tmp_path / "run.json").read_text())["settings"]
    assert settings["save_iterations"] == ["every:2it"]
    assert planned.is_complete(train.plan, str(tmp_path), recipe, **saving)
    with pytest.raises(ValueError, match="save_iterations"):
        planned.run(train.plan, str(tmp_path), recipe)
