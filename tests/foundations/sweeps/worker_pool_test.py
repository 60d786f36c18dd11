"""Tests of foundations/sweeps/worker_pool."""

import contextlib
import glob
import subprocess
import sys

import pytest

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    local_workers,
    scripts,
    worker_pool,
    worker_protocol,
)
from lottery_ticket.tests import waiting

SCRIPT = """
import os, signal, subprocess, sys, time

def main(argv):
    print(os.getpid(), os.environ["PLACE"])
    if argv[0] == "die":
        subprocess.Popen(["sleep", "3600"])  # Holds no pipe of the pool open.
        os._exit(3)
    if argv[0] == "kill":
        os.fork() or time.sleep(3600)  # A child that holds the pipe open.
        os.kill(os.getpid(), 9)
    if argv[0] == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(3600)
    if argv[0] == "sleep":
        time.sleep(float(argv[1]))
    if argv[0] == "after":
        while not os.path.exists(argv[1]):
            time.sleep(0.02)
"""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
SLOTS = [devices.Slot(name, {"PLACE": name}) for name in ("A", "B")]


@pytest.fixture
def runner(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    return scripts.Runner(str(tmp_path / "script.py"))


@pytest.fixture
def run(runner, tmp_path):
    def run_lines(*texts, slots=SLOTS, **care):
        lines = _lines(tmp_path, texts)
        return worker_pool.run(
            runner, lines, slots, worker_protocol.Care(**care)
        )

    return run_lines


def _lines(folder, texts):
    return [
        argfile_lines.Line(
            number, tuple(text.split()), log=str(folder / f"{number}.log")
        )
        for number, text in enumerate(texts, start=1)
    ]


class _Queue:
    """Lines that a test adds, and those that it takes away again."""

    def __init__(self):
        self.lines, self.lost, self.is_over = [], [], False

    def take(self, last=None):
        del last
        return self.lines.pop(0) if self.lines else None

    def is_lost(self, line):
        return line in self.lost


def _failures(outcomes):
    """Failures by number of line, of all that have ended."""
    ended = [outcome for outcome in outcomes if outcome is not None]
    return {outcome.line.number: outcome.failure for outcome in ended}


def _output(folder, count):
    """(process, place) of each line."""
    logs = [(folder / f"{n}.log").read_text() for n in range(1, count + 1)]
    return [tuple(log.splitlines()[1].split()) for log in logs]


def _has_begun(log):
    """Whether a line has said which process it is in."""
    return log.exists() and log.read_text().count("\n") >= 2


def _wait_for_end(groups):
    """Waits until groups, each led by a worker, have no live process."""
    waiting.wait_for(lambda: not _live_groups() & set(groups))


def _live_groups():
    groups = set()
    for path in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError), open(path) as file:
            state, _, group = file.read().rpartition(")")[2].split()[:3]
            groups |= {int(group)} if state != "Z" else set()
    return groups


def test_each_place_has_one_worker_that_is_reused(run, tmp_path):
    # The first lasts until the other worker has one.
    texts = [f"after {tmp_path}/2.log", "go", "go", "go", "go"]
    assert _failures(run(*texts)) == dict.fromkeys(range(1, 6))
    output = _output(tmp_path, 5)
    assert len(set(output)) == 2
    assert {place for _, place in output} == {"A", "B"}


def test_no_more_workers_than_lines(run, tmp_path):
    assert _failures(run("go")) == {1: None}
    assert _output(tmp_path, 1)[0][1] == "A"
    assert _failures(run()) == {}


@pytest.mark.slow
def test_a_dead_worker_is_replaced_at_its_place(run, tmp_path):
    failures = _failures(run("die", "kill", "go", slots=SLOTS[1:]))
    assert failures == {
        1: "worker ended with exit status 3",
        2: "worker killed by signal 9 (Killed; out of memory?)",
        3: None,
    }
    processes, places = zip(*_output(tmp_path, 3), strict=True)
    assert len(set(processes)) == 3
    assert set(places) == {"B"}
    assert "exit status 3" in (tmp_path / "1.log").read_text()


def test_who_looks_on_hears_what_begins_and_how_long_it_took(run):
    begun = []
    (outcome,) = filter(
        None,
        run("sleep .1", began=lambda line, where: begun.append((line, where))),
    )
    assert begun == [(outcome.line, "A")]
    assert outcome.device == "A" and 0.1 <= outcome.seconds < waiting.LIMIT_S


