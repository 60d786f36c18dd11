"""Tests of experiments/recipes.py."""

import dataclasses
import json

import pytest

from lottery_ticket.experiments import recipes
from lottery_ticket.foundations import seeds


@pytest.mark.parametrize("name", recipes.RECIPES)
def test_every_recipe_is_complete_and_states_its_source(name):
    recipe = recipes.Recipe(name)
    for field in dataclasses.fields(recipe):
        is_set = getattr(recipe, field.name) is not None
        assert is_set or field.name == "data_dir"
    assert json.loads(json.dumps(recipe.settings()))
    assert recipes.RECIPES[name]["source"]
    assert recipes.RECIPES[name]["expect"]


def test_the_papers_recipe():
    recipe = recipes.Recipe("mnist_fc")
    assert recipe.optimizer == "adam"
    assert recipe.lr == 1.2e-3
    assert recipe.train_batch_size == 60
    assert recipe.training_len == "50000it"
    assert recipe.validation_size == 5000
    assert recipe.hidden_units == (300, 100)
    assert recipe.fractions == {"layer0": 0.2, "layer1": 0.2, "layer2": 0.1}


def test_the_recipe_of_2018():
    recipe = recipes.Recipe("mnist_fc_2018")
    found = recipe.optimizer, recipe.lr, recipe.train_batch_size
    assert found == ("sgd", 0.1, 64)
    assert recipe.normalization == "l2"


def test_what_is_given_wins():
    recipe = recipes.Recipe("mnist_fc", lr=0.5, permute_labels=True)
    assert recipe.lr == 0.5
    assert recipe.permute_labels is True
    assert recipe.optimizer == "adam"


def test_seeds_derive_from_the_master_seed_unless_given():
    recipe = recipes.Recipe(seed=3, split_seed=5)
    assert recipe.init_seed == seeds.derive(3, "init")
    assert recipe.train_order_seed == seeds.derive(3, "train_order")
    assert recipe.split_seed == 5
    assert len({recipe.init_seed, recipe.train_order_seed}) == 2
    assert recipes.Recipe(seed=4).init_seed != recipe.init_seed


def test_where_the_data_lies_is_no_setting():
    one, other = (recipes.Recipe(data_dir=name) for name in "ab")
    assert one.settings() == other.settings()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"recipe": "mnist"}, "Unknown recipe 'mnist'. Did you mean 'mnist_fc"),
        ({"dataset": "mnits"}, "Unknown dataset 'mnits'. Did you mean 'mnist'"),
        ({"model": "fcc"}, "Unknown model 'fcc'. Did you mean 'fc'"),
        ({"optimizer": "adma"}, "Did you mean 'adam'"),
        ({"normalization": "L2"}, "Unknown normalization 'L2'"),
        ({"lr": 0.0}, "lr must be above 0"),
        ({"train_batch_size": 0}, "train_batch_size must be at least 1"),
        ({"validation_size": -1}, "validation_size must be at least 0"),
        ({"test_interval": 0}, "test_interval must be at least 1"),
        ({"validate_interval": 0}, "validate_interval must be at least 1"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"hidden_units": (300, 0)}, "hidden_units must be positive"),
        ({"hidden_units": (300,)}, "give their fractions too"),
        ({"training_len": "500"}, "A length must be"),
        ({"training_len": "0ep"}, "training_len must be above 0"),
        ({"fractions": {"layer0": 2.0}}, r"'layer0' must be in \[0, 1\]"),
    ],
)
def test_settings_that_do_not_fit_are_named(given, message):
    with pytest.raises(ValueError, match=message):
        recipes.Recipe(**given)


def test_other_layers_with_their_fractions_are_fine():
    recipe = recipes.Recipe(hidden_units=(9,), fractions={"layer1": 0.5})
    assert recipe.fractions == {"layer1": 0.5}
