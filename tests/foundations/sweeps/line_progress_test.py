"""Tests of foundations/sweeps/line_progress."""

import io
import itertools
import sys

import pytest

from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    line_progress,
    worker_pool,
)


class _Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def lines(tmp_path):
    log = tmp_path / "some.log"
    log.write_text("Error: No data\n")
    return [
        argfile_lines.Line(number, (f"--a={number}",), log=str(log))
        for number in range(1, 7)
    ]


@pytest.fixture
def plan(lines):
    return argfile_lines.Agenda(lines[:1], lines[2:], [(lines[1], "taken")])


def _outcome(line, failure=None):
    return worker_pool.Outcome(line, failure)


def test_failures_are_shown_at_once_and_in_the_summary(plan, lines, capsys):
    progress = line_progress.LineProgress(plan)
    progress.add(_outcome(lines[2]))
    progress.add(_outcome(lines[3], "exit status 1"))
    failures = (
        "Failed: --a=2\n    taken\n"
        "Failed: --a=4\n    exit status 1\n"
        f"    {lines[3].log} ends with: Error: No data"
    )
    assert capsys.readouterr().err.strip() == failures
    assert progress.text() == "2 of 6 lines done, 2 failed"
    counts = "1 done, 1 skipped (complete), 2 failed."
    assert progress.summary() == f"{counts}\n{failures}"
    progress.close()


def test_lines_of_other_sweeps_are_counted_and_named(plan, lines, capsys):
    progress = line_progress.LineProgress(plan)
    progress.add(_outcome(lines[2]))
    progress.add(worker_pool.Outcome(lines[3], None, "process 3 on m"))
    progress.add(worker_pool.Outcome(lines[4], "exit status 1", "process 3"))
    assert progress.left == 1
    assert progress.text() == "3 of 6 lines done, 2 failed"
    counts = "1 done, 1 by others, 1 skipped (complete), 2 failed."
    assert progress.summary().startswith(counts)
    assert "exit status 1 (in process 3)\n" in capsys.readouterr().err
    progress.close()


def test_plain_lines_come_with_news_and_not_too_often(
    plan, lines, capsys, monkeypatch
):
    seconds = itertools.count(step=3)
    monkeypatch.setattr(line_progress.time, "monotonic", lambda: next(seconds))
    progress = line_progress.LineProgress(plan)
    capsys.readouterr()
    progress.tick()
    assert capsys.readouterr().err == ""
    progress.add(_outcome(lines[2]))
    for _ in range(4):
        progress.tick()
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "2 of 6 lines done, 1 failed, 00:12 so far, 00:36 left"
    progress.close()


def test_a_terminal_gets_a_bar_over_all_lines(plan, lines, monkeypatch):
    monkeypatch.setattr(sys, "stderr", _Terminal())
    progress = line_progress.LineProgress(plan)
    progress.add(_outcome(lines[2], "exit status 1"))
    progress.tick()
    progress.close()
    shown = sys.stderr.getvalue()
    assert " 33% |" in shown
    assert "| 3/6 lines [00:00 so far, 00:00 left, 2 failed]" in shown
    assert "Failed: --a=3" in shown


def test_quiet_shows_nothing(plan, lines, monkeypatch):
    monkeypatch.setattr(sys, "stderr", _Terminal())
    progress = line_progress.LineProgress(plan, quiet=True)
    progress.add(_outcome(lines[2], "exit status 1"))
    progress.tick()
    progress.close()
    assert sys.stderr.getvalue() == ""
    assert progress.summary().count("Failed: ") == 2