@LINUX
@pytest.mark.slow
def test_a_line_without_progress_is_stopped_and_no_other(
    run, tmp_path, monkeypatch
):
    monkeypatch.setattr(worker_protocol, "GRACE_S", 0.5)
    texts = ["sleep 3600", "deaf", "go"]
    failures = _failures(run(*texts, slots=SLOTS[1:], timeout="2s"))
    stuck = "no progress for 2s"
    assert failures == {1: stuck, 2: stuck, 3: None}
    assert f"# {stuck}" in (tmp_path / "1.log").read_text()
    _wait_for_end([int(process) for process, _ in _output(tmp_path, 3)])


@LINUX
@pytest.mark.slow
def test_the_worker_of_a_lost_line_is_stopped(runner, tmp_path):
    queue = _Queue()
    first, second = queue.lines = _lines(tmp_path, ["sleep 3600", "go"])
    ended = []
    for outcome in worker_pool.work(runner, queue, SLOTS[:1]):
        ended.append(outcome)
        if _has_begun(tmp_path / "1.log"):
            queue.lost = [first]
        queue.is_over = not queue.lines
    assert [x for x in ended if x] == [worker_protocol.Outcome(second, None)]
    (stopped, _), (other, _) = _output(tmp_path, 2)
    assert stopped != other
    _wait_for_end([int(stopped)])


@pytest.mark.slow
def test_a_worker_that_dies_while_it_waits_is_replaced(
    runner, tmp_path, monkeypatch
):
    queue = _Queue()
    pool = worker_pool.work(runner, queue, SLOTS[:1])
    started = []
    start = subprocess.Popen
    monkeypatch.setattr(
        local_workers.subprocess,
        "Popen",
        lambda *words, **options: (
            started.append(start(*words, **options)) or started[-1]
        ),
    )
    for _ in range(2):  # Its first word, and a second without a line.
        next(pool)
    started[0].kill()
    while len(started) < 2:
        next(pool)
    queue.lines, queue.is_over = _lines(tmp_path, ["go"]), True
    assert _failures(pool) == {1: None}


def test_workers_that_cannot_start_are_an_error(run, capfd):
    broken = devices.Slot("GPU 0", {"PYTHONHOME": "/nowhere"})
    why = "on GPU 0 could not start, 3 in a row; the last: .* status 1"
    with pytest.raises(RuntimeError, match=why):
        list(run("go", "go", slots=[broken]))
    assert "Python" in capfd.readouterr().err


@pytest.mark.parametrize("deaths", [1, 2])
def test_a_worker_that_is_killed_while_it_starts_is_replaced(
    run, monkeypatch, deaths
):
    start, started = subprocess.Popen, []

    def popen(*words, **options):
        started.append(start(*words, **options))
        if len(started) <= deaths:
            started[-1].kill()
        return started[-1]

    monkeypatch.setattr(local_workers.subprocess, "Popen", popen)
    assert _failures(run("go", "go", slots=SLOTS[:1])) == dict.fromkeys((1, 2))
    assert len(started) == deaths + 1


@LINUX
@pytest.mark.slow
def test_closing_stops_workers_and_all_their_children(run, tmp_path):
    with contextlib.closing(run("sleep 3600", "kill")) as outcomes:
        while next(outcomes) is None:  # Until the second is killed.
            pass
        waiting.wait_for(lambda: _has_begun(tmp_path / "1.log"))
        processes = [int(process) for process, _ in _output(tmp_path, 2)]
    _wait_for_end(processes)


@LINUX
def test_a_killed_pool_takes_its_workers_along(tmp_path):
    script, log = tmp_path / "script.py", tmp_path / "1.log"
    script.write_text(SCRIPT)
    program = f"""
from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    scripts,
    worker_pool,
)
line = argfile_lines.Line(1, ("sleep", "3600"), log={str(log)!r})
slot = devices.Slot("A", {{"PLACE": "A"}})
runner = scripts.Runner({str(script)!r})
list(worker_pool.run(runner, [line], [slot]))
"""
    with subprocess.Popen([sys.executable, "-c", program]) as pool:
        waiting.wait_for(lambda: _has_begun(log))
        pool.kill()
    _wait_for_end([int(_output(tmp_path, 1)[0][0])])
