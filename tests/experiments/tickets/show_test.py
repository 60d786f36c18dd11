"""Tests of experiments/tickets/show.py."""

import pytest

from lottery_ticket.experiments.tickets import show
from lottery_ticket.foundations.tickets import ticket_file
from lottery_ticket.tests.foundations.tickets import small


def test_it_says_what_is_in_the_file(tmp_path, capsys):
    ticket = small.ticket(small.LENET, 0.012)
    path = str(tmp_path / "a.ticket")
    ticket_file.write(path, ticket)
    show.show(path)
    out = capsys.readouterr().out
    assert out.startswith(f"{path}: a network of the user's own for data of")
    assert ticket.seal in out and f"{len(ticket.bytes):,}" in out
    assert "1,066,440 bytes a set of weights" in out
    assert "layer0  784x300" in out and "(gaps)" in out
    assert "test  loss 0.25, accuracy 1" in out
    assert max(map(len, out.splitlines()[1:])) < 120


def test_a_damaged_file_is_an_error(tmp_path):
    path = tmp_path / "a.ticket"
    path.write_bytes(small.ticket(small.LENET).bytes[:5000])
    with pytest.raises(ValueError, match="a.ticket cannot be read: it is dam"):
        show.show(str(path))
