"""Runs the lines of an argfile in worker processes, each started once."""

import collections
import contextlib
import dataclasses
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from typing import IO, Protocol, TypeAlias, cast

from lottery_ticket.foundations.command_line import endings
from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    line_logs,
    line_watch,
    scripts,
)
from lottery_ticket.foundations.values import durations

GRACE_S = 5  # For workers to end by themselves before they are killed.
TICK_S = 1
STARTS = 3  # Of workers in a row that die before their first word.
REPLY_BYTES = 4096
# A user's random.py here must not stand in for Python's; Python 3.10 lets it.
SAFE = ["-P"] if sys.version_info >= (3, 11) else []


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a line ended: why it failed, or None."""

    line: argfile_lines.Line
    failure: str | None
    by: str = ""  # The other sweep that ran it, if one did.
    # Where it ran here, and for how long.
    device: str = dataclasses.field(default="", compare=False)
    seconds: float = dataclasses.field(default=0.0, compare=False)
    again: str = ""  # How it will be tried again, if it will.


@dataclasses.dataclass(frozen=True)
class Care:
    """What is done about lines while they run.

    Args:
        began: Function (line, name of a device), called when a line begins.
        timeout: Duration without progress after which a line is stopped, such
            as 30min; None is never.
    """

    began: Callable[[argfile_lines.Line, str], None] = lambda *_: None
    timeout: str | None = None


NO_CARE = Care()


Outcomes: TypeAlias = Generator[Outcome | None, None, None]


class Queue(Protocol):
    """What a pool takes its lines from, one at a time."""

    @property
    def is_over(self) -> bool:
        """Whether it has no line to wait for; one that is lost may follow."""
        ...

    def take(
        self, last: argfile_lines.Line | None = None
    ) -> argfile_lines.Line | None:
        """Returns the next line to run, or None if there is none for now.

        It is for a worker that has run the line `last` before; None is a new
        one.
        """
        ...

    def is_lost(self, line: argfile_lines.Line) -> bool:
        """Whether a line that was taken is not to be run any more."""
        ...


class InOrder:
    """A queue of lines that are all there."""

    def __init__(self, lines: list[argfile_lines.Line]):
        """Takes the lines."""
        self._waiting = collections.deque(lines)

    @property
    def is_over(self) -> bool:
        """Whether none is left."""
        return not self._waiting

    def take(
        self, last: argfile_lines.Line | None = None
    ) -> argfile_lines.Line | None:
        """Returns the next one, or None."""
        return self._waiting.popleft() if self._waiting else None

    def is_lost(self, line: argfile_lines.Line) -> bool:
        """No line is."""
        return False


def run(
    runner: scripts.Runner,
    lines: list[argfile_lines.Line],
    slots: list[devices.Slot],
    care: Care = NO_CARE,
) -> Outcomes:
    """Yields outcomes as `work`, of lines that are run in their order."""
    return work(runner, InOrder(lines), slots[: len(lines)], care)


def work(
    runner: scripts.Runner,
    queue: Queue,
    slots: list[devices.Slot],
    care: Care = NO_CARE,
) -> Outcomes:
    """Yields the outcome of each line as it ends, and None once a second.

    A worker runs line after line; where one dies, its line has failed and a new
    one takes its place. The worker of a line that is lost is stopped, and the
    line has no outcome. When the iterator is closed or left by an exception,
    all workers and their children are stopped. Raises RuntimeError if STARTS
    workers of a slot, one after the other, die before they can take a line.
    """
    workers = []
    try:
        for slot in slots:
            workers.append(_Worker(runner, slot, care))
        while any(worker.is_open for worker in workers):
            for worker in _speaking(workers):
                outcome = worker.listen()
                if outcome is not None:
                    yield outcome
            for worker in workers:
                worker.stop_if_stuck()
                if worker.line is not None and queue.is_lost(worker.line):
                    worker.stop()
            for worker in [each for each in workers if each.has_ended]:
                workers.remove(worker)
                if not queue.is_over:
                    workers.append(worker.successor())
            yield from _hand_on(queue, workers)
            yield None
            yield from _hand_on(queue, workers)  # What has come meanwhile.
    finally:
        _stop(workers)


def _hand_on(queue, workers):
    """Gives idle workers lines; yields outcomes of those that cannot be run."""
    for worker in [each for each in workers if each.is_idle]:
        yield from _hand_to(queue, worker)


def _hand_to(queue, worker):
    """Gives an idle worker its next line, or closes it where none will come.

    Yields the outcomes of lines that have failed: their logs cannot be written.
    """
    while (line := queue.take(worker.last)) is not None:
        try:
            worker.take(line)
            return
        except OSError as error:
            why = endings.in_words(error)
            yield Outcome(line, f"its log cannot be written: {why}")
    if queue.is_over:
        worker.close()


class _Worker:
    """One worker process, and the line it is working on."""

    def __init__(self, runner, slot, care, failed_starts=0):
        self.slot = slot
        self._failed_starts = failed_starts  # Of those before it, in a row.
        self.line: argfile_lines.Line | None = None
        self.last: argfile_lines.Line | None = None  # That it was given.
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
    def is_idle(self):
        """Whether it could take a line."""
        return self.is_open and self._is_ready and self.line is None

    def take(self, line):
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

    def listen(self):
        """Returns the outcome of a line that has ended, or None.

        Closes if the process has died. Raises RuntimeError if it could not
        start, as some before it.
        """
        reply = self.replies.read(REPLY_BYTES)
        line, self.line = self.line, None
        if not reply or self._stuck:
            failure = self.end(GRACE_S)
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
        return Outcome(line, failure, device=self.slot.name, seconds=seconds)

    def stop_if_stuck(self):
        """Kills a worker whose line gets on no more; `listen` says so then."""
        if self.line and self._watch and self._watch.is_stuck():
            self._stuck = f"no progress for {self._care.timeout}"
            self.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(GRACE_S)
            self._signal(signal.SIGKILL)
            self.process.wait()

    def successor(self):
        """Starts the worker that takes the place of this one, which died."""
        failed = 0 if self._is_ready else self._failed_starts + 1
        return _Worker(self._runner, self.slot, self._care, failed)

    def close(self):
        """Lets an idle worker end; it takes no more lines."""
        self.is_open = False
        self._requests.close()

    def stop(self):
        """Ends the worker in the middle of its line."""
        self.line = None
        self.terminate()
        self.end(GRACE_S)

    def terminate(self):
        """Asks the worker and its children to end, if a line is running."""
        if self.is_open:
            self._signal(signal.SIGTERM)

    def end(self, timeout_s=0):
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


def _speaking(workers):
    """Returns the workers that have said something or have died."""
    opened = [worker for worker in workers if worker.is_open]
    with selectors.DefaultSelector() as selector:
        for worker in opened:
            event = selectors.EVENT_READ
            selector.register(worker.replies, event, worker)
        heard = [key.data for key, _ in selector.select(TICK_S)]
    # A child that outlives its worker may hold the pipe open.
    return heard + [
        worker
        for worker in opened
        if worker not in heard and worker.process.poll() is not None
    ]


def _stop(workers):
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + GRACE_S
    for worker in workers:
        worker.end(max(0, deadline - time.monotonic()))
