"""Tests of foundations/command_line/flat_functions.py."""

import dataclasses
import inspect

import pytest

from lottery_ticket.foundations.command_line import flat_functions


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings.

    Args:
        lr: Learning rate,
            above 0.
        hidden: What no flag is.
    """

    lr: float = 0.1
    hidden: int = dataclasses.field(default=0, init=False)


def thing(output_dir: str, settings: Settings, *, count: int = 3):
    """Does a thing.

    Args:
        output_dir: Where.
        settings: Its settings,
            of which there are some.
        count: How often.

    Returns:
        All of it.
    """
    return output_dir, settings, count


def test_a_dataclass_is_one_argument_for_each_of_its_fields():
    flat = flat_functions.flatten(thing)
    parameters = inspect.signature(flat).parameters
    assert list(parameters) == ["output_dir", "lr", "count", "config"]
    assert parameters["lr"].default == 0.1
    assert parameters["output_dir"].default is inspect.Parameter.empty
    assert flat(output_dir="x", lr=0.5) == ("x", Settings(0.5), 3)


def test_flags_become_arguments():
    values = {"output_dir": "x", "lr": 1e-3, "count": 2, "config": "y"}
    assert flat_functions.keywords(thing, values) == {
        "output_dir": "x",
        "settings": Settings(1e-3),
        "count": 2,
    }


@pytest.mark.parametrize(
    ("settings", "expected"),
    [(Settings(), False), (Settings(0.1), False), (Settings(0.2), True)],
)
def test_given_is_what_is_not_the_default(settings, expected):
    assert flat_functions.is_given(settings, "lr") is expected


def test_what_is_none_is_filled_and_what_is_given_stays():
    given = Settings(lr=None)
    assert flat_functions.filled(given, {"lr": 0.2}) == Settings(0.2)
    assert flat_functions.filled(Settings(0.3), {"lr": 0.2}) == Settings(0.3)
    assert given.lr is None


def test_the_docstring_names_every_flag():
    text = flat_functions.flatten(thing).__doc__
    assert text.startswith("Does a thing.\n\nArgs:\n    output_dir: Where.\n")
    assert "    lr: Learning rate,\n        above 0.\n" in text
    assert "    config: YAML file of flags" in text
    assert "settings:" not in text and "of which there" not in text
    assert text.rstrip().endswith("Returns:\n    All of it.")
