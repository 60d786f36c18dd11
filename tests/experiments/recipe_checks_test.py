"""Tests of experiments/recipe_checks.py; see also recipes_test."""

import dataclasses

from lottery_ticket.experiments import recipe_checks, recipes

FIELDS = {field.name for field in dataclasses.fields(recipes.Recipe)}


def test_all_that_is_checked_is_a_setting():
    checked = {
        *recipe_checks.MODEL_OPTIONS,
        *recipe_checks.CHOICES,
        *recipe_checks.LOWEST,
        *recipe_checks.BELOW_1,
        *recipe_checks.ABOVE_0,
    }
    assert checked <= FIELDS


def test_all_choices_are_in_the_help():
    text = recipes.Recipe.__doc__
    for known in recipe_checks.CHOICES.values():
        assert all(name in text for name in known)
