"""Tests of experiments/settings/fine_tuning.py: the flags of phase C."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lottery_ticket.experiments.settings import fine_tuning, recipes
from lottery_ticket.foundations.values import fields

RECIPE = recipes.Recipe("cifar10_resnet20_gem", seed=3)


def test_the_published_fine_tuning():
    found = fine_tuning.FineTuning().recipe(RECIPE)
    assert (found.optimizer, found.momentum, found.lr) == (
        "momentum",
        0.9,
        0.01,
    )
    assert (found.schedule, found.lr_drops) == ("piecewise", ("80ep", "120ep"))
    assert found.lr_drop_factor == 0.1
    assert found.coupled_weight_decay() == 1e-4
    assert found.training_len == "150ep"


def test_all_else_is_as_in_the_search():
    found = fine_tuning.FineTuning().recipe(RECIPE)
    changed = {
        name
        for name in fields.names_of(found)
        if getattr(found, name) != getattr(RECIPE, name)
    }
    assert changed == {"lr", "schedule", "lr_drops", "weight_decay"} | (
        {"lr_drop_factor"} if RECIPE.lr_drop_factor is None else set()
    )


@pytest.mark.parametrize("name", [n for n in recipes.RECIPES if "_gem" in n])
def test_every_search_can_be_followed_by_adam(name):
    tuning = fine_tuning.FineTuning(
        fine_tune_optimizer="adam",
        fine_tune_lr=1e-4,
        fine_tune_schedule="cosine_by_epoch",
        fine_tune_len="7ep",
        fine_tune_weight_decay=0.0,
    )
    found = tuning.recipe(recipes.Recipe(name))
    assert (found.optimizer, found.momentum, found.lr) == ("adam", None, 1e-4)
    assert (found.schedule, found.lr_drops) == ("cosine_by_epoch", ())
    assert (found.training_len, found.epsilon) == ("7ep", 1e-8)
    read = json.loads(json.dumps(found.settings()))
    assert recipes.Recipe(**read) == found


@pytest.mark.parametrize(
    ("length", "drops"),
    [
        ("100ep", ("50ep", "80ep")),
        ("300ep", ("150ep", "250ep")),
        ("88ep", ("44ep", "58ep")),
        ("1ep", ()),
        ("2ep", ("1ep",)),
        ("1000it", ("500it", "666it")),
        ("2it", ("1it",)),
        ("1it", ()),
    ],
)
def test_the_published_drops(length, drops):
    assert fine_tuning.published_drops(length) == drops
    tuning = fine_tuning.FineTuning(fine_tune_len=length)
    found = tuning.recipe(RECIPE)
    assert found.lr_drops == drops
    assert found.schedule == ("piecewise" if drops else "constant")


@given(st.integers(1, 10**6), st.sampled_from(["ep", "it"]))
def test_drops_ascend_within_training(number, unit):
    drops = fine_tuning.published_drops(f"{number}{unit}")
    numbers = [int(drop.removesuffix(unit)) for drop in drops]
    assert numbers == sorted(set(numbers))
    assert all(0 < drop < number for drop in numbers)


@pytest.mark.parametrize(
    ("name", "epsilon"), [("adam", 1e-8), ("rmsprop", None), ("sgd", None)]
)
def test_epsilon_is_as_published_whatever_the_recipes(name, epsilon):
    tuning = fine_tuning.FineTuning(fine_tune_optimizer=name)
    recipe = recipes.Recipe("digits_fc", optimizer="adam", epsilon=1e-3)
    assert tuning.recipe(recipe).epsilon == epsilon


def test_drops_can_be_given():
    tuning = fine_tuning.FineTuning(
        fine_tune_lr_drops=["30ep", "60ep"], fine_tune_lr_drop_factor=0.5
    )
    found = tuning.recipe(RECIPE)
    assert (found.lr_drops, found.lr_drop_factor) == (("30ep", "60ep"), 0.5)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"fine_tune_optimizer": "adma"}, "Did you mean 'adam'"),
        ({"fine_tune_schedule": "cosin"}, "Did you mean 'cosine'"),
        ({"fine_tune_lr": 0.0}, "fine_tune_lr must be a number, above 0"),
        (
            {"fine_tune_weight_decay": -1.0},
            "weight_decay must be a number, at least 0",
        ),
        ({"fine_tune_len": "0ep"}, "fine_tune_len must be above 0"),
        ({"fine_tune_len": "9"}, "A length must be"),
        ({"fine_tune_lr_drops": ("x",)}, "A length must be"),
        (
            {"fine_tune_lr_drop_factor": 0.0},
            "drop_factor must be a number, above 0",
        ),
        (
            {"fine_tune_optimizer": "adam", "fine_tune_momentum": 0.5},
            "fine_tune_momentum is for fine_tune_optimizer=momentum or",
        ),
        (
            {"fine_tune_schedule": "cosine", "fine_tune_lr_drops": ("9ep",)},
            "fine_tune_lr_drops is for fine_tune_schedule=piecewise",
        ),
        (
            {"fine_tune_schedule": "constant", "fine_tune_lr_drop_factor": 0.2},
            "fine_tune_lr_drop_factor is for",
        ),
        (
            {"skip_fine_tune": True, "fine_tune_lr": 0.1},
            "fine_tune_lr is for skip_fine_tune=False",
        ),
    ],
)
def test_what_does_not_fit_is_an_error(flags, message):
    with pytest.raises(ValueError, match=message):
        fine_tuning.FineTuning(**flags)
