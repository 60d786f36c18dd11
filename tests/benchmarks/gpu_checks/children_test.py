"""Tests of gpu_checks/children: processes that end with us."""

import os
import subprocess

import pytest

from lottery_ticket.benchmarks.gpu_checks import children
from lottery_ticket.tests import waiting

SLEEPS = "import time; time.sleep(600)"
# Starts another, says its number, and stays.
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {SLEEPS!r}])
print(child.pid, flush=True)
child.wait()
"""


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_what_is_printed_comes_back_errors_too():
    words = "-c", "import sys; print(1, flush=True); print(2, file=sys.stderr)"
    assert children.run(words, ("-c", "print(3)")) == ["1\n2\n", "3\n"]


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("raise ValueError('no data')", "exit status 1: ValueError: no data"),
        ("print('Error: gone'); exit(2)", "exit status 2: Error: gone"),
        ("import os; os.kill(os.getpid(), 9)", "exit status -9: no output"),
    ],
)
def test_a_failure_is_told_by_its_last_line(code, failure):
    with pytest.raises(RuntimeError, match=failure):
        children.run(("-c", code))
    children.run(("-c", code), may_fail=True)


@pytest.mark.skipif(not os.path.exists("/proc"), reason="needs /proc")
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_processes_and_theirs_are_killed_however_it_ends(error):
    with pytest.raises(error), children.started(("-c", PARENT)) as (child,):
        waiting.wait_for(lambda: child.printed.strip())
        grandchild = int(child.printed)
        assert is_running(grandchild)
        raise error
    waiting.wait_for(lambda: not is_running(grandchild))
    assert child.process.returncode == -9


def test_what_takes_too_long_is_killed():
    with pytest.raises(subprocess.TimeoutExpired):
        children.run(("-c", SLEEPS), time_limit_s=0.1)
