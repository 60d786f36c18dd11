"""Lines that fail are tried again, those that ran out of memory alone."""

import collections
import contextlib
import dataclasses
import re
from collections.abc import Callable

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import argfile_lines, worker_pool

# Of TensorFlow, XLA, Python and the system, in this order.
_OUT_OF_MEMORY = re.compile(
    r"ResourceExhausted|RESOURCE_EXHAUSTED|\bMemoryError\b|killed by signal 9\b"
)
ALONE = "to be tried again alone, at the end"


def run(
    run_lines: Callable[[list, list], worker_pool.Outcomes],
    lines: list[argfile_lines.Line],
    slots: list[devices.Slot],
    retries: int = 0,
) -> worker_pool.Outcomes:
    """Yields outcomes of lines as they end; `again` says that it is not over.

    Lines that failed here run again once all others have ended, up to `retries`
    times. One that ran out of memory runs once more alone, after all of these.

    Args:
        run_lines: Function (lines, slots) -> outcomes, and None once a second.
        lines: All lines to run.
        slots: Where they may run.
        retries: How often each may be tried again.
    """
    tries = collections.Counter()
    alone = []
    while lines:
        failed = []
        with contextlib.closing(run_lines(lines, slots)) as outcomes:
            for outcome in outcomes:
                if outcome is None or not outcome.failure or outcome.by:
                    yield outcome
                elif _OUT_OF_MEMORY.search(outcome.failure):
                    alone.append(outcome.line)
                    yield dataclasses.replace(outcome, again=ALONE)
                elif tries[outcome.line.number] < retries:
                    tries[outcome.line.number] += 1
                    failed.append(outcome.line)
                    count = f"{tries[outcome.line.number]} of {retries}"
                    again = f"to be tried again, {count}"
                    yield dataclasses.replace(outcome, again=again)
                else:
                    yield outcome
        lines = failed
    if alone:
        with contextlib.closing(run_lines(alone, slots[:1])) as outcomes:
            yield from outcomes
