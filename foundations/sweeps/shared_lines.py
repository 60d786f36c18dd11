"""Lines that several sweeps share, each of them running what nobody has.

Of a line that another sweep has, this one waits for the end, whatever it is;
where the other one is gone, it takes the line over.
"""

import contextlib
import dataclasses
import functools
import logging
import os
import random
import time
from collections.abc import Callable, Iterator

from lottery_ticket.foundations.machine import devices, files
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    leases,
    line_groups,
    line_waits,
    local_workers,
    scripts,
    worker_pool,
    worker_protocol,
)

_log = logging.getLogger(__name__)
POLL_S = 3  # With nothing left to take; what ends soon is seen sooner.
FIRST_POLL_S = 0.5
TAKING_S = 1  # Of trying lines, before it is time to renew.
JITTER = 0.2  # So that sweeps that began together do not ask together.
FOLDER = "leases"
OTHER = "another sweep"


def folder(runner: scripts.Runner, lines: list[argfile_lines.Line]) -> str:
    """Returns where the leases of lines are: beside what all have in common.

    Raises ValueError if their output_dirs share no folder, or the runner cannot
    tell what is complete.
    """
    for blind in runner.blind:
        raise ValueError(
            "--shard=leases needs a runner that tells which lines are "
            f"complete: {blind.text} has no RUN that returns a plans.Plan. "
            "Give --shard=I/N."
        )
    shared = argfile_lines.shared_folder(lines)
    if not any(shared[1:]):  # Nothing after "" or "s3:".
        raise ValueError(
            "Leases lie in a folder that all output_dirs share, and these "
            "share none. Give the argfile an --output_dir."
        )
    return files.join("/".join(shared), FOLDER)


def run(
    runner: scripts.Runner,
    lines: list[argfile_lines.Line],
    slots: list[devices.Slot],
    held: leases.Leases,
    waits: line_waits.LineWaits,
    verify: bool = False,
    care: worker_protocol.Care = worker_protocol.NO_CARE,
    again: Callable[[worker_protocol.Outcome], str] = lambda _: "",
    engine: worker_protocol.Engine = local_workers.LOCAL,
) -> worker_protocol.Outcomes:
    """Yields outcomes of lines as `worker_pool.run`, also of those elsewhere.

    When it is closed or left by an exception, workers are stopped, and then the
    lines that they had are left to others.

    Args:
        runner: What runs the lines.
        lines: Lines that were not complete, each with a log of its own.
        slots: Where workers are to be.
        held: The leases of this sweep.
        waits: What lines wait for.
        verify: As of `argfile_lines.look_up`, once a line is taken.
        care: As of `worker_pool.work`.
        again: Whether a line that ended so is tried again: others may do so.
        engine: As of `worker_pool.work`.
    """
    look_up = functools.partial(argfile_lines.look_up, runner, verify=verify)
    shared = SharedLines(look_up, lines, held, waits)
    try:
        shared.tick()
        with contextlib.closing(
            worker_pool.work(runner, shared, slots, care, engine)
        ) as outcomes:
            for outcome in outcomes:
                if outcome is None:
                    shared.tick()
                    yield None
                elif shared.end(outcome, bool(again(outcome))):
                    yield outcome
                yield from shared.news()
        waits.give_up()
        yield from shared.news()
    finally:
        shared.leave()


