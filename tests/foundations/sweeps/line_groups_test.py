"""Tests of foundations/sweeps/line_groups."""

import pytest

from lottery_ticket.foundations.sweeps import argfile_lines, line_groups


def _line(number, *program):
    return argfile_lines.Line(number, (f"--a={number}",), program=program)


def _lines(text):
    """Lines 1, 2, ... of programs such as a1: network a, program 1."""
    return [
        _line(number, *program)
        for number, program in enumerate(text.split(), start=1)
    ]


class _Workers:
    """Workers that take turns, each with its last line."""

    def __init__(self, groups, count):
        self.groups, self.last = groups, [None] * count

    def take(self, worker):
        line = self.groups.pop(self.last[worker])
        if line is None:
            return None
        self.groups.give(line, self.last[worker])
        self.last[worker] = line
        return line.number


@pytest.mark.parametrize(
    ("programs", "turns", "expected"),
    [
        # One program, or none that is known: in order.
        ("a1 a1 a1 a1", [0, 1, 0, 1], [1, 2, 3, 4]),
        # Two networks in turn: each worker keeps to one, then helps.
        ("a1 b1 a1 b1 a1 a1", [0, 1, 0, 1, 1, 0], [1, 2, 3, 4, 5, 6]),
        ("a1 b1 a1 b1", [0, 0, 0, 0], [1, 3, 2, 4]),
        # A program of the same network comes before another network.
        ("a1 b1 a2 a1", [0, 0, 0, 0], [1, 4, 3, 2]),
        # What another worker has is left to it as long as there is more.
        ("a1 a1 b1 b1 c1", [0, 1, 1, 1, 0], [1, 3, 4, 5, 2]),
        # All are taken: the largest is helped with.
        ("a1 a1 b1 b1 b1 c1", [0, 1, 2, 2], [1, 3, 6, 4]),
    ],
)
def test_workers_keep_to_what_they_have_compiled(programs, turns, expected):
    workers = _Workers(line_groups.LineGroups(_lines(programs)), 3)
    assert [workers.take(worker) for worker in turns] == expected


def test_lines_without_a_program_come_in_order():
    groups = line_groups.LineGroups([_line(n) for n in (3, 1, 2)])
    workers = _Workers(groups, 2)
    assert [workers.take(0), workers.take(1), workers.take(0)] == [1, 2, 3]
    assert workers.take(1) is None and len(groups) == 0


def test_a_line_that_is_added_comes_by_its_number():
    groups = line_groups.LineGroups(_lines("a1 b1 a1"))
    workers = _Workers(groups, 1)
    assert workers.take(0) == 1
    groups.add(_line(2, "b", "1"))  # It is there.
    groups.add(_line(0, "a", "1"))
    assert [workers.take(0) for _ in range(4)] == [0, 3, 2, None]


def test_every_line_is_handed_out_once():
    programs = " ".join(f"{'abc'[n % 3]}{n % 5}" for n in range(300))
    workers = _Workers(line_groups.LineGroups(_lines(programs)), 4)
    found = [workers.take(n % 4) for n in range(300)]
    assert sorted(found) == list(range(1, 301))


def test_compiled_programs_are_few():
    programs = " ".join("ab"[n % 2] + "1" for n in range(100))
    workers = _Workers(line_groups.LineGroups(_lines(programs)), 2)
    changes = 0
    for turn in range(100):
        before = workers.last[turn % 2]
        workers.take(turn % 2)
        after = workers.last[turn % 2]
        changes += before is None or before.program != after.program
    assert changes == 2
