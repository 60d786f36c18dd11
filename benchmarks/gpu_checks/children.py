"""Python processes that are over, with all they started, when we are."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

TIME_LIMIT_S = 3600  # For hangs alone.
# Several share a GPU here; by itself TensorFlow takes all of its memory.
# 0: what is placed where is said at that level.
ENVIRONMENT = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "TF_CPP_MIN_LOG_LEVEL": "0"}


class Child:
    """A Python process, and what it has printed, errors too."""

    def __init__(self, words: tuple[str, ...]):
        """Starts Python with words."""
        # Not a pipe: it would have to be read for the process to go on.
        self._printed = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [sys.executable, *words],
            stdin=subprocess.DEVNULL,
            stdout=self._printed,
            stderr=subprocess.STDOUT,
            env={**os.environ, **ENVIRONMENT},
            start_new_session=True,  # A group, to be killed whole.
        )

    @property
    def printed(self) -> str:
        """All that it has printed so far."""
        file = self._printed.fileno()  # Where it writes next is in there, too.
        text = os.pread(file, os.fstat(file).st_size, 0)
        return text.decode(errors="replace")

    @property
    def failure(self) -> str:
        """How it ended, and the last line of what it printed."""
        *_, last = ["no output", *self.printed.strip().splitlines()]
        return f"exit status {self.process.returncode}: {last}"

    def end(self) -> None:
        """Kills it, with all that it has started; what it printed goes."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._printed.close()


@contextlib.contextmanager
def started(*commands: tuple[str, ...]) -> Iterator[list[Child]]:
    """Starts Python with the words of each command, all at once.

    However the block is left, by Ctrl-C too, they are killed.
    """
    children = []
    try:
        for words in commands:
            children.append(Child(words))
        yield children
    finally:
        for child in children:
            child.end()


def run(
    *commands: tuple[str, ...],
    time_limit_s: float = TIME_LIMIT_S,
    may_fail: bool = False,
) -> list[str]:
    """Runs Python with the words of each command, all at once.

    Returns what each has printed.

    Raises:
        RuntimeError: If one fails, unless it may; with its last line.
        subprocess.TimeoutExpired: If they take too long.
    """
    end = time.monotonic() + time_limit_s
    with started(*commands) as children:
        for child in children:
            child.process.wait(end - time.monotonic())
            if child.process.returncode and not may_fail:
                raise RuntimeError(child.failure)
        return [child.printed for child in children]
