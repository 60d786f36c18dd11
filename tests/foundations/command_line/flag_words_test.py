"""Tests of foundations/command_line/flag_words.py."""

import inspect

import pytest

from lottery_ticket.foundations.command_line import flag_words


def thing(output_dir: str, *, lr: float = 1.0, quiet: bool = False):
    """Has the parameters below."""


PARAMETERS = inspect.signature(thing).parameters


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["x"], {"output_dir": "x"}),
        (["-o", "x"], {"output_dir": "x"}),
        (["-o=x"], {"output_dir": "x"}),
        (["--output-dir=a=b"], {"output_dir": "a=b"}),
        (["x", "--noquiet"], {"output_dir": "x", "quiet": "False"}),
        (["x", "--quiet=false"], {"output_dir": "x", "quiet": "false"}),
        (["--quiet", "x"], {"output_dir": "x", "quiet": "True"}),
        (["x", "--lr=None"], {"output_dir": "x", "lr": "None"}),
        (["--output_dir=-3"], {"output_dir": "-3"}),
        (["x", "--lr", "-1e-3"], {"output_dir": "x", "lr": "-1e-3"}),
    ],
)
def test_forms_of_a_flag(words, expected):
    assert flag_words.read(words, PARAMETERS) == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--lrr=1"], "Unknown flag 'lrr'. Did you mean --lr?"),
        (["a", "b"], "Too many words on the line: 'b'. Flags are --name=value"),
        (["x", "--lr=1,", "2"], "Write it without the space: --lr=1,2"),
        (["--lr=1,", "2"], "Write it without the space: --lr=1,2"),
        (["--lr", "1,", "2"], "Write it without the space: 1,2"),
        (["x", "--lr", "=", ".1"], "Write it without spaces: --lr=.1"),
        (["x", "--lr", "=.1"], "Write it without spaces: --lr=.1"),
        (["x", "--lr=", ".1"], "Write it without the space: --lr=.1"),
        (["lr=.1"], "'lr=.1' is no flag: write --lr=.1, with two hyphens"),
        (["\u2013lr=.1"], "is no flag: write --lr=.1, with two hyphens"),
        (["\u2014quiet"], "is no flag: write --quiet, with two hyphens"),
        (["--lr"], "--lr is missing its value"),
        (["--lr=1", "--lr=2"], "--lr is given twice"),
        (["-z"], "Unknown flag 'z'"),
        (["--nolr"], "Unknown flag 'nolr'"),
    ],
)
def test_words_that_cannot_be_read(words, message):
    with pytest.raises(ValueError, match=message):
        flag_words.read(words, PARAMETERS)


@pytest.mark.parametrize(
    ("words", "own", "rest"),
    [
        (["a", "--quiet", "b", "--z=1"], ["a", "--quiet", "b"], ["--z=1"]),
        (["--z", "1", "x"], ["x"], ["--z", "1"]),
        (["--lr", "1", "--noquiet"], ["--lr", "1", "--noquiet"], []),
        (["--z", "--y", "q"], [], ["--z", "--y", "q"]),
    ],
)
def test_split_tells_own_flags_from_others(words, own, rest):
    assert flag_words.split(words, PARAMETERS) == (own, rest)


def test_a_name_that_python_keeps_for_itself_ends_in_an_underscore():
    parameters = inspect.signature(lambda *, with_="": None).parameters
    for words in (["--with=both"], ["--with", "both"], ["--with_=both"]):
        assert flag_words.read(words, parameters) == {"with_": "both"}
    with pytest.raises(ValueError, match="--with is missing its value"):
        flag_words.read(["--with"], parameters)
