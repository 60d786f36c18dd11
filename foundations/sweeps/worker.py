"""The process that runs lines of an argfile, one after the other.

    python -m lottery_ticket.foundations.sweeps.worker SCRIPT

The pool that starts it writes one JSON line to its stdin for each line to run,
{"words": [...], "log": path}, and reads one back from its stdout when that has
ended: {"failure": null} or {"failure": "exit status 1"}. An empty one, {}, says
that the worker is ready. It ends when its stdin does; if that happens while a
line runs, the pool has died, and so does the worker, with all its children.
"""

import contextlib
import gc
import io
import json
import os
import queue
import signal
import sys
import threading
import traceback

from lottery_ticket.foundations.machine import notices
from lottery_ticket.foundations.sweeps import scripts

MAX_FAILURE_CHARACTERS = 500  # A reply must fit a pipe's atomic 4,096 bytes.


def main(argv: list[str] | None = None) -> None:
    """Runs the lines that come, with the script named on the command line."""
    script, *words = sys.argv[1:] if argv is None else argv
    requests, replies = _take_pipes()
    waiting = queue.Queue()
    is_busy, is_stopped = threading.Event(), threading.Event()

    def stop(*_):
        is_stopped.set()
        raise KeyboardInterrupt  # So that the script can clean up.

    gc.freeze()  # What is loaded stays: not looked at after each line.
    notices.after_load(gc.freeze)
    signal.signal(signal.SIGTERM, stop)
    threading.Thread(
        target=_read, args=(requests, waiting, is_busy), daemon=True
    ).start()
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        _reply(replies, {})
        while (request := waiting.get()) is not None:
            failure = _run_line(
                script, [*words, *request["words"]], request["log"]
            )
            if is_stopped.is_set():
                break
            is_busy.clear()
            _reply(replies, {"failure": failure})
    if is_stopped.is_set():  # Then end by the signal, as the pool expects.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)


def _take_pipes():
    """Keeps the pipes to the pool away from the script's stdin and stdout."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # Logs can be followed.
    return requests, replies


def _read(requests, waiting, is_busy):
    """Takes in requests, also while a line runs: their end ends the worker."""
    for request in requests:
        is_busy.set()
        waiting.put(json.loads(request))
    if is_busy.is_set():
        os.killpg(0, signal.SIGKILL)
    waiting.put(None)


def _reply(replies, reply):
    replies.write(json.dumps(reply).encode() + b"\n")


def _run_line(script, words, log):
    """Returns why a line failed, or None."""
    try:
        _redirect(log)
        scripts.run(script, words)
    except SystemExit as end:
        return _exit_failure(end.code)
    except Exception as error:
        _print(traceback.format_exc())
        reason = f"{type(error).__name__}: {error}"
        reason = reason.encode("ascii", "backslashreplace").decode()
        return reason[:MAX_FAILURE_CHARACTERS]
    finally:
        _flush()
        gc.collect()  # Networks are full of cycles; the next needs the memory.
    return None


def _redirect(log):
    """Sends what is printed, also by C++ and by children, to a log file."""
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


def _flush():
    """Writes what a line has printed; what a full disk refuses is lost."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        _redirect(os.devnull)  # Else it would get into the next log.
        sys.stdout.flush()
        sys.stderr.flush()


def _print(text):
    """Prints to the log, if that can be written: its disk may be full."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _exit_failure(code):
    """What the argument of `sys.exit` means: a status, or a message for 1."""
    if isinstance(code, str):
        _print(code)
        code = 1
    return f"exit status {code}" if code else None


if __name__ == "__main__":
    main()
