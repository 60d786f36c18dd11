"""Tests of foundations/command_line/interrupts.py."""

import os
import signal
import threading

import pytest

from lottery_ticket.foundations.command_line import interrupts


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("before", [signal.SIG_IGN, signal.SIG_DFL])
def test_signals_become_keyboard_interrupts(number, before):
    old = signal.signal(number, before)
    try:
        with interrupts.heard() as numbers:
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
        with interrupts.heard() as numbers:
            os.kill(os.getpid(), signal.SIGTERM)
        assert len(calls) == 1
        assert not numbers
    finally:
        signal.signal(signal.SIGTERM, old)


def test_another_thread_changes_nothing():
    entered = []

    def enter():
        with interrupts.heard():
            entered.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert entered == [signal.getsignal(signal.SIGINT)]
