"""Tests of experiments/recipe_parts.py: what parts may hold."""

import dataclasses

import pytest

from lottery_ticket.experiments import recipe_parts, recipes

PARTS = {
    name: value
    for name, value in vars(recipe_parts).items()
    if isinstance(value, dict) and name.isupper()
}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_holds_settings(name):
    known = {field.name for field in dataclasses.fields(recipes.Recipe)}
    assert set(PARTS[name]) <= known


def test_parts_of_networks_have_what_is_usual():
    """So that a recipe made of one lacks nothing that most leave alone."""
    for name in ("LENET", "CONV_2", "CONV_4", "CONV_6", "RESNET_20", "VGG_19"):
        assert set(recipe_parts.USUAL) <= set(PARTS[name])
