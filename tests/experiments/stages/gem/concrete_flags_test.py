"""Tests of experiments/stages/gem/concrete_flags.py."""

import pytest

from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages.gem import concrete_flags

Flags = concrete_flags.ConcreteSearch
RECIPE = recipes.Recipe("cifar10_resnet20_cts")


def test_the_search_of_a_recipe_has_its_rate_and_length_and_nothing_else():
    own = Flags().recipe(RECIPE)
    assert (own.lr, own.training_len) == (RECIPE.lr, RECIPE.training_len)
    assert (own.optimizer, own.epsilon, own.momentum) == ("adam", 1e-8, None)
    assert (own.schedule, own.lr_drops) == ("piecewise", ("140ep",))
    assert own.lr_drop_factor == 0.1
    assert own.augmentation == "none" and own.weight_decay == 0
    assert own.init_seed == RECIPE.init_seed


@pytest.mark.parametrize(
    ("flags", "drops"),
    [
        ({"search_len": "20ep"}, ("17ep",)),
        ({"search_len": "2000it"}, ("1760it",)),
        ({"search_drop": 1.0}, ()),
        ({"search_len": "1ep"}, ()),
        ({"search_drop": 0.5}, ("80ep",)),
    ],
)
def test_the_rate_drops_once_after_a_part_of_the_search(flags, drops):
    own = Flags(**flags).recipe(RECIPE)
    assert own.lr_drops == drops
    assert (own.schedule == "constant") == (not drops)


def test_flags_win_over_the_recipe():
    own = Flags(search_lr=0.3, search_optimizer="momentum").recipe(RECIPE)
    assert (own.lr, own.optimizer, own.momentum) == (0.3, "momentum", 0.9)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"search_len": "0it"}, "search_len must be above 0"),
        ({"search_lr": 0}, "search_lr must be a number, above 0"),
        ({"search_drop": 1.1}, "search_drop must be a number, .* at most 1"),
        ({"start_iteration": "soon"}, "start_iteration: "),
        (
            {"sparsity_control": "lagrange", "balance_decay": 0.5},
            "balance_decay is for sparsity_control=grad_balance",
        ),
    ],
)
def test_what_does_not_fit_is_an_error(flags, message):
    with pytest.raises(ValueError, match=message):
        Flags(**flags)
