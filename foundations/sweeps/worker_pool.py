"""Runs the lines of an argfile in worker processes, each started once."""

import collections
import time
from typing import Protocol

from lottery_ticket.foundations.command_line import endings
from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    local_workers,
    scripts,
    worker_protocol,
)


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


def run(
    runner: scripts.Runner,
    lines: list[argfile_lines.Line],
    slots: list[devices.Slot],
    care: worker_protocol.Care = worker_protocol.NO_CARE,
    engine: worker_protocol.Engine = local_workers.LOCAL,
) -> worker_protocol.Outcomes:
    """Yields outcomes as `work`, of lines that are run in their order."""
    return work(runner, InOrder(lines), slots[: len(lines)], care, engine)


def work(
    runner: scripts.Runner,
    queue: Queue,
    slots: list[devices.Slot],
    care: worker_protocol.Care = worker_protocol.NO_CARE,
    engine: worker_protocol.Engine = local_workers.LOCAL,
) -> worker_protocol.Outcomes:
    """Yields the outcome of each line as it ends, and None once a second.

    A worker runs line after line; where one dies, its line has failed and a new
    one takes its place. The worker of a line that is lost is stopped, and the
    line has no outcome; a line that its worker has left is run by another one.
    When the iterator is closed or left by an exception, all workers and their
    children are stopped. Raises RuntimeError if STARTS workers of a slot, one
    after the other, die before they can take a line.
    """
    workers: list[worker_protocol.Worker] = []
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
            yield worker_protocol.Outcome(
                line, f"its log cannot be written: {why}"
            )
    if queue.is_over:
        worker.close()


def _stop(workers):
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + worker_protocol.GRACE_S
    for worker in workers:
        worker.end(max(0, deadline - time.monotonic()))
