"""Lines that fail are tried again, those that ran out of memory alone."""

import collections
import contextlib
import dataclasses
import re
from collections.abc import Callable

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    worker_protocol,
)

# Of TensorFlow, XLA, Python and the system, in this order.
_OUT_OF_MEMORY = re.compile(
    r"ResourceExhausted|RESOURCE_EXHAUSTED|\bMemoryError\b|killed by signal 9\b"
)
ALONE = "to be tried again alone, at the end"


def run(
    run_lines: Callable[[list, list, Callable], worker_protocol.Outcomes],
    lines: list[argfile_lines.Line],
    slots: list[devices.Slot],
    retries: int = 0,
    waiting: Callable[[], list[argfile_lines.Line]] = list,
) -> worker_protocol.Outcomes:
    """Yields outcomes of lines as they end; `again` says that it is not over.

    Lines that failed here run again once all others have ended, up to `retries`
    times. One that ran out of memory runs once more alone, after all of these.
    Lines that wait for any of them come with, or after them; those that waited
    in vain, as what they read has failed for good, do not run again.

    Args:
        run_lines: Function (lines, slots, again) -> outcomes, and None once a
            second; again is a function (outcome) -> what is to come of its
            line, in words, or "".
        lines: All lines to run.
        slots: Where they may run.
        retries: How often each may be tried again.
        waiting: Function () -> lines that still wait for others.
    """
    tries = _Tries(retries)
    alone = []
    while lines:
        failed = []
        with contextlib.closing(run_lines(lines, slots, tries.again)) as found:
            for outcome in found:
                if outcome is None or not (again := tries.again(outcome)):
                    yield outcome
                    continue
                (alone if again == ALONE else failed).append(outcome.line)
                yield dataclasses.replace(outcome, again=again)
        tries.count(failed)
        if alone and not failed:
            last = run_lines(alone, slots[:1], lambda _: "")
            with contextlib.closing(last) as outcomes:
                yield from outcomes
            alone = []
        lines = [*failed, *waiting()]


class _Tries:
    """How often lines have been tried again."""

    def __init__(self, retries):
        self._retries = retries
        self._counts = collections.Counter()

    def again(self, outcome):
        """What is to come of a line that ended so, in words, or ""."""
        if not outcome.failure or outcome.by or outcome.is_in_vain:
            return ""
        if _OUT_OF_MEMORY.search(outcome.failure):
            return ALONE
        count = self._counts[outcome.line.number] + 1
        text = f"to be tried again, {count} of {self._retries}"
        return text if count <= self._retries else ""

    def count(self, lines):
        """Takes in that lines are tried again."""
        self._counts.update(line.number for line in lines)
