"""Tests of foundations/sweeps/attempts."""

import contextlib

import pytest

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    attempts,
    worker_protocol,
)

SLOTS = [devices.Slot(name, {}) for name in ("A", "B")]
KILLED = "worker killed by signal 9 (Killed; out of memory?)"


def _line(number):
    return argfile_lines.Line(number, (f"--a={number}",))


class _Pool:
    """Runs lines without processes; `fates` has what each attempt ends with."""

    def __init__(self, **fates):
        self.fates = {int(key[1:]): list(each) for key, each in fates.items()}
        self.passes = []  # Numbers of lines, and of slots.
        self.is_closed = False

    def run(self, lines, slots, again):
        self.again = again
        self.passes.append(([line.number for line in lines], len(slots)))
        try:
            for line in lines:
                failures = self.fates.get(line.number)
                failure = failures.pop(0) if failures else None
                yield None
                yield worker_protocol.Outcome(line, failure)
        finally:
            self.is_closed = True


def _outcomes(pool, count, retries):
    lines = [_line(number) for number in range(1, count + 1)]
    found = attempts.run(pool.run, lines, SLOTS, retries)
    return [
        (each.line.number, each.failure, each.again) for each in found if each
    ]


def test_without_failures_lines_run_once():
    pool = _Pool()
    expected = [(1, None, ""), (2, None, "")]
    assert _outcomes(pool, 2, retries=3) == expected
    assert pool.passes == [([1, 2], 2)]


def test_lines_that_fail_run_again_after_all_others():
    pool = _Pool(_1=["x", "y"], _2=["z"], _3=[])
    assert _outcomes(pool, 3, retries=2) == [
        (1, "x", "to be tried again, 1 of 2"),
        (2, "z", "to be tried again, 1 of 2"),
        (3, None, ""),
        (1, "y", "to be tried again, 2 of 2"),
        (2, None, ""),
        (1, None, ""),
    ]
    assert pool.passes == [([1, 2, 3], 2), ([1, 2], 2), ([1], 2)]


def test_in_the_end_a_failure_is_one():
    assert _outcomes(_Pool(_1=["x", "y"]), 1, retries=1) == [
        (1, "x", "to be tried again, 1 of 1"),
        (1, "y", ""),
    ]
    assert _outcomes(_Pool(_1=["x"]), 1, retries=0) == [(1, "x", "")]


@pytest.mark.parametrize(
    "failure",
    [
        KILLED,
        "ResourceExhaustedError: OOM when allocating tensor with shape[8]",
        "InternalError: RESOURCE_EXHAUSTED: Out of memory",
        "MemoryError: ",
    ],
)
def test_without_memory_lines_run_alone_once_at_the_end(failure):
    pool = _Pool(_1=[failure], _2=[failure, failure], _3=["x"])
    assert _outcomes(pool, 3, retries=1) == [
        (1, failure, attempts.ALONE),
        (2, failure, attempts.ALONE),
        (3, "x", "to be tried again, 1 of 1"),
        (3, None, ""),
        (1, None, ""),
        (2, failure, ""),
    ]
    assert pool.passes == [([1, 2, 3], 2), ([3], 2), ([1, 2], 1)]


@pytest.mark.parametrize(
    "failure",
    [
        "worker killed by signal 15 (Terminated)",
        "worker ended with exit status 9",
        "no progress for 9min",
    ],
)
def test_other_ends_are_not_for_want_of_memory(failure):
    assert _outcomes(_Pool(_1=[failure]), 1, 0) == [(1, failure, "")]


def test_what_failed_in_another_sweep_is_that_ones():
    def run(lines, slots, again):
        yield worker_protocol.Outcome(lines[0], KILLED, "process 1 on there")

    (outcome,) = attempts.run(run, [_line(1)], SLOTS, 5)
    assert not outcome.again


def test_what_waited_in_vain_is_not_tried_again():
    def run(lines, slots, again):
        yield worker_protocol.Outcome(lines[0], "not run", is_in_vain=True)

    (outcome,) = attempts.run(run, [_line(1)], SLOTS, 5)
    assert not outcome.again


def test_closing_closes_the_pool():
    pool = _Pool(_1=["x"])
    with contextlib.closing(attempts.run(pool.run, [_line(1)], SLOTS)) as found:
        next(found)
    assert pool.is_closed


def test_lines_that_wait_come_with_those_that_are_tried_again():
    pool = _Pool(_1=["x"], _2=[KILLED])
    waiting = [[_line(3)], [_line(3)], []]
    lines = [_line(number) for number in (1, 2, 3)]

    def run(lines, slots, again):
        ready = [line for line in lines if line.number < 3 or len(waiting) < 2]
        yield from pool.run(ready, slots, again)

    found = attempts.run(run, lines, SLOTS, 1, lambda: waiting.pop(0))
    assert len([each for each in found if each]) == 5
    assert pool.passes == [([1, 2], 2), ([1], 2), ([2], 1), ([3], 2)]
