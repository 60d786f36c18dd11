"""Tests of foundations/records/unready."""

import pytest

from lottery_ticket.foundations.command_line import endings
from lottery_ticket.foundations.records import unready


def test_it_is_told_as_any_mistake_in_a_path(capsys):
    error = unready.Unready("results/a is not finished", "results/a")
    assert error.folder == "results/a"
    assert isinstance(error, ValueError) and isinstance(error, OSError)
    assert endings.in_words(error) == str(error) == "results/a is not finished"
    with pytest.raises(SystemExit) as end:
        try:
            raise error
        except unready.Unready as raised:
            endings.leave(raised)
    assert end.value.code == 2
    assert capsys.readouterr().err == "Error: results/a is not finished\n"
