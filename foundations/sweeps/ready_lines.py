"""Lines of a sweep that are run here as they become ready."""

import contextlib
from collections.abc import Callable

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    line_groups,
    line_waits,
    local_workers,
    scripts,
    worker_pool,
    worker_protocol,
)


def run(
    runner: scripts.Runner,
    lines: list[argfile_lines.Line],
    slots: list[devices.Slot],
    waits: line_waits.LineWaits,
    care: worker_protocol.Care = worker_protocol.NO_CARE,
    again: Callable[[worker_protocol.Outcome], str] = lambda _: "",
    engine: worker_protocol.Engine = local_workers.LOCAL,
) -> worker_protocol.Outcomes:
    """Yields outcomes as `worker_pool.work`, of lines that may wait first.

    Lines that wait for one that is tried again have none: they wait on.

    Args:
        runner: What runs the lines.
        lines: The lines, those included that wait.
        slots: Where workers are to be.
        waits: What they wait for.
        care: As of `worker_pool.work`.
        again: Function (outcome) -> what is to come of its line, "" if nothing.
        engine: As of `worker_pool.work`.
    """
    ready = ReadyLines(lines, waits)
    if not ready.is_over:
        slots = slots[: len(lines)]
        with contextlib.closing(
            worker_pool.work(runner, ready, slots, care, engine)
        ) as outcomes:
            for outcome in outcomes:
                if outcome is not None:
                    ready.end(outcome, bool(again(outcome)))
                ready.tick()
                yield outcome
                yield from waits.news()
    waits.give_up()
    yield from waits.news()


class ReadyLines:
    """The lines that can be run, for a pool to take from."""

    def __init__(
        self, lines: list[argfile_lines.Line], waits: line_waits.LineWaits
    ):
        """Takes lines, and what some of them wait for."""
        self._groups = line_groups.LineGroups(
            line for line in lines if not waits.has(line)
        )
        self._waits = waits
        self._numbers = {line.number for line in lines}
        self._running: set[int] = set()
        waits.freed(self._numbers)  # They are there.

    @property
    def is_over(self) -> bool:
        """Whether none is ready, nor will be by one that runs."""
        return not self._groups and not (self._running and self._waits)

    def take(
        self, last: argfile_lines.Line | None = None
    ) -> argfile_lines.Line | None:
        """Returns a line for a worker that ran `last` before, or None."""
        line = self._groups.pop(last)
        if line is not None:
            self._groups.give(line, last)
            self._running.add(line.number)
        return line

    def is_lost(self, line: argfile_lines.Line) -> bool:
        """No line is."""
        return False

    def end(self, outcome: worker_protocol.Outcome, is_left: bool) -> None:
        """Ends a line; if it is left, it is tried again later."""
        self._running.discard(outcome.line.number)
        self._waits.end(outcome.line, outcome.failure, is_left)

    def tick(self) -> None:
        """Takes in the lines that have become ready."""
        self._waits.poll(self._running)
        for line in self._waits.freed(self._numbers):
            self._groups.add(line)
