"""Tests of experiments/settings/recipe_table_gem.py: the published settings."""

import pytest

from lottery_ticket.experiments.settings import recipe_table_gem, recipes
from lottery_ticket.foundations.values import steps

RECIPES = recipe_table_gem.RECIPES
# Name -> training examples, but those held out.
EXAMPLES = {
    "digits": 1197,
    "mnist": 55_000,
    "cifar10": 45_000,
    "cifar100": 45_000,
    "tiny_imagenet": 95_000,
    "caltech101": 5206,  # 60 % of 8,677.
    "imagenet": 1_271_167,
}


@pytest.mark.parametrize("name", RECIPES)
def test_epochs_are_evaluated_once(name):
    recipe = recipes.Recipe(name)
    batches = -(-EXAMPLES[recipe.dataset] // recipe.train_batch_size)
    assert recipe.test_interval == recipe.validate_interval == batches
    assert steps.parse(recipe.training_len)[0] == "epochs"


# Network, epochs, batch, optimizer and rate of the published configs.
@pytest.mark.parametrize(
    ("name", "model", "epochs", "batch", "optimizer", "lr"),
    [
        ("cifar10_resnet20", "resnet20", 150, 128, "momentum", 0.1),
        ("cifar10_mobilenet_v2", "mobilenet_v2", 300, 128, "momentum", 0.1),
        ("cifar10_vgg16", "vgg16", 200, 128, "adam", 0.01),
        ("cifar10_wide_resnet28", "wide_resnet28", 150, 128, "momentum", 0.5),
        ("cifar100_resnet32", "resnet32", 150, 128, "momentum", 0.1),
        ("cifar10_resnet18", "cifar_resnet18", 200, 128, "adam", 0.01),
        ("tiny_imagenet_resnet18", "tiny_resnet18", 200, 256, "adam", 1e-3),
        ("tiny_imagenet_resnet50", "resnet50", 150, 128, "adam", 0.01),
        ("caltech101_resnet50", "resnet50", 50, 16, "adam", 1e-3),
        ("imagenet_resnet50", "resnet50", 88, 512, "adam", 0.1),
    ],
)
def test_the_published_searches(name, model, epochs, batch, optimizer, lr):
    recipe = recipes.Recipe(f"{name}_gem")
    assert recipe.model == model
    assert recipe.training_len == f"{epochs}ep"
    assert recipe.train_batch_size == batch
    assert (recipe.optimizer, recipe.lr) == (optimizer, lr)
    assert recipe.schedule == "cosine_by_epoch"
    assert recipe.weight_decay == 0
    assert recipe.epsilon == (1e-8 if optimizer == "adam" else None)
    assert recipe.normalization == "standardize"
    assert recipe.affine == (name == "caltech101_resnet50")
    assert recipe.use_bias is False


def test_shortcuts_pad_where_they_were_published_so():
    padded = [n for n in RECIPES if recipes.Recipe(n).shortcut == "pad"]
    assert padded == ["cifar10_resnet20_gem", "cifar100_resnet32_gem"]
