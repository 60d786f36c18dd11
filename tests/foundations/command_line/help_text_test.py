"""Tests of foundations/command_line/help_text.py."""

import pytest

from lottery_ticket.foundations.command_line import help_text
from lottery_ticket.foundations.values import fields


@fields.settings
class Settings:
    """Settings; those that are not given follow from others."""

    kind: str = fields.field("slow", "What kind.", choices=("slow", "fast"))
    lr: float | None = fields.left_open(
        "Learning rate. Of each step.", above=0, group="Training"
    )
    sizes: tuple[int, ...] = fields.field((), "How many, of each " * 9)

    def __attrs_post_init__(self):
        usual = {"slow": 0.1, "fast": 1.0}[self.kind]
        fields.put(self, lr=self.lr or usual)


def thing(output_dir: str, settings: Settings, *, quiet: bool = False):
    """Does a thing.

    At length.

    Args:
        output_dir: Where. Nothing
            else is written to.
        settings: How it is done; see Settings.
        quiet: Whether to say nothing.

    Returns:
        All of it.
    """
    return output_dir, settings, quiet


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")


def test_the_most_used_come_first_then_groups_a_line_each():
    text = help_text.whole(thing, "x thing", usual=["lr"], example="x thing y")
    assert text.startswith("x thing [--flag=value ...]\n\nDoes a thing.\n\nAt")
    parts = text.split("\n\n")[3:]
    assert parts[0] == "Most used:\n  --lr=NUMBER  Learning rate [0.1]"
    assert [part.split("\n")[0] for part in parts[1:5]] == [
        *("The command:", "How it is done:", "Training:", "The process:"),
    ]
    assert "  --output_dir=TEXT  Where [required]\n" in parts[1] + "\n"
    assert parts[2].endswith("  --kind=slow|fast  What kind [slow]")
    assert parts[3].count("\n") == 1 and parts[3].endswith(" ...")
    assert "--config=TEXT" in parts[4]
    assert parts[-1] == "For example:\n  x thing y"
    assert "settings" not in text and "All of it" not in text
    assert max(map(len, text.split("\n"))) <= 70


def test_values_are_those_in_force():
    text = help_text.whole(thing, "x", {"kind": "fast", "quiet": True})
    assert "[1.0]" in text and "[fast]" in text
    assert "Whether to say nothing. [True]" in text
    assert "Where. Nothing else is written to." in text  # Of few flags, all.
    refused = help_text.whole(thing, "x", {"lr": -1.0})
    assert "[slow]" in refused  # Help is for those who have erred, too.


def test_of_one_flag_all_is_said():
    text = help_text.of_flag(thing, "--output-dir=x")
    assert "Where. Nothing else is written to." in text
    text = help_text.of_flag(thing, "lr", {"kind": "fast"})
    assert "Learning rate. Of each step. Above 0." in text
    assert text.endswith("Without it: 1.0.")
    assert "slow, fast" in help_text.of_flag(thing, "kind")
    with pytest.raises(ValueError, match="Unknown flag 'knd'.*--kind"):
        help_text.of_flag(thing, "knd")
