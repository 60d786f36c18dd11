"""Tests of foundations/machine/processes.py."""

import os
import subprocess
import sys

import pytest

from lottery_ticket.foundations.machine import processes

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@LINUX
def test_a_process_that_lives_is_not_gone():
    own = processes.identity()
    assert own and own == processes.identity(os.getpid())
    assert not processes.is_gone(own)


@LINUX
@pytest.mark.parametrize("is_waited_for", [True, False])
def test_a_process_that_ended_is(is_waited_for):
    with subprocess.Popen(["sleep", "3600"]) as process:
        name = processes.identity(process.pid)
        assert not processes.is_gone(name)
        process.kill()
        if is_waited_for:
            process.wait()
        else:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert processes.is_gone(name)


@LINUX
def test_another_process_of_the_same_number_is_another():
    boot, space, process, began = processes.identity().split()
    assert processes.is_gone(f"{boot} {space} {process} {int(began) - 1}")


@LINUX
def test_other_machines_and_containers_cannot_be_told():
    boot, space, _, _ = processes.identity().split()
    assert not processes.is_gone(f"{boot[::-1]} {space} 99999999 1")
    assert not processes.is_gone(f"{boot} pid:[1] 99999999 1")
    assert processes.is_gone(f"{boot} {space} 99999999 1")


@pytest.mark.parametrize("name", ["", "a b c d", "1 2 3", "\n", "a b 3 4 5"])
def test_nonsense_is_not_gone(name):
    assert not processes.is_gone(name)


def test_where_nothing_tells_there_is_no_identity(monkeypatch):
    processes._place.cache_clear()
    monkeypatch.setattr(processes, "_BOOT", "/nowhere")
    assert processes.identity() == ""
    assert not processes.is_gone("a b 99999999 1")
    processes._place.cache_clear()