class SharedLines:
    """The lines of this sweep that have not ended, for a pool to take from."""

    def __init__(
        self,
        look_up: Callable[[argfile_lines.Line], argfile_lines.Answer],
        lines: list[argfile_lines.Line],
        held: leases.Leases,
        waits: line_waits.LineWaits,
    ):
        """Takes what looks a line up, and lines that were not complete."""
        self._look_up = look_up
        self._leases = held
        self._waits = waits
        waits.freed([line.number for line in lines])  # They are there.
        self._names = {line.number: _name(line) for line in lines}
        # Lines that have neither ended nor are run here, by name.
        self._open = {_name(line): line for line in lines}
        self._here: dict[str, argfile_lines.Line] = {}
        # Those of them that nobody has, as seen, and that do not wait.
        self._free = line_groups.LineGroups()
        self._elsewhere: set[int] = set()  # Numbers of lines others have.
        self._first: dict[str, int] = {}  # Number of the lease at the start.
        self._news: list[worker_protocol.Outcome] = []
        self._looked_at = float("-inf")
        self._poll_s = FIRST_POLL_S
        self._random = random.Random()

    @property
    def is_over(self) -> bool:
        """Whether all lines have ended, are run here, or wait in vain.

        The latter wait for lines that this sweep will try again.
        """
        if self._here and self._open:
            return False
        return all(map(self._waits.has, self._open.values()))

    def take(
        self, last: argfile_lines.Line | None = None
    ) -> argfile_lines.Line | None:
        """Returns a line that is now this sweep's, or None if none is free.

        It is for a worker that has run the line `last` before.
        """
        end = time.monotonic() + TAKING_S
        while self._free and time.monotonic() <= end:
            line = self._try(self._free.pop(last))
            if line is not None and self._is_to_run(line):
                self._free.give(line, last)
                return line
        return None

    def is_lost(self, line: argfile_lines.Line) -> bool:
        """Whether a line that was taken is another's by now."""
        return self._names[line.number] not in self._here

    def end(
        self, outcome: worker_protocol.Outcome, is_left: bool = False
    ) -> bool:
        """Ends a line that was run; returns whether it was still ours.

        If it is left, any sweep may try it again.
        """
        name = self._names[outcome.line.number]
        if self._here.pop(name, None) is None:
            return False
        state = leases.DONE if outcome.failure is None else leases.FAILED
        state = leases.LEFT if is_left else state
        self._leases.end(name, state, outcome.failure or "")
        self._waits.end(outcome.line, outcome.failure, is_left)
        return True

    def tick(self) -> None:
        """Renews leases and looks at those of others, when it is time."""
        self._leases.renew()
        here = (line.number for line in self._here.values())
        self._waits.poll({*here, *self._elsewhere})
        for line in self._waits.freed(self._names):
            self._open[self._names[line.number]] = line
            self._looked_at = float("-inf")
        wait_s = leases.RENEW_S
        if self._is_waiting:
            wait_s = min(self._poll_s, POLL_S)
        jitter = self._random.uniform(1 - JITTER, 1)
        if time.monotonic() - self._looked_at >= wait_s * jitter:
            self._look()
            # Others end about when this one does, or much later.
            self._poll_s = (
                2 * self._poll_s if self._is_waiting else FIRST_POLL_S
            )
        for name in [x for x in self._here if not self._leases.has(x)]:
            self._open[name] = self._here.pop(name)

    def news(self) -> Iterator[worker_protocol.Outcome]:
        """Yields the outcomes of lines that have ended without being run."""
        for outcome in self._waits.news():
            name = self._names.get(outcome.line.number, "")
            if self._open.pop(name, None) is None:
                continue  # Its lease has told.
            if outcome.failure is None:  # Found complete.
                outcome = dataclasses.replace(outcome, by=OTHER)
            yield outcome
        while self._news:
            yield self._news.pop()

    def leave(self) -> None:
        """Leaves the lines that are still here to others."""
        while self._here:
            self._leases.end(self._here.popitem()[0], leases.LEFT)

    @property
    def _is_waiting(self):
        """Whether all lines are run or have ended, some of them elsewhere."""
        return bool(self._open) and not self._free

    def _try(self, line):
        """Returns a line if its lease is ours now, or None."""
        name = self._names[line.number]
        if name not in self._open:
            return None
        try:
            if self._leases.take(name, line.text):
                self._here[name] = self._open.pop(name)
                return line
        except OSError as error:
            self._end_open(name, f"its lease cannot be written: {error}")
        return None

    def _is_to_run(self, line):
        """Looks a line up again, now that nobody else can change it."""
        found = self._look_up(line)
        if found is False:
            return True
        failure = None if found is True else str(found)
        outcome = worker_protocol.Outcome(line, failure)
        self.end(outcome)
        self._news.append(outcome)
        return False

    def _look(self):
        """Sorts lines by their leases: free, ended elsewhere, or being run."""
        self._looked_at = time.monotonic()
        try:
            last = self._leases.look(self._open)
        except OSError as error:
            _log.warning("Leases cannot be looked at for now: %s", error)
            return
        self._first = self._first or {
            x: each.number for x, each in last.items()
        }
        self._free.clear()
        self._elsewhere.clear()
        for name, lease in last.items():
            line = self._open[name]
            if self._is_free(name, lease):
                if not self._waits.has(line):
                    self._free.add(line)
            elif lease.state == leases.TAKEN:
                self._elsewhere.add(line.number)
            elif lease.state == leases.DONE:
                self._end_open(name, None, lease.by)
            elif lease.state == leases.FAILED:
                self._end_open(name, lease.reason, lease.by)

    def _is_free(self, name, lease):
        """Whether a line may be taken.

        So may lines that had ended before this sweep began, which it has looked
        up, and those of another argfile, with other flags.
        """
        if lease.state == leases.TAKEN:
            return lease.is_stale
        is_old = lease.number <= self._first.get(name, 0)
        is_other = lease.line != self._open[name].text
        return lease.state == leases.LEFT or is_old or is_other

    def _end_open(self, name, failure, by=""):
        line = self._open.pop(name)
        self._news.append(worker_protocol.Outcome(line, failure, by))
        self._waits.end(line, failure)


def _name(line):
    """The name of a line in leases: its log's, which it has alone."""
    return os.path.basename(line.log).removesuffix(".log")
