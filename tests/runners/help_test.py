"""Help of every command: golden files, and lines that fit the terminal."""

import pytest

from lottery_ticket.tests import golden_help


@pytest.mark.parametrize("name", golden_help.WORDS)
def test_help_is_as_it_was_looked_at(name):
    path = golden_help.path_of(name)
    text = golden_help.said(golden_help.WORDS[name])
    assert path.is_file() and text == path.read_text(), golden_help.WAY
    assert max(map(len, text.splitlines())) <= golden_help.COLUMNS


def test_no_other_command_has_a_file():
    found = set(golden_help.FOLDER.glob("*.txt"))
    assert found == set(map(golden_help.path_of, golden_help.WORDS)), (
        golden_help.WAY
    )


@pytest.mark.parametrize("columns", [50, 60])
@pytest.mark.parametrize("name", ["train", "gem_miner", "argfile_runner"])
def test_help_fits_narrow_terminals(name, columns):
    text = golden_help.said([name, "--help"], columns)
    assert max(map(len, text.splitlines())) <= columns
