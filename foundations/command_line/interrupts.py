"""Ctrl-C and its kin: SIGINT and SIGTERM as one KeyboardInterrupt."""

import contextlib
import signal
import threading

_NUMBERS = (signal.SIGINT, signal.SIGTERM)
_USUAL = (signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler)


@contextlib.contextmanager
def heard():
    """Lets SIGINT and SIGTERM raise KeyboardInterrupt while the body runs.

    Schedulers stop jobs with SIGTERM, and shells tell the background jobs of a
    script to ignore SIGINT. Handlers that somebody else has installed stay;
    outside the main thread nothing changes.

    Yields:
        A list, to which the number of each signal is added: libraries may turn
        the KeyboardInterrupt into an error of their own.
    """
    numbers = []

    def hear(number, _):
        numbers.append(number)
        raise KeyboardInterrupt

    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {n: signal.getsignal(n) for n in _NUMBERS}
        before = {n: old for n, old in before.items() if old in _USUAL}
    try:
        for number in before:
            signal.signal(number, hear)
        yield numbers
    finally:
        for number, old in before.items():
            signal.signal(number, old)
