"""Workers on this machine: a process each, which runs line after line."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from typing import IO, cast

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    line_logs,
    line_watch,
    scripts,
    worker_protocol,
)
from lottery_ticket.foundations.values import durations

STARTS = 3  # Of workers in a row that die before their first word.
REPLY_BYTES = 4096
# A user's random.py here must not stand in for Python's; Python 3.10 lets it.
SAFE = ["-P"] if sys.version_info >= (3, 11) else []


class Local:
    """Workers on this machine: a process each."""

    def start(
        self,
        runner: scripts.Runner,
        slot: devices.Slot,
        care: worker_protocol.Care,
        lost: worker_protocol.Worker | None = None,
    ) -> "LocalWorker":
        """Returns a worker whose process has just been started."""
        failed = 0 if lost is None else lost.failed_starts
        return LocalWorker(runner, slot, care, failed)

    def speaking(self, workers: list["LocalWorker"]) -> list["LocalWorker"]:
        """Returns the workers that have said something or have died."""
        opened = [worker for worker in workers if worker.is_open]
        with selectors.DefaultSelector() as selector:
            for worker in opened:
                event = selectors.EVENT_READ
                selector.register(worker.replies, event, worker)
            heard = [
                key.data for key, _ in selector.select(worker_protocol.TICK_S)
            ]
        # A child that outlives its worker may hold the pipe open.
        return heard + [
            worker
            for worker in opened
            if worker not in heard and worker.process.poll() is not None
        ]


LOCAL = Local()


class LocalWorker:
    """One worker process, and the line it is working on."""

    def __init__(
        self,
        runner: scripts.Runner,
        slot: devices.Slot,
        care: worker_protocol.Care,
        failed_starts: int = 0,
    ):
        """Starts the process, after others that could not start."""
        self.slot = slot
        self._failed_starts = failed_starts  # Of those before it, in a row.
        self.line: argfile_lines.Line | None = None
        self.last: argfile_lines.Line | None = None  # That it was given.
        # A line fails with its process.
        self.left: argfile_lines.Line | None = None
        self.is_placeless = False
        self._care = care
        self._began_at = 0.0
        self._watch: line_watch.LineWatch | None = None
        self._stuck = ""  # Why its line has been stopped.
        self.is_open = True
        self.has_ended = False
        self._is_ready = False  # Its first word says so.
        self._is_first = True  # Whether its line, or the next, is its first.
        self._runner = runner
        self.process = subprocess.Popen(
            [
                *(sys.executable, *SAFE, "-m", f"{__package__}.worker"),
                *(runner.script, *runner.words),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, **slot.environment},
            start_new_session=True,  # Ctrl-C must reach the pool alone.
        )
        self._requests = cast(IO[bytes], self.process.stdin)
        self.replies = cast(IO[bytes], self.process.stdout)
        os.set_blocking(self.replies.fileno(), False)

    @property
    def is_idle(self) -> bool:
        """Whether it could take a line."""
        return self.is_open and self._is_ready and self.line is None

    def take(self, line: argfile_lines.Line) -> None:
        """Gives the worker, which must be idle, a line to run.

        Raises OSError if the line's log cannot be written.
        """
        command = self._runner.command(line.words)
        line_logs.add_start(line.log, self.slot.name, command)
        self.line = self.last = line
        self._began_at = time.monotonic()
        if self._care.timeout is not None:
            timeout_s = durations.seconds(self._care.timeout)
            self._watch = line_watch.LineWatch(
                line, self.process.pid, timeout_s, self._is_first
            )
        self._is_first = False
        self._care.began(line, self.slot.name)
        request = {"words": line.words, "log": os.path.abspath(line.log)}
        with contextlib.suppress(BrokenPipeError):  # Then listen() says why.
            self._requests.write(json.dumps(request).encode() + b"\n")

    def listen(self) -> worker_protocol.Outcome | None:
        """Returns the outcome of a line that has ended, or None.

        Closes if the process has died. Raises RuntimeError if it could not
        start, as some before it.
        """
        reply = self.replies.read(REPLY_BYTES)
        line, self.line = self.line, None
        if not reply or self._stuck:
            failure = self.end(worker_protocol.GRACE_S)
            if not self._is_ready and self._failed_starts + 1 >= STARTS:
                raise RuntimeError(
                    f"Workers on {self.slot.name} could not start, {STARTS} in "
                    f"a row; the last: {failure}"
                )
            if line is None:
                return None
            failure = self._stuck or failure
            with contextlib.suppress(OSError):
                line_logs.add(line.log, f"# {failure}")
            return self._outcome(line, failure)
        self._is_ready = True
        if line is None:
            return None
        return self._outcome(line, json.loads(reply)["failure"])

    def _outcome(self, line, failure):
        seconds = time.monotonic() - self._began_at
        return worker_protocol.Outcome(
            line, failure, device=self.slot.name, seconds=seconds
        )

    def stop_if_stuck(self) -> None:
        """Kills a worker whose line gets on no more; `listen` says so then."""
        if self.line and self._watch and self._watch.is_stuck():
            self._stuck = f"no progress for {self._care.timeout}"
            self.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(worker_protocol.GRACE_S)
            self._signal(signal.SIGKILL)
            self.process.wait()

    @property
    def failed_starts(self) -> int:
        """How many in a row could not start, once it has ended."""
        return 0 if self._is_ready else self._failed_starts + 1

    def close(self) -> None:
        """Lets an idle worker end; it takes no more lines."""
        self.is_open = False
        self._requests.close()

    def stop(self) -> None:
        """Ends the worker in the middle of its line."""
        self.line = None
        self.terminate()
        self.end(worker_protocol.GRACE_S)

    def terminate(self) -> None:
        """Asks the worker and its children to end, if a line is running."""
        if self.is_open:
            self._signal(signal.SIGTERM)

    def end(self, timeout_s: float = 0) -> str:
        """Kills what has not ended in time; returns how the worker ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout_s)
        self._signal(signal.SIGKILL)  # Its children, even where it is gone.
        status = self.process.wait()
        self.is_open = False
        self.has_ended = True
        self._requests.close()
        self.replies.close()
        if status >= 0:
            return f"worker ended with exit status {status}"
        hint = "; out of memory?" if status == -signal.SIGKILL else ""
        name = signal.strsignal(-status)
        return f"worker killed by signal {-status} ({name}{hint})"

    def _signal(self, number):
        # The group is there as long as the worker or one child of it is.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)
