"""Tests of runners/sweep_status.py; status_test has those of what it says."""

import pytest

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.sweeps import argfile_lines, journal
from lottery_ticket.runners import sweep_status


def test_a_folder_of_results_tells_how_its_sweep_stands(tmp_path, capsys):
    log = str(tmp_path / "logs/trial1.log")
    line = argfile_lines.Line(1, ("--output_dir=trial1",), log=log)
    (tmp_path / "logs").mkdir()
    record = journal.Journal(str(tmp_path / "logs"))
    record.start("train", "mine", argfile_lines.Agenda([], [line], []))
    record.close("stopped")
    for folder in (tmp_path, tmp_path / "logs"):
        flags.main(sweep_status.RUN, [str(folder)])
        assert "0 of 1 done" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["."], ["nowhere"], []])
def test_without_a_journal_it_says_so_in_a_line(
    words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        flags.main(sweep_status.RUN, words)
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
