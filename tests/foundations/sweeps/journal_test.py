"""Tests of foundations/sweeps/journal."""

import json
import multiprocessing
import os

import pytest

from lottery_ticket.foundations.machine import processes
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    journal,
    worker_protocol,
)

LINES = [
    argfile_lines.Line(number, (f"--a={number}",), log=f"logs/{number}.log")
    for number in range(1, 4)
]
AGENDA = argfile_lines.Agenda(LINES[:1], LINES[1:], [])


@pytest.fixture(autouse=True)
def _logs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir("logs")


def _end(line, failure=None, **facts):
    return worker_protocol.Outcome(
        line, failure, device="CPU", seconds=1.23456, **facts
    )


def _path():
    (path,) = journal.files_in("logs")
    return path


def test_what_was_added_is_read_in_order():
    with open("logs/2.log", "w") as file:
        file.write("# start\nNo data\n")
    sweep = journal.Journal("logs")
    sweep.start("train", "grid_argfile", AGENDA, "out/leases")
    sweep.begin(LINES[1], "CPU")
    sweep.end(_end(LINES[1], "exit status 1"))
    sweep.end(_end(LINES[2], by="another sweep"))  # That one adds it.
    sweep.tick()
    sweep.close("done")
    events, damaged = journal.read(["logs"])
    assert not damaged and not sweep.problem
    kinds = [journal.STARTED, journal.BEGAN, journal.ENDED, journal.OVER]
    assert [event.event for event in events] == kinds
    assert {event.pid for event in events} == {os.getpid()}
    assert events[0].facts["total"] == 3 and events[0].facts["complete"] == 1
    assert events[0].facts["leases"] == "out/leases"
    assert events[0].facts["process"] == processes.identity()
    own = {"line": "--a=2", "log": "2.log", "device": "CPU"}
    assert events[1].facts == own
    ended = {"seconds": 1.235, "failure": "exit status 1", "again": ""}
    assert events[2].facts == {**own, **ended, "last": "No data"}
    times = [event.time for event in events]
    assert times == sorted(times)


def test_a_journal_from_before_leases_and_processes_were_noted_is_read():
    journal.Journal("logs").start("train", "a", AGENDA)
    with open(_path()) as file:
        event = json.load(file)
    del event["leases"], event["process"]
    with open(_path(), "w") as file:
        json.dump(event, file)
    ((found,), damaged) = journal.read(["logs"])
    assert found.facts["leases"] == found.facts["process"] == ""
    assert not damaged


def test_the_same_lines_are_known_again():
    for agenda in (AGENDA, argfile_lines.Agenda([], LINES[::-1], [])):
        journal.Journal("logs").start("train", "a", agenda)
    journal.Journal("logs").start(
        "train", "a", argfile_lines.Agenda([], [], [])
    )
    first, again, other = journal.read(["logs"])[0]
    assert first.facts["lines"] == again.facts["lines"]
    assert first.facts["lines"] != other.facts["lines"]
    assert len({first.sweep, again.sweep, other.sweep}) == 3


def test_a_silent_sweep_says_now_and_then_that_it_is_alive(monkeypatch):
    sweep = journal.Journal("logs")
    sweep.start("train", "a", AGENDA)
    monkeypatch.setattr(journal, "ALIVE_S", 0)
    sweep.tick()
    assert journal.read(["logs"])[0][-1].event == journal.ALIVE


@pytest.mark.parametrize(
    "damage",
    [
        b'{"event": "ended", "ti\n',
        b"\xff\x00\n",
        b"[1, 2]\n",
        b"7\n",
        b'{"event": "dance"}\n',
        b'{"event": ["ended"]}\n',
        b'{"event": "alive", "time": "x", "host": "h", "pid": 1, "sweep":""}\n',
        b'{"event": "alive", "time": "2026-01-01T00:00:00+00:00", "host": 3}\n',
        b"[" * 5000 + b"\n",
    ],
)
def test_damaged_lines_are_counted_and_left_out(damage):
    sweep = journal.Journal("logs")
    sweep.begin(LINES[0], "CPU")
    with open(_path(), "ab") as file:
        file.write(damage)
    sweep.begin(LINES[1], "CPU")
    events, damaged = journal.read(["logs"])
    assert [event.facts["line"] for event in events] == ["--a=1", "--a=2"]
    assert damaged == 1


def test_a_line_that_was_cut_off_spoils_no_other():
    sweep = journal.Journal("logs")
    sweep.begin(LINES[0], "CPU")
    with open(_path(), "ab") as file:
        file.write(b'{"event": "end')
    sweep.begin(LINES[1], "CPU")
    events, damaged = journal.read(["logs"])
    assert len(events) == 2 and damaged == 1


def test_what_cannot_be_written_stops_nothing():
    sweep = journal.Journal("nowhere")
    sweep.begin(LINES[0], "CPU")
    assert "The journal misses lines: [Errno 2]" in sweep.problem
    journal.Journal(None).begin(LINES[0], "CPU")
    assert journal.read(["nowhere", "logs"]) == ([], 0)


def test_a_full_disk_is_told(monkeypatch):
    sweep = journal.Journal("logs")
    monkeypatch.setattr(journal.os, "write", lambda file, data: 3)
    sweep.begin(LINES[0], "CPU")
    assert "No space left" in sweep.problem


def _add_many(number):
    sweep = journal.Journal("logs")
    for _ in range(100):
        sweep.begin(LINES[number], "CPU" * 300)


def test_several_sweeps_add_to_one_journal():
    with multiprocessing.get_context("fork").Pool(3) as pool:
        pool.map(_add_many, range(3))
    events, damaged = journal.read(["logs"])
    assert len(events) == 300 and not damaged


def test_lines_that_failed_when_they_last_ran():
    first, second = journal.Journal("logs"), journal.Journal("logs")
    first.start("train", "a", AGENDA)
    first.end(_end(LINES[0], "x"))
    first.end(_end(LINES[1], "x"))
    first.end(_end(LINES[2]))
    second.start("train", "a", AGENDA)
    second.end(_end(LINES[1]))
    second.end(_end(LINES[2], "no progress for 3s"))
    assert journal.failed(LINES, "train") == [LINES[0], LINES[2]]
    assert journal.failed(LINES, "branch") == []
    with open(_path()) as file:  # Each line is JSON of its own.
        assert len([json.loads(line) for line in file]) == 7
