"""Tests of experiments/settings/recipe_table.py: the numbers of the papers."""

import pytest

from lottery_ticket.experiments.settings import recipe_table, recipes
from lottery_ticket.foundations.selection import layer_shares
from lottery_ticket.foundations.values import fields
from lottery_ticket.models import registry

PARTS = {
    name: value
    for name, value in vars(recipe_table).items()
    if isinstance(value, dict) and name.isupper() and name != "RECIPES"
}


def test_the_papers_lenet():
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


# Frankle & Carbin 2019, fig. 2, and sec. 3 for dropout.
@pytest.mark.parametrize(
    ("name", "lr", "length", "conv", "dropout"),
    [
        ("conv2", 2e-4, "20000it", 0.1, None),
        ("conv4", 3e-4, "25000it", 0.1, None),
        ("conv6", 3e-4, "30000it", 0.15, None),
        ("conv2_dropout", 3e-4, "60000it", 0.1, 0.5),
        ("conv4_dropout", 2e-4, "75000it", 0.1, 0.5),
        ("conv6_dropout", 2e-4, "90000it", 0.15, 0.5),
    ],
)
def test_the_papers_convolutional_networks(name, lr, length, conv, dropout):
    recipe = recipes.Recipe(f"cifar10_{name}")
    assert (recipe.dataset, recipe.model) == ("cifar10", name.split("_")[0])
    assert (recipe.optimizer, recipe.lr) == ("adam", lr)
    assert (recipe.training_len, recipe.train_batch_size) == (length, 60)
    assert recipe.fractions == {"conv*": conv, "dense*": 0.2, "logits": 0.1}
    assert recipe.scope == "layerwise"
    assert recipe.dropout == dropout


@pytest.mark.parametrize("name", ["conv2", "conv4", "conv6"])
def test_zhou_s_networks_differ_in_length_and_epsilon_alone(name):
    """Zhou et al. 2019: fig. 2's rates, whole batches, TF1's epsilon."""
    usual = recipe_table.RECIPES[f"cifar10_{name}"]
    zhou = recipe_table.RECIPES[f"cifar10_{name}_zhou"]
    differing = {key for key in usual if usual[key] != zhou[key]}
    assert differing - {"source", "expect"} == {
        "training_len",
        "drop_partial_batch",
        "epsilon",
    }


def test_zhou_s_supermask_of_lenet():
    recipe = recipes.Recipe("mnist_fc_supermask")
    found = recipe.optimizer, recipe.momentum, recipe.lr
    assert found == ("momentum", 0.9, 100)
    assert (recipe.train_batch_size, recipe.training_len) == (250, "2000ep")
    # 55,000 images are 220 batches: evaluated once an epoch.
    assert recipe.test_interval == recipe.validate_interval == 220


@pytest.mark.parametrize(
    ("name", "lr", "warmup"),
    [
        ("resnet20", 0.1, "0it"),
        ("resnet20_low_lr", 0.01, "0it"),
        ("resnet20_warmup", 0.03, "20000it"),
        ("vgg19", 0.1, "0it"),
        ("vgg19_low_lr", 0.01, "0it"),
        ("vgg19_warmup", 0.1, "10000it"),
    ],
)
def test_the_papers_deep_networks(name, lr, warmup):
    recipe = recipes.Recipe(f"cifar10_{name}")
    assert (recipe.optimizer, recipe.momentum) == ("momentum", 0.9)
    assert (recipe.lr, recipe.warmup) == (lr, warmup)
    assert recipe.coupled_weight_decay() == 1e-4
    assert (recipe.scope, set(recipe.fractions.values())) == ("global", {0.2})
    found = recipe.training_len, recipe.train_batch_size, recipe.lr_drops
    assert found == (
        ("30000it", 128, ("20000it", "25000it"))
        if recipe.model == "resnet20"
        else ("112000it", 64, ("56000it", "84000it"))
    )


def test_the_recipe_for_rewinding():
    recipe = recipes.Recipe("cifar10_resnet20_160ep")
    assert (recipe.optimizer, recipe.momentum) == ("nesterov", 0.9)
    assert recipe.lr_drops == ("80ep", "120ep")
    assert recipe.training_len == "160ep"


@pytest.mark.parametrize(
    ("name", "number"),  # Of layers that are pruned.
    [
        ("mnist_fc", 3),
        ("cifar10_conv6", 9),
        pytest.param("cifar10_resnet20", 19, marks=pytest.mark.slow),
        pytest.param("cifar10_vgg19", 16, marks=pytest.mark.slow),
    ],
)
def test_fractions_fit_the_network(name, number):
    recipe = recipes.Recipe(name)
    model = registry.create(recipe.model, (32, 32, 3), 10)
    layers = layer_shares.expand("fraction", recipe.fractions, model.masks)
    assert len(layers) == number
    layer_shares.groups("fraction", recipe.fractions, model.masks, recipe.scope)


@pytest.mark.parametrize("name", PARTS)
def test_a_part_holds_settings(name):
    known = {*fields.names_of(recipes.Recipe), "source", "expect"}
    assert set(PARTS[name]) <= known


def test_parts_of_networks_have_what_is_usual():
    """So that a recipe made of one lacks nothing that most leave alone."""
    for name in ("LENET", "CONV_2", "CONV_4", "CONV_6", "RESNET_20", "VGG_19"):
        assert set(recipe_table.USUAL) <= set(PARTS[name])
