"""Tests of experiments/settings/recipe_table_signed.py: what was read."""

import pytest

from lottery_ticket.experiments.settings import recipe_table_signed, recipes

RECIPES = recipe_table_signed.RECIPES


@pytest.mark.parametrize("name", RECIPES)
def test_scores_are_trained_by_the_sources_settings(name):
    recipe = recipes.Recipe(name)
    assert (recipe.optimizer, recipe.momentum) == ("nesterov", 0.9)
    assert recipe.model_options() == {
        "hidden_units": (300, 100),
        "activation": "elu",
        "use_bias": False,
    }
    assert recipe.decoupled_weight_decay and recipe.train_batch_size == 128
    assert (recipe.lr_drop_factor, len(recipe.lr_drops)) == (0.9, 9)
    if recipe.dataset == "mnist":
        assert recipe.lr_drops[0] == "10ep" and recipe.training_len == "100ep"
        assert recipe.lr == 0.05  # The config's.
        assert recipe.test_interval == -(-55_000 // 128)
