"""Tests of experiments/settings/recipe_table_cts.py: the source's settings."""

import pytest

from lottery_ticket.experiments.settings import recipe_table_cts, recipes

RECIPES = recipe_table_cts.RECIPES


@pytest.mark.parametrize("name", RECIPES)
def test_weights_are_trained_by_the_sources_settings(name):
    recipe = recipes.Recipe(name)
    assert (recipe.optimizer, recipe.lr, recipe.momentum) == (
        *("momentum", 0.1, 0.9),
    )
    assert recipe.weight_decay == 1e-3 and len(recipe.lr_drops) == 2
    if recipe.dataset == "cifar10":
        assert recipe.lr_drops == ("80ep", "120ep")
        assert (recipe.training_len, recipe.train_batch_size) == ("160ep", 512)
        assert recipe.test_interval == -(-45_000 // 512)
