"""Tests of analysis/progress_bar.py."""

import sys

import pytest

from lottery_ticket.analysis import progress_bar


@pytest.mark.parametrize("is_terminal, quiet", [(True, True), (False, False)])
def test_nothing_shows_without_a_terminal_or_when_quiet(
    monkeypatch, capsys, is_terminal, quiet
):
    monkeypatch.setattr(progress_bar, "DELAY_S", 0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    assert list(progress_bar.over([1, 2], "checking", quiet)) == [1, 2]
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar(monkeypatch, capsys):
    monkeypatch.setattr(progress_bar, "DELAY_S", 0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert list(progress_bar.over([1, 2], "checking")) == [1, 2]
    assert "checking" in capsys.readouterr().err
