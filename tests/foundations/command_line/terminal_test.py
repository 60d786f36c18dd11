"""Tests of foundations/command_line/terminal.py."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from lottery_ticket.foundations.command_line import terminal
from lottery_ticket.tests import waiting

OPEN = """
import os, sys
from lottery_ticket.foundations.command_line import terminal
terminal.open_closed()
print("dropped")
print("dropped", file=sys.stderr)
with open("file", "w") as file:
    os.write(2, b"dropped")
    number = str(file.fileno())
    os.system("echo dropped; echo dropped >&2")
    file.write(number)
"""
SAY = """
import sys
from lottery_ticket.foundations.command_line import terminal
sys.stdin.read()
for stream in (sys.stdout, sys.stderr):
    terminal.say("a", stream)
    terminal.say("b", stream)
sys.exit(7)
"""


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_no_file_takes_the_place_of_a_closed_stream(tmp_path, closed):
    command = f'"$0" -c "$1" {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, OPEN], cwd=tmp_path
    )
    assert done.returncode == 0
    assert int((tmp_path / "file").read_text()) > 2


def test_a_reader_that_has_gone_is_no_error():
    reading, writing = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", SAY],
        stdin=subprocess.PIPE,
        stdout=writing,
        stderr=writing,
    ) as process:
        os.close(writing)
        os.close(reading)
        process.communicate(timeout=waiting.LIMIT_S)
    assert process.returncode == 7


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("before", [signal.SIG_IGN, signal.SIG_DFL])
def test_signals_become_keyboard_interrupts(number, before):
    old = signal.signal(number, before)
    try:
        with terminal.heard() as numbers:
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), number)
        assert numbers == [number]
        assert signal.getsignal(number) == before
    finally:
        signal.signal(number, old)


def test_a_handler_of_somebody_else_stays():
    calls = []
    old = signal.signal(signal.SIGTERM, lambda *call: calls.append(call))
    try:
        with terminal.heard() as numbers:
            os.kill(os.getpid(), signal.SIGTERM)
        assert len(calls) == 1
        assert not numbers
    finally:
        signal.signal(signal.SIGTERM, old)


def test_another_thread_changes_nothing():
    entered = []

    def enter():
        with terminal.heard():
            entered.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert entered == [signal.getsignal(signal.SIGINT)]
