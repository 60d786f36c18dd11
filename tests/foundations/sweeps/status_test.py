"""Tests of foundations/sweeps/status."""

import datetime
import json
import os
import platform

import pytest

from lottery_ticket.foundations.machine import processes
from lottery_ticket.foundations.sweeps import journal, leases, status

START = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.timezone.utc)


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.makedirs("out/logs")


class _Sweep:
    """Writes the journal of one sweep, at times in seconds."""

    def __init__(self, sweep="s1", host="far", pid=7, folder="out/logs"):
        self._own = {"sweep": sweep, "host": host, "pid": pid}
        self._path = f"{folder}/journal.{host}.jsonl"

    def add(self, at, event, **facts):
        time = START + datetime.timedelta(seconds=at)
        own = {"event": event, "time": time.isoformat(), **self._own}
        with open(self._path, "a") as file:
            print(json.dumps({**own, **facts}), file=file)

    def start(self, seconds, total=5, complete=0, lines="x", **facts):
        names = {"runner": "train", "argfile": "grid_argfile", "lines": lines}
        counts = {"total": total, "complete": complete, "refused": 0}
        self.add(seconds, journal.STARTED, **names, **counts, **facts)

    def begin(self, seconds, name):
        self.add(seconds, journal.BEGAN, **_line(name), device="GPU 0")

    def end(self, at, name, seconds=2.0, failure=None, **facts):
        facts = {"again": "", "last": "", "device": "GPU 0", **facts}
        ended = {"seconds": seconds, "failure": failure, **facts}
        self.add(at, journal.ENDED, **_line(name), **ended)


def _line(name):
    return {"line": f"--output_dir=out/{name}", "log": f"{name}.log"}


def _text(seconds, directory="out", **flags):
    now = START + datetime.timedelta(seconds=seconds)
    return status.text(directory, now, **flags).splitlines()


def test_a_sweep_that_runs():
    sweep = _Sweep()
    sweep.start(0, complete=1)
    for name in "ab":
        sweep.begin(0, name)
    sweep.end(10, "a", 10)
    sweep.begin(10, "c")
    sweep.end(20, "c", 10, failure="exit status 1", last="No data")
    lines = _text(50)
    assert lines[0] == "Journals in out/logs"
    assert lines[1:3] == [
        "train grid_argfile",
        "  2 of 5 done, 1 running, 1 failed, 1 waiting, 00:50 left",
    ]
    assert lines[3].startswith("  process 7 on far, since 2026-01-01 ")
    assert lines[3].endswith("last news 00:30 ago")
    assert lines[4:8] == [
        "Failed when they last ran: 1",
        "  --output_dir=out/c",
        "      exit status 1",
        f"      after 00:10 on GPU 0 of far, {status._date(START)}",
    ]
    assert lines[8:] == [
        *("      c.log ends with:", "          No data"),
        *("Running:", "     00:50  GPU 0 of far  b"),
        *("Devices:", "  GPU 0 of far: 2 lines in 00:20, 360 an hour"),
        *("Slowest:", "     00:10  GPU 0 of far  a"),
        "     00:10  GPU 0 of far  c",
    ]
    assert max(map(len, lines)) <= 80


def test_the_ends_of_logs_are_read_where_they_are():
    sweep = _Sweep()
    sweep.start(0)
    sweep.end(1, "a", failure="x", last="older")
    with open("out/logs/a.log", "w") as file:
        file.write("# start\n1\n2\n3\n4\n# failed\n")
    lines = _text(2, "out/logs")
    at = lines.index("      out/logs/a.log ends with:")
    assert lines[at + 1 : at + 4] == [
        "          2",
        "          3",
        "          4",
    ]


@pytest.mark.parametrize(
    ("how", "shown"),
    [
        ("done", ": done 2026-"),
        ("stopped", ": stopped 2026-"),
        ("time is up", 0),
    ],
)
def test_sweeps_that_are_over_say_how(how, shown):
    sweep = _Sweep()
    sweep.start(0)
    sweep.begin(1, "a")
    sweep.add(2, journal.OVER, how=how)
    lines = _text(3)
    assert lines[2].endswith(" 0 of 5 done, 0 running, 0 failed, 5 waiting")
    assert (shown or ": time is up 2026-") in lines[3]
    assert lines[4] == "Interrupted: a"
    _Sweep("s2").start(4, complete=1)  # Which may have found it complete.
    assert not [line for line in _text(5) if line.startswith("Interrupted")]


def test_a_sweep_that_falls_silent_is_taken_for_killed():
    sweep = _Sweep()
    sweep.start(0)
    sweep.begin(1, "a")
    assert "Running:" in _text(status.LOST_S)
    lines = _text(status.LOST_S + 2)
    assert ": killed, last news" in lines[3]
    assert lines[4] == "Interrupted: a"
    sweep.add(status.LOST_S, journal.ALIVE)
    assert "Running:" in _text(status.LOST_S + 2)


def test_of_this_machine_processes_themselves_tell(monkeypatch):
    sweep = _Sweep(host=platform.node(), pid=os.getpid())
    sweep.start(0)
    sweep.begin(1, "a")
    assert "Running:" in _text(10_000)
    for error in (ProcessLookupError, OverflowError):
        monkeypatch.setattr(status.os, "kill", _raising(error))
        assert "Interrupted: a" in _text(2)
    monkeypatch.setattr(status.os, "kill", _raising(PermissionError))
    assert "Running:" in _text(2)


def test_a_process_that_has_the_number_of_a_killed_one_is_another():
    own = processes.identity()
    place, number, began = own.rsplit(" ", 2)
    for process in (
        f"{place} {number} {int(began) - 1}",  # Before it.
        f"x{place} {number} {began}",  # Of another boot.
    ):
        sweep = _Sweep(host=platform.node(), pid=os.getpid())
        sweep.start(0, process=process)
        sweep.begin(1, "a")
        assert "Interrupted: a" in _text(10_000)
    sweep.start(0, process=own)
    assert "Running:" in _text(10_000)


