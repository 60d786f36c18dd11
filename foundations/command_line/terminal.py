"""What a shell does to a program: streams that are closed, and signals."""

import contextlib
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from typing import TextIO

_NUMBERS = (signal.SIGINT, signal.SIGTERM)
_USUAL = (signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler)


def open_closed() -> None:
    """Opens those of stdin, stdout and stderr that are closed, on nothing.

    Else the next file that is opened would take the place of one, and all that
    C++ prints would go into it.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            nothing = open(os.devnull, "r" if name == "stdin" else "w")
            os.set_inheritable(nothing.fileno(), True)
            setattr(sys, name, nothing)


def columns() -> int:
    """Returns the terminal's width, 80 where there is none."""
    return shutil.get_terminal_size((80, 24)).columns


def say(text: str, stream: TextIO) -> None:
    """Prints a text to a stream, unless its reader has gone."""
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        forget(stream)


def forget(stream: TextIO) -> None:
    """Drops what is still to be printed: the reader, such as `head`, left."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)


@contextlib.contextmanager
def heard() -> Iterator[list[int]]:
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
