"""Tests of experiments/tickets/pack.py."""

import pytest

from lottery_ticket.experiments.tickets import pack
from lottery_ticket.foundations.tickets import ticket_file
from lottery_ticket.tests import tiny


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    directory = tmp_path_factory.mktemp("run") / "same_init"
    tiny.train(directory)
    return str(directory)


def test_a_run_is_packed(run, tmp_path, capsys):
    path = str(tmp_path / "a.ticket")
    pack.pack(run, output=path)
    seal = ticket_file.read(path).seal
    out = capsys.readouterr().out
    assert out.startswith(f"{path}: ") and out.endswith(f"sha256 {seal}\n")
    pack.pack(run, output=path)  # It is there already.
    with pytest.raises(ValueError, match="is another file: it is not overw"):
        pack.pack(run, with_="final", output=path)
    assert ticket_file.read(path).seal == seal
    other = str(tmp_path / "b.ticket")
    pack.pack(run, with_="final", output=other)
    assert list(ticket_file.read(other).networks) == ["final"]


def test_the_name_is_that_of_the_folder(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pack.pack(f"{run}/")
    assert ticket_file.read("same_init.ticket").seal


def test_the_name_ends_as_that_of_a_ticket(run, tmp_path):
    with pytest.raises(ValueError, match="ends in .ticket"):
        pack.pack(run, output=str(tmp_path / "a.zip"))
