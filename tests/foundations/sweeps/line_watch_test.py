"""Tests of foundations/sweeps/line_watch."""

import dataclasses
import os
import subprocess
import sys

import pytest

from lottery_ticket.foundations.sweeps import argfile_lines, line_watch
from lottery_ticket.tests import waiting


@pytest.fixture
def clock(monkeypatch):
    """Seconds, and processor seconds, as the watch reads them."""
    times = {"now": 0.0, "cpu": 0.0}
    monkeypatch.setattr(line_watch.time, "monotonic", lambda: times["now"])
    monkeypatch.setattr(line_watch, "_cpu_s", lambda group: times["cpu"])
    return times


@pytest.fixture
def watch(tmp_path, clock):
    (tmp_path / "a.log").write_text("# start\n")
    line = argfile_lines.Line(
        1, (), str(tmp_path / "out"), log=str(tmp_path / "a.log")
    )
    return line_watch.LineWatch(line, 1, 60.0)


def _stuck_at(watch, clock, *seconds):
    found = []
    for now in seconds:
        clock["now"] = now
        found.append(watch.is_stuck())
    return found


def test_without_any_progress_a_line_is_stuck(watch, clock):
    assert _stuck_at(watch, clock, 0, 30, 60, 61) == [False, False, False, True]


def test_the_first_line_of_a_worker_has_time_to_start(tmp_path, clock):
    log = tmp_path / "a.log"
    log.write_text("# start\n")
    line = argfile_lines.Line(1, (), str(tmp_path / "out"), log=str(log))
    watch = line_watch.LineWatch(line, 1, 2.0, is_first=True)
    start_s = line_watch.START_S
    assert _stuck_at(watch, clock, 3, start_s) == [False, False]
    other = line_watch.LineWatch(line, 1, 2.0, is_first=True)
    assert _stuck_at(watch, clock, start_s + 1) == [True]
    log.write_text("# start\nlevel 0\n")  # From here on, it is as others.
    assert _stuck_at(other, clock, start_s + 2) == [False]
    assert _stuck_at(other, clock, start_s + 4.5) == [True]


@pytest.mark.parametrize("what", ["log", "file", "deeper", "changed"])
def test_what_is_written_is_progress(watch, clock, tmp_path, what):
    folder = tmp_path / "out/0/same_init"
    assert not watch.is_stuck()
    if what == "log":
        with open(tmp_path / "a.log", "a") as file:
            file.write("iteration 3\n")
    else:
        folder.mkdir(parents=True)
        _stuck_at(watch, clock, 20)
        path = folder / "masks" if what == "deeper" else tmp_path / "out/x"
        path.write_text("1")
        if what == "changed":
            _stuck_at(watch, clock, 25)
            os.utime(path, ns=(0, 2**62))
    assert _stuck_at(watch, clock, 30, 90, 91) == [False, False, True]


def test_what_other_lines_write_is_no_progress(tmp_path, clock):
    lines = [
        argfile_lines.Line(1, (), f"{tmp_path}/a", log="none.log"),
        argfile_lines.Line(2, (), f"{tmp_path}/a/1/b", log="none.log"),
        argfile_lines.Line(3, (), f"{tmp_path}/ab", log="none.log"),
    ]
    marked = line_watch.marked([*lines, lines[0]])
    assert [x.has_neighbours for x in marked] == [True, False, False, True]
    own, other = f"{tmp_path}/a/0", tmp_path / "a/1/b"
    line = dataclasses.replace(marked[0], folders=(own, "gs://none/out"))
    watch = line_watch.LineWatch(line, 1, 60.0)
    other.mkdir(parents=True)
    assert _stuck_at(watch, clock, 2, 30, 61) == [False, False, True]
    os.mkdir(own)
    assert _stuck_at(watch, clock, 63, 122, 124) == [False, False, True]


def test_computing_is_progress_but_not_for_ever(watch, clock):
    found = {}
    for now in range(0, 700, 10):
        clock["cpu"] = now * 0.5
        found[now] = _stuck_at(watch, clock, now)[0]
    assert not any(found[now] for now in range(0, 601, 10))
    assert found[610]


def test_a_process_that_hardly_computes_waits(watch, clock):
    found = {}
    for now in range(0, 100, 10):
        clock["cpu"] = now * 0.05
        found[now] = _stuck_at(watch, clock, now)[0]
    assert not found[60] and found[70]


def test_a_log_and_a_folder_that_vanish_are_no_error(watch, clock, tmp_path):
    (tmp_path / "a.log").unlink()
    assert _stuck_at(watch, clock, 2, 62, 63) == [False, False, True]


def test_remote_folders_are_not_walked(clock):
    line = argfile_lines.Line(1, (), "gs://none/out", log="none.log")
    watch = line_watch.LineWatch(line, 1, 60.0)
    assert _stuck_at(watch, clock, 1, 61) == [False, True]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_processor_time_is_that_of_the_group():
    program = "import time\nwhile time.process_time() < .3: pass\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", f"print(1, flush=True)\n{program}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        child.stdout.read(1)
        before = line_watch._cpu_s(child.pid)
        waiting.wait_for(lambda: line_watch._cpu_s(child.pid) >= 0.2)
        assert before < 0.2
        child.communicate(b"\n")
    assert line_watch._cpu_s(child.pid) == 0
