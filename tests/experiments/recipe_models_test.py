"""Tests of experiments/recipe_models.py; see also recipes_test."""

import pytest

from lottery_ticket.experiments import (
    recipe_models,
    recipe_table,
    recipe_table_gem,
)


def test_a_network_brings_what_its_own_recipe_says():
    usual = recipe_table.RECIPES["mnist_fc"]
    found = recipe_models.settings("vgg19", usual)
    assert found["fractions"] == {"*conv*": 0.2}
    assert found["scope"] == "global"
    assert found["last_pooling"] == "average"
    assert found["hidden_units"] is None


def test_one_without_a_recipe_has_that_of_its_kind():
    found = recipe_models.settings("vgg11", recipe_table.RECIPES["mnist_fc"])
    assert found["last_pooling"] == "average"


def test_options_of_the_recipe_win():
    usual = recipe_table_gem.RECIPES["cifar10_resnet20_gem"]
    found = recipe_models.settings("resnet56", usual)
    assert (found["shortcut"], found["affine"]) == ("pad", False)


def test_recipes_of_gems_are_no_models_for_others():
    usual = recipe_table.RECIPES["cifar10_resnet20"]
    found = recipe_models.settings("mobilenet_v2", usual)
    assert (found["affine"], found["use_bias"]) == (None, None)
    assert "fractions" not in found


def test_a_network_of_ones_own_is_pruned_everywhere():
    usual = recipe_table.RECIPES["mnist_fc"]
    found = recipe_models.settings("mine.py:make", usual)
    assert found["fractions"] == {"*": 0.2}
    assert found["hidden_units"] is None


def test_an_unknown_network_is_named():
    with pytest.raises(ValueError, match="Unknown model 'vgg17'"):
        recipe_models.settings("vgg17", recipe_table.RECIPES["mnist_fc"])
