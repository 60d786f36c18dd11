"""Tests of argfiles/trials.py."""

import pytest

from lottery_ticket.argfiles import trials
from lottery_ticket.experiments import recipes


def test_trials_of_each_network_have_folders_of_their_own():
    assert trials.each_trial("o", ("fc", "digits_fc"), 2, 4) == [
        ("fc", 4, "o/fc/trial4"),
        ("fc", 5, "o/fc/trial5"),
        ("digits_fc", 4, "o/digits_fc/trial4"),
        ("digits_fc", 5, "o/digits_fc/trial5"),
    ]


def test_what_there_is_not_is_an_error():
    with pytest.raises(ValueError, match="Unknown network 'cnov2'.*'conv2'"):
        trials.each_trial("o", ("cnov2",), 1, 1)
    with pytest.raises(
        ValueError, match="trials must be an integer, at least 1"
    ):
        trials.each_trial("o", ("fc",), 0, 1)


@pytest.mark.parametrize("ending", ["zhou", "supermask"])
@pytest.mark.parametrize("network", trials.NETWORKS)
def test_every_network_has_its_recipes(network, ending):
    assert trials.recipe(network, ending) in recipes.RECIPES
    assert network not in recipes.RECIPES


def test_any_recipe_is_a_network_as_it_is():
    assert trials.recipe("digits_fc", "zhou") == "digits_fc"
