"""Tests of foundations/command_line/flag_functions.py."""

import inspect

from lottery_ticket.foundations.command_line import flag_functions
from lottery_ticket.foundations.values import fields


@fields.settings
class Settings:
    """Settings."""

    lr: float = fields.field(0.1, "Learning rate.", above=0)


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


def test_settings_are_one_argument_for_each_of_its_fields():
    flat = flag_functions.flatten(thing)
    parameters = inspect.signature(flat).parameters
    assert list(parameters) == ["output_dir", "lr", "count", "config"]
    assert parameters["lr"].default == 0.1
    assert parameters["output_dir"].default is inspect.Parameter.empty
    assert flat(output_dir="x", lr=0.5) == ("x", Settings(0.5), 3)


def test_flags_become_arguments():
    values = {"output_dir": "x", "lr": 1e-3, "count": 2, "config": "y"}
    assert flag_functions.keywords(thing, values) == {
        "output_dir": "x",
        "settings": Settings(1e-3),
        "count": 2,
    }
