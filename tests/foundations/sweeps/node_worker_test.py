"""Tests of foundations/sweeps/node_worker."""

import os
import pathlib

import pytest

from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    node_worker,
    worker_protocol,
)
from lottery_ticket.tests import waiting

SCRIPT = """
import os, sys, time

def main(argv):
    print(os.getpid(), os.environ["CUDA_VISIBLE_DEVICES"], os.getcwd())
    if argv[0] == "die":
        os._exit(3)
    if argv[0] == "long":
        print("x" * 3_000_000)
    if argv[0] == "sleep":
        time.sleep(3600)
    if argv[0] == "fail":
        sys.exit(4)
"""


@pytest.fixture
def make(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # Put back where the worker leaves.
    monkeypatch.setattr(node_worker, "SEEN_S", 0)
    monkeypatch.setattr(worker_protocol, "GRACE_S", 1)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    made = []

    def make_one(**changes):
        job = {
            **{"script": str(script), "words": (), "folder": str(tmp_path)},
            **{"probe": None, "has_gpu": False, "per_device": 1},
            **{"threads": None, "timeout": None, **changes},
        }
        made.append(node_worker.NodeWorker(node_worker.Job(**job)))
        return made[-1]

    yield make_one
    for worker in made:
        worker.stop(0)


def _line(word):
    return argfile_lines.Line(1, (word,))


def _ended(worker, attempt, word):
    """The log of a line, and the last news of it."""
    log = b""
    while True:
        news = worker.work(attempt, _line(word), len(log))
        log += news.log
        if news.has_ended:
            return log, news


def test_lines_run_in_one_process_and_their_logs_come_in_pieces(make):
    worker = make()
    assert worker.start() == worker.start()  # Twice is once.
    assert worker.start().startswith("CPU of ")
    first, news = _ended(worker, "a", "long")
    assert news.failure is None and news.seconds > 0
    start, told, long, rest = first.split(b"\n")
    assert start.startswith(b"# 2") and start.endswith(b"script.py long")
    assert told.split()[1].decode() == os.getcwd()  # No GPU is between.
    assert len(long) == 3_000_000 and not rest
    # Asked twice, it runs once; another attempt has a new log.
    assert _ended(worker, "a", "long")[0] == first
    second, news = _ended(worker, "b", "fail")
    assert news.failure == "exit status 4"
    assert second.split(b"\n")[1] == told


def test_a_process_that_died_is_started_again(make):
    worker = make()
    log, news = _ended(worker, "a", "die")
    assert news.failure == "worker ended with exit status 3"
    assert log.endswith(b"# worker ended with exit status 3\n")
    other, news = _ended(worker, "b", "go")
    assert news.failure is None
    assert other.split(b"\n")[1] != log.split(b"\n")[1]


@pytest.mark.slow
def test_a_line_without_progress_is_stopped_there(make):
    _, news = _ended(make(timeout="1s"), "a", "sleep")
    assert news.failure == "no progress for 1s"


def test_stopping_ends_the_process_and_removes_its_files(make, tmp_path):
    worker = make()
    log = b""
    while log.count(b"\n") < 2:
        log += worker.work("a", _line("sleep"), len(log)).log
    process = int(log.split(b"\n")[1].split()[0])
    assert worker.stop(0).log.startswith(log)
    waiting.wait_for(lambda: not _is_there(process))
    assert not pathlib.Path(worker._folder).exists()


def _is_there(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_node_that_sees_other_folders_is_refused(make, tmp_path):
    with pytest.raises(ValueError, match="has no folder /nowhere, in which"):
        make(folder="/nowhere").start()
    probe = tmp_path / "probe"
    with pytest.raises(ValueError, match=f"does not see .* {tmp_path} where"):
        make(probe=str(probe)).start()
    probe.touch()
    assert make(probe=str(probe)).start()


def test_it_uses_the_gpu_that_it_is_given(make, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    worker = make(has_gpu=True, per_device=2, threads=4)
    assert worker.start().startswith("GPU 3 of ")
    log, _ = _ended(worker, "a", "go")
    assert log.split(b"\n")[1].split()[1] == b"3"
