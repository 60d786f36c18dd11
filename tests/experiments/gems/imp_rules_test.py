"""Tests of experiments/gems/imp_rules.py: rounds and their densities."""

import numpy as np
import pytest

from lottery_ticket.experiments import gem_search, recipes
from lottery_ticket.experiments.gems import imp_rules

MASKS = {
    "layer0": np.ones((10, 50), np.uint8),
    "layer1": np.ones((50, 10), np.uint8),
}


def search(**flags):
    return gem_search.GemSearch("imp", **flags)


def test_rounds_fill_the_training_or_are_given():
    assert imp_rules.rounds(search(), 150) == 30
    assert imp_rules.rounds(search(prune_period=8), 15) == 1
    assert imp_rules.rounds(search(imp_rounds=3), 150) == 3
    with pytest.raises(ValueError, match="of prune_period=5 .* is of 4. Expec"):
        imp_rules.rounds(search(), 4)


def test_a_round_prunes_all_layers_together():
    recipe = recipes.Recipe("cifar10_resnet20_gem")
    found = imp_rules.recipe(search(prune_fraction=0.1), recipe)
    assert found.training_len == "5ep"
    assert (found.fractions, found.scope) == ({"*": 0.1}, "global")
    assert imp_rules.recipe(search(), recipe).fractions == {"*": 0.2}


@pytest.mark.parametrize("rounds", [1, 2, 5])
def test_each_round_leaves_the_same_part_of_the_one_before(rounds):
    asked = search(density=0.05)
    rules = imp_rules.rules(asked, rounds)
    for level in range(1, rounds):
        reached = rules.density(level, rounds - 1)
        assert reached == pytest.approx(0.05 ** (level / rounds))
    (quota,) = imp_rules.last(asked, MASKS)
    assert quota.count == 50


def test_fractions_leave_what_they_leave():
    rules = imp_rules.rules(search(retraining="lr_rewind"), 3)
    assert rules.target_density is None
    assert (rules.retraining, rules.rounding) == ("lr_rewind", "exact")
    (quota,) = imp_rules.last(search(), MASKS)
    assert quota == (("layer0", "layer1"), 800)


def test_legacy_ties_take_one_more():
    asked = search(ties="legacy")
    assert imp_rules.rules(asked, 3).rounding == "ceil_plus_one"
    (quota,) = imp_rules.last(asked, MASKS)
    assert quota.count == 799


def test_the_rewinding_arrives():
    rules = imp_rules.rules(search(rewind_iteration="1000it"), 2)
    assert (rules.retraining, rules.rewind_iteration) == ("rewind", "1000it")
    assert rules.restart
    assert not imp_rules.rules(search(), 2).restart  # It is whole anyway.