def _raising(error):
    def kill(pid, number):
        raise error

    return kill


def test_several_sweeps_of_the_same_lines_are_counted_together():
    first, second = _Sweep("s1"), _Sweep("s2", "near")
    first.start(0)
    first.end(1, "a")
    first.end(2, "b", failure="x")
    second.start(3, complete=1)  # It has a; b is to run again.
    first.begin(4, "c")
    first.begin(4, "d")
    second.end(5, "b")
    second.end(6, "d")  # A line that the first has lost.
    lines = _text(7)
    assert lines[2].startswith("  3 of 5 done, 1 running, 0 failed, 1 waiting")
    assert lines[3].startswith("  process 7 on far, since")
    assert lines[4].startswith("  process 7 on near, since")
    assert "Failed when they last ran: 1" not in lines


def test_other_lines_stand_for_themselves():
    for number, lines in enumerate("xy"):
        _Sweep(f"s{number}").start(number, total=number + 1, lines=lines)
    shown = [line[:13] for line in _text(3) if " done, " in line]
    assert shown == ["  0 of 1 done", "  0 of 2 done"]


def test_a_line_that_is_to_be_tried_again_waits():
    sweep = _Sweep()
    sweep.start(0, total=1)
    sweep.end(1, "a", failure="x", again="to be tried again, 1 of 1")
    lines = _text(2)
    assert lines[2].endswith(" 0 of 1 done, 0 running, 0 failed, 1 waiting")
    assert "      to be tried again, 1 of 1" in lines
    sweep.end(3, "a")
    lines = _text(4)
    assert lines[2].endswith(" 1 of 1 done, 0 running, 0 failed, 0 waiting")
    assert lines[4] == "Devices:"


def test_many_failures_are_cut():
    sweep = _Sweep()
    sweep.start(0)
    for number in range(5):
        sweep.end(number, f"a{number}", failure="x")
    lines = _text(9, failures=2)
    assert [x for x in lines if "--output_dir" in x] == [
        "  --output_dir=out/a4",
        "  --output_dir=out/a3",
    ]
    assert "  and 3 more: --failures=5" in lines
    assert "  and 5 more: --failures=5" in _text(9, failures=0)
    with pytest.raises(ValueError, match="failures must be .*at least 0.*-1"):
        _text(9, failures=-1)


def test_damaged_lines_are_counted():
    _Sweep().start(0)
    with open("out/logs/journal.far.jsonl", "a") as file:
        file.write('{"event": "ended", "li\n{}\n\n')
    assert _text(1)[0] == "Journals in out/logs, 2 damaged lines left out"


def test_time_of_a_device_counts_once_where_lines_share_it():
    assert status._covered([(0, 10), (5, 12), (20, 21), (6, 7)]) == 13


@pytest.mark.parametrize("place", ["here", "here/fc/logs", "here/a/b/logs"])
def test_journals_are_found_below(place):
    os.makedirs(place)
    _Sweep(folder=place).start(0)
    assert status.folders("here") == [place]


@pytest.mark.parametrize("name", ["out", "nowhere", "[a]"])
def test_without_a_journal_there_is_an_error(name):
    with pytest.raises(FileNotFoundError, match="No journal of a sweep in"):
        status.text(name)


@pytest.mark.parametrize("kind", ["store", "disk"])
def test_leases_are_found_wherever_results_are(kind, tmp_path):
    root = f"memory://{tmp_path.name}" if kind == "store" else str(tmp_path)
    holder = leases.Leases(f"{root}/elsewhere/leases")
    holder.take("a", "--output_dir=a")
    folder = (
        "elsewhere/leases" if kind == "disk" else f"{root}/elsewhere/leases"
    )
    _Sweep().start(0, leases=f"{root}/elsewhere/leases")
    title, held = _text(60)[-2:]
    assert title == f"Leases in {folder}:"
    assert held.startswith(f"  a: {holder.by}, renewed 00:00 ago")


def test_of_a_remote_root_leases_are_told(tmp_path):
    root = f"memory://{tmp_path.name}-{os.getpid()}"
    assert _text(0, root)[0] == f"Nobody has a lease in {root}/leases"
    holder = leases.Leases(f"{root}/leases")
    holder.take("a", "--output_dir=a")
    title, held, where = _text(0, root)
    assert title == f"Leases in {root}/leases:"
    assert held.startswith(f"  a: {holder.by}, renewed ")
    assert where.startswith("Logs and journals are on the machines")


def test_leases_of_a_store_that_cannot_be_reached_are_named():
    _Sweep().start(0, leases="nosuch://bucket/leases")
    last = _text(60)[-1]
    assert last.startswith("Leases in nosuch://bucket/leases cannot be seen: ")


def test_leases_are_shown_with_who_has_them():
    _Sweep().start(0)
    os.mkdir("out/leases")

    def write(name, state, seconds=0):
        at = (START + datetime.timedelta(seconds=seconds)).isoformat(" ")
        with open(f"out/leases/{name}.json", "w") as file:
            json.dump(
                {"state": state, "by": f"process of {name}", "at": at}, file
            )

    write("a.1", "taken")
    write("a.2", "done")
    write("b.9", "left")
    write("b.10", "taken", 50)
    with open("out/leases/c.1.json", "w") as file:
        file.write("nonsense")
    at = _text(60).index("Leases in out/leases:")
    assert len([x for x in _text(60) if x.startswith("Leases")]) == 1
    assert _text(60)[at + 1 :] == ["  b: process of b.10, renewed 00:10 ago"]
