"""Tests of foundations/sweeps/worker: what a pool may rely on."""

import json
import os
import signal
import subprocess
import sys

import pytest

from lottery_ticket.tests import waiting

SCRIPT = """
import os, subprocess, sys, time

def main(argv):
    print("pid", os.getpid(), *argv)
    name, _, value = argv[0].partition("=")
    if name == "exit":
        sys.exit(int(value) if value.isdecimal() else value or None)
    if name == "raise":
        raise ValueError("no good " + "x" * 9999)
    if name == "input":
        input()
    if name == "child":
        subprocess.run(["echo", "from a child"], check=True)
        os.write(2, b"from C\\n")
    if name == "sleep":
        child = subprocess.Popen(["sleep", "3600"])
        open(value, "w").write(f"{child.pid}")
        time.sleep(3600)
"""


class _Driver:
    """Talks to one worker as a pool does."""

    def __init__(self, folder):
        script = folder / "script.py"
        script.write_text(SCRIPT)
        self.log = folder / "line.log"
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "lottery_ticket.foundations.sweeps.worker",
                script,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self.first_reply = self.reply()

    def ask(self, *words):
        request = json.dumps({"words": words, "log": str(self.log)})
        self.process.stdin.write(request.encode() + b"\n")
        self.process.stdin.flush()

    def reply(self):
        return json.loads(self.process.stdout.readline())

    def run(self, *words):
        self.ask(*words)
        return self.reply()["failure"]


@pytest.fixture
def worker(tmp_path):
    driver = _Driver(tmp_path)
    with driver.process:
        yield driver
        driver.process.stdin.close()
        driver.process.kill()


def _is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_lines_run_in_one_process_that_ends_with_its_stdin(worker):
    assert worker.first_reply == {}
    assert worker.run("a", "--b=1") is None
    assert worker.run("c") is None
    pid = worker.process.pid
    assert worker.log.read_text() == f"pid {pid} a --b=1\npid {pid} c\n"
    worker.process.stdin.close()
    assert worker.process.wait(waiting.LIMIT_S) == 0


def test_all_that_a_line_prints_is_in_its_log(worker):
    assert worker.run("child") is None
    assert worker.log.read_text().endswith("from a child\nfrom C\n")


def test_failures_leave_the_worker_alive(worker):
    assert worker.run("exit=3") == "exit status 3"
    assert worker.run("exit=Bad luck") == "exit status 1"
    assert worker.log.read_text().endswith("Bad luck\n")
    assert worker.run("raise").startswith("ValueError: no good xxx")
    assert "Traceback" in worker.log.read_text()
    assert worker.run("input").startswith("EOFError")
    assert worker.run("exit=0") is None
    assert worker.run("exit") is None


@pytest.mark.skipif(sys.platform != "linux", reason="has no /dev/full")
def test_a_full_disk_leaves_the_worker_alive(worker):
    log, worker.log = worker.log, "/dev/full"
    for words in ("raise", "exit=Bad luck", "a"):
        assert worker.run(words).startswith("OSError: [Errno 28] No space left")
    worker.log = log
    assert worker.run("c") is None
    assert log.read_text() == f"pid {worker.process.pid} c\n"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("end", ["stdin closed", "terminated"])
def test_a_line_ends_with_the_pool(worker, tmp_path, end):
    child_file = tmp_path / "child"
    worker.ask(f"sleep={child_file}")
    waiting.wait_for(lambda: child_file.exists() and child_file.read_text())
    if end == "terminated":
        os.killpg(worker.process.pid, signal.SIGTERM)
    else:
        worker.process.stdin.close()
    expected = signal.SIGTERM if end == "terminated" else signal.SIGKILL
    assert worker.process.wait(waiting.LIMIT_S) == -expected
    waiting.wait_for(lambda: not _is_running(child_file.read_text()))
