"""Tests of foundations/sweeps/line_progress."""

import dataclasses
import io
import itertools
import sys

import pytest

from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    line_progress,
    worker_protocol,
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
    return worker_protocol.Outcome(line, failure)


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
    progress.add(worker_protocol.Outcome(lines[3], None, "process 3 on m"))
    progress.add(
        worker_protocol.Outcome(lines[4], "exit status 1", "process 3")
    )
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
    assert line == "2 of 6 done, 0 running, 1 failed, 3 waiting, 00:36 left"
    progress.close()


def test_a_terminal_gets_a_live_line(plan, lines, monkeypatch):
    monkeypatch.setattr(sys, "stderr", _Terminal())
    monkeypatch.setattr(line_progress, "LIVE_INTERVAL_S", -1)
    progress = line_progress.LineProgress(plan)
    for line in lines[2:4]:
        progress.begin(line)
    progress.tick()
    progress.add(_outcome(lines[2], "exit status 1"))
    progress.tick()
    progress.add(_outcome(lines[3]))
    progress.close()
    shown = sys.stderr.getvalue()
    assert "\r1 of 6 done, 2 running, 1 failed, 2 waiting\r" in shown
    assert "1 of 6 done, 1 running, 2 failed, 2 waiting, 00:00 left" in shown
    assert "2 of 6 done, 0 running, 2 failed, 2 waiting, 00:00 left" in shown
    assert "Failed: --a=3" in shown


def test_a_failure_that_is_tried_again_is_none_yet(plan, lines, capsys):
    progress = line_progress.LineProgress(plan)
    failed = _outcome(lines[2], "exit status 1")
    progress.add(dataclasses.replace(failed, again="to be tried again, 1 of 2"))
    progress.close()
    err = capsys.readouterr().err
    assert "    exit status 1\n    to be tried again, 1 of 2\n" in err
    assert progress.text() == "1 of 6 lines done, 1 failed"
    assert progress.left == 4


def test_quiet_shows_nothing(plan, lines, monkeypatch):
    monkeypatch.setattr(sys, "stderr", _Terminal())
    progress = line_progress.LineProgress(plan, quiet=True)
    progress.add(_outcome(lines[2], "exit status 1"))
    progress.tick()
    progress.close()
    assert sys.stderr.getvalue() == ""
    assert progress.summary().count("Failed: ") == 2


def test_a_failure_keeps_what_its_log_ended_with(plan, lines, capsys):
    progress = line_progress.LineProgress(plan, quiet=True)
    progress.add(_outcome(lines[3], "exit status 1"))
    with open(lines[3].log, "a") as log:  # Another sweep, on the same folder.
        log.write("All is well\n")
    assert "ends with: Error: No data" in progress.summary()
    assert "All is well" not in progress.summary()
