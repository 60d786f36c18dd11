"""Standard streams that are closed, or whose reader has gone."""

import os
import sys


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


def say(text: str, stream) -> None:
    """Prints a text to a stream, unless its reader has gone."""
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        forget(stream)


def forget(stream) -> None:
    """Drops what is still to be printed: the reader, such as `head`, left."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)
