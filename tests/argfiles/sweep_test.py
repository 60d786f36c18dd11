"""Tests of argfiles/sweep.py."""

import pytest

from lottery_ticket.argfiles import sweep
from lottery_ticket.experiments.settings import recipes


def test_trials_of_each_network_have_folders_of_their_own():
    assert sweep.network_trials("o", ("fc", "digits_fc"), 2, 4) == [
        ("fc", 4, "o/fc/trial4"),
        ("fc", 5, "o/fc/trial5"),
        ("digits_fc", 4, "o/digits_fc/trial4"),
        ("digits_fc", 5, "o/digits_fc/trial5"),
    ]


def test_what_there_is_not_is_an_error():
    with pytest.raises(ValueError, match="Unknown network 'cnov2'.*'conv2'"):
        sweep.network_trials("o", ("cnov2",), 1, 1)
    with pytest.raises(
        ValueError, match="trials must be an integer, at least 1"
    ):
        sweep.network_trials("o", ("fc",), 0, 1)


@pytest.mark.parametrize("ending", ["zhou", "supermask"])
@pytest.mark.parametrize("network", sweep.NETWORKS)
def test_every_network_has_its_recipes(network, ending):
    assert sweep.recipe(network, ending) in recipes.RECIPES
    assert network not in recipes.RECIPES


def test_any_recipe_is_a_network_as_it_is():
    assert sweep.recipe("digits_fc", "zhou") == "digits_fc"


def test_lines_are_as_a_shell_takes_them():
    assert sweep.line(output_dir="a b", seed=3) == "'--output_dir=a b' --seed=3"


def test_names_are_known_and_may_have_spaces_around_them():
    assert sweep.words("a, b,,") == ["a", " b"]
    assert sweep.words("") == []
    assert sweep.known("letter", ["a", " b"], "abc") == ["a", "b"]
    with pytest.raises(ValueError, match="Unknown letter 'd'"):
        sweep.known("letter", ["a", "d"], "abc")


def test_densities_fall():
    sweep.check_fall((0.2, 0.1))
    for densities in ((0.1, 0.2), (0.1, 0.1)):
        with pytest.raises(
            ValueError, match="densities must fall. Received: 0.1"
        ):
            sweep.check_fall(densities)


def test_experiments_about_others_are_called_by_them():
    assert sweep.beside("reinit", "same_init", "same_init") == "reinit"
    assert sweep.beside("reinit", "rewind", "same_init") == "rewind_reinit"
    with pytest.raises(ValueError, match="not end in a digit"):
        sweep.beside("reinit", "a2", "same_init")


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("0", [0]),
        (8, [8]),
        ("0-2", [0, 1, 2]),
        ("0, 3-5,9", [0, 3, 4, 5, 9]),
    ],
)
def test_levels_are_numbers_and_ranges(text, levels):
    assert sweep.levels(text) == levels


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "levels must be integers such as .* 0-3,7"),
        ("3-", "levels must be integers"),
        ("", "levels must be integers"),
        ("5-3,1", "levels must be integers"),
        ("-1", "each of levels must be an integer, at least 0"),
        ("()", "each of levels must be"),
    ],
)
def test_levels_that_cannot_be_read_are_named(text, message):
    with pytest.raises(ValueError, match=message):
        sweep.levels(text)
