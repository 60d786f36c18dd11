"""Tests of experiments/settings/untrained_grid.py."""

import json

import pytest

from lottery_ticket.experiments.settings import untrained_grid
from lottery_ticket.foundations.criteria import criteria

EXCLUDING = "magnitude_increase_same_sign"  # Scores minus infinity.


def test_the_usual_criteria_are_15_that_prune_to_any_density():
    grid = untrained_grid.Grid()
    assert grid.criteria == untrained_grid.CRITERIA
    assert len(set(grid.criteria)) == 15
    for name in grid.criteria:
        assert not criteria.CRITERIA[name].decides
        assert grid.levels(name) == list(range(1, 25))


def test_all_is_every_criterion():
    assert untrained_grid.Grid(criteria="random").criteria == ("random",)
    grid = untrained_grid.Grid(criteria=("all",), iterations=3)
    assert grid.criteria == tuple(criteria.CRITERIA)
    assert grid.levels("large_final_same_sign_single") == [1]
    assert grid.levels("random") == [1, 2, 3]


def test_settings_are_json_values():
    grid = untrained_grid.Grid(
        criteria=["random"],
        iterations=2,
        mask_1_actions=("none", "signed_constant"),
        signed_constant=1,
        draw_seed=7,
    )
    settings = json.loads(json.dumps(grid.settings()))
    assert settings == {
        "criteria": ["random"],
        "mask_1_actions": ["rewind", "signed_constant"],
        "mask_0_action": "zero",
        "signed_constant": 1.0,
        "rounding": "exact",
        "score_examples": 10,
        "draw_seed": 7,
        "levels": [0, 1, 2],
    }


def test_the_seed_derives_from_that_of_the_weights():
    grid = untrained_grid.Grid()
    one, other = grid.resolved(1), grid.resolved(2)
    assert grid.resolved(1) == one
    assert one.draw_seed != other.draw_seed
    assert one.seed("score") != one.seed("ties")
    given = untrained_grid.Grid(draw_seed=3)
    assert given.resolved(1) == given.resolved(2) == given


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"criteria": ("large_finl",)}, "Did you mean 'large_final'"),
        ({"criteria": ("random", "random")}, "criteria must be one or more"),
        ({"criteria": ()}, "criteria must be one or more"),
        ({"criteria": ("all", "random")}, "criteria must be one or more"),
        ({"mask_1_actions": ("rewindd",)}, "Did you mean 'rewind'"),
        ({"mask_1_actions": ("none", "rewind")}, "each of them once"),
        ({"mask_0_action": "freeze"}, "Unknown mask_0_action 'freeze'"),
        ({"rounding": "down"}, "Unknown rounding 'down'"),
        ({"signed_constant": -0.1}, "must be a number, .* Received: -0.1"),
        (
            {"signed_constant": 0.1, "mask_1_actions": ("rewind",)},
            "is for signed_constant",
        ),
        ({"iterations": 0}, "iterations must be an integer, at least 1"),
        ({"score_examples": 2.5}, "integer, at least 1. Received: 2.5"),
        ({"draw_seed": -1}, "draw_seed must be an integer, at least 0"),
        ({"score_pooling": "l2"}, "score_pooling is for granularity=unit"),
        (
            {"granularity": "2:4", "iterations": 3},
            "prunes once: expected iterations=1. Received: iterations=3",
        ),
        (
            {
                "granularity": "2:4",
                "criteria": ("large_final_same_sign_single",),
            },
            "decides by itself how many weights go",
        ),
        (
            {"granularity": "unit", "criteria": (EXCLUDING,)},
            f"Use {EXCLUDING}_legacy",
        ),
    ],
)
def test_what_does_not_fit_is_an_error(given, message):
    with pytest.raises(ValueError, match=message):
        untrained_grid.Grid(**given)


def test_usual_criteria_are_those_that_a_granularity_can_be_had_by():
    units = untrained_grid.Grid(granularity="unit")
    assert (len(units.criteria), units.iterations) == (13, 24)
    assert EXCLUDING not in units.criteria
    grid = untrained_grid.Grid(granularity="2:4", criteria=("all",))
    assert grid.criteria == tuple(
        name for name, each in criteria.CRITERIA.items() if not each.decides
    )
    assert grid.iterations == 1
    settings = grid.settings()
    assert (settings["granularity"], settings["levels"]) == ("2:4", [0, 1])
