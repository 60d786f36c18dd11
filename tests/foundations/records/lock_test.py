"""Tests of foundations/records/lock.py."""

import os
import signal
import subprocess
import sys

import pytest

from lottery_ticket.foundations.records import lock

HOLD = """
import sys, time
from lottery_ticket.foundations.records import lock
with lock.hold(sys.argv[1]):
    print("held", flush=True)
    time.sleep(3600)
"""


def test_a_second_process_is_told_who_holds_it_and_death_frees_it(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(RuntimeError, match=f"process {holder.pid} on "):
            with lock.hold(str(tmp_path)):
                pass
        os.kill(holder.pid, signal.SIGKILL)
    with lock.hold(str(tmp_path)):
        pass


def test_it_is_free_again_after_an_error(tmp_path):
    with pytest.raises(KeyError), lock.hold(str(tmp_path)):
        raise KeyError
    with lock.hold(str(tmp_path)):
        pass


def test_a_remote_root_has_no_lock():
    with lock.hold("memory://run"), lock.hold("memory://run"):
        pass
