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
        folder: Folder of this machine which all lines write to, and which
            workers on other machines must see, too; None if there is none.
    """

    began: Callable[[argfile_lines.Line, str], None] = lambda *_: None
    timeout: str | None = None
    folder: str | None = None


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


class Worker(Protocol):
    """What runs lines, one at a time, as a pool sees it.

    Attributes:
        slot: Where it runs.
        line: What it is running, or None.
        last: The line that it was given last, or None.
        left: The line that it was running when it was lost for no fault of the
            line, which is to be run by another; or None.
        is_open: Whether it may still say something or take a line.
        is_placeless: Whether it waits for a place, which may never be there.
        has_ended: Whether it is gone.
    """

    slot: devices.Slot
    line: argfile_lines.Line | None
    last: argfile_lines.Line | None
    left: argfile_lines.Line | None
    is_open: bool
    is_placeless: bool
    has_ended: bool

    @property
    def is_idle(self) -> bool:
        """Whether it could take a line."""
        ...

    def take(self, line: argfile_lines.Line) -> None:
        """Begins a line, once it is idle.

        Raises OSError if the line's log cannot be written.
        """
        ...

    def listen(self) -> Outcome | None:
        """Takes in what it says; returns the outcome of a line that ended.

        Raises RuntimeError if it could not start.
        """
        ...

    def stop_if_stuck(self) -> None:
        """Stops a line that gets on no more; `listen` says so then."""
        ...

    def close(self) -> None:
        """Lets it end, while it has no line; it takes no more of them."""
        ...

    def stop(self) -> None:
        """Ends it in the middle of its line, of which there is no outcome."""
        ...

    def terminate(self) -> None:
        """Asks it to end, and does not wait for it."""
        ...

    def end(self, timeout_s: float = 0) -> str:
        """Ends it, by force after some time; returns how it ended."""
        ...


class Engine(Protocol):
    """Where workers are: on this machine, or on those of a cluster."""

    def start(
        self,
        runner: scripts.Runner,
        slot: devices.Slot,
        care: Care,
        lost: Worker | None = None,
    ) -> Worker:
        """Returns a worker that is about to start; `listen` says if it has.

        `lost` is the worker of this engine whose place it takes.
        """
        ...

    def speaking(self, workers: list) -> list:
        """Returns those that have something to say, of workers of this engine.

        It waits for one for about TICK_S.
        """
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


class _Refilled:
    """A queue with lines before it that were taken and came back."""

    def __init__(self, queue):
        self._queue = queue
        self._returned = collections.deque()

    @property
    def is_over(self):
        return not self._returned and self._queue.is_over

    def give_back(self, line):
        self._returned.append(line)

    def take(self, last=None):
        while self._returned:
            line = self._returned.popleft()
            if not self.is_lost(line):
                return line
        return self._queue.take(last)

    def is_lost(self, line):
        return self._queue.is_lost(line)


class Local:
    """Workers on this machine: a process each."""

    def start(
        self,
        runner: scripts.Runner,
        slot: devices.Slot,
        care: Care,
        lost: "LocalWorker | None" = None,
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
            heard = [key.data for key, _ in selector.select(TICK_S)]
        # A child that outlives its worker may hold the pipe open.
        return heard + [
            worker
            for worker in opened
            if worker not in heard and worker.process.poll() is not None
        ]


LOCAL = Local()


def run(
    runner: scripts.Runner,
    lines: list[argfile_lines.Line],
    slots: list[devices.Slot],
    care: Care = NO_CARE,
    engine: Engine = LOCAL,
) -> Outcomes:
    """Yields outcomes as `work`, of lines that are run in their order."""
    return work(runner, InOrder(lines), slots[: len(lines)], care, engine)


def work(
    runner: scripts.Runner,
    queue: Queue,
    slots: list[devices.Slot],
    care: Care = NO_CARE,
    engine: Engine = LOCAL,
) -> Outcomes:
    """Yields the outcome of each line as it ends, and None once a second.

    A worker runs line after line; where one dies, its line has failed and a new
    one takes its place. The worker of a line that is lost is stopped, and the
    line has no outcome; a line that its worker has left is run by another one.
    When the iterator is closed or left by an exception, all workers and their
    children are stopped. Raises RuntimeError if STARTS workers of a slot, one
    after the other, die before they can take a line.
    """
    workers: list[Worker] = []
    queue = _Refilled(queue)
    try:
        for slot in slots:
            workers.append(engine.start(runner, slot, care))
        while any(worker.is_open for worker in workers):
            for worker in engine.speaking(workers):
                outcome = worker.listen()
                if outcome is not None:
                    yield outcome
            for worker in workers:
                worker.stop_if_stuck()
                if worker.line is not None and queue.is_lost(worker.line):
                    worker.stop()
            for worker in [each for each in workers if each.has_ended]:
                workers.remove(worker)
                if worker.left is not None:
                    queue.give_back(worker.left)
                if not queue.is_over:
                    workers.append(
                        engine.start(runner, worker.slot, care, worker)
                    )
            yield from _hand_on(queue, workers)
            if queue.is_over:  # Else a place that never comes is waited for.
                for worker in [each for each in workers if each.is_placeless]:
                    worker.close()
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


class LocalWorker:
    """One worker process, and the line it is working on; a `Worker`."""

    def __init__(
        self,
        runner: scripts.Runner,
        slot: devices.Slot,
        care: Care,
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

    def listen(self) -> Outcome | None:
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

    def stop_if_stuck(self) -> None:
        """Kills a worker whose line gets on no more; `listen` says so then."""
        if self.line and self._watch and self._watch.is_stuck():
            self._stuck = f"no progress for {self._care.timeout}"
            self.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(GRACE_S)
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
        self.end(GRACE_S)

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


def _stop(workers):
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + GRACE_S
    for worker in workers:
        worker.end(max(0, deadline - time.monotonic()))
