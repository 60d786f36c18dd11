"""Tests of foundations/sweeps/ready_lines, without workers."""

import functools

import pytest

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.machine import devices, files
from lottery_ticket.foundations.records import paths, plans, sealed, unready
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    attempts,
    line_waits,
    local_workers,
    ready_lines,
    scripts,
    worker_pool,
    worker_protocol,
)

DONE = sealed.ResultFile("run.json")
SLOTS = [devices.Slot(name, {}) for name in ("A", "B")]
KILLED = "worker killed by signal 9 (Killed; out of memory?)"


def plan(
    output_dir: str, *, reads: str = "", levels: int = 1, net: str = ""
) -> plans.Plan:
    """Reads a run, and writes one a level.

    Args:
        output_dir: Folder.
        reads: Folder of a run.
        levels: How many runs lie in folders below it.
        net: What it compiles.
    """
    if reads and not files.exists(paths.record(reads)):
        raise unready.Unready(f"{reads} is not finished", reads)
    parts = [
        plans.Result(f"{output_dir}/{level}", {}, DONE)
        for level in range(levels)
    ]
    return plans.Plan(output_dir, tuple(parts), lambda: None, program=(net,))


RUNNER = scripts.Runner("it.py", declared=flags.Command(plan))


class _Pool:
    """Workers that write a level of their line at each turn, one by one.

    Attributes:
        fates: Dict, number of a line -> how its attempts end, after the first
            level has been written.
        begun: (number of a line, levels there are of line 1) as each began.
    """

    def __init__(self, folder, **fates):
        self.folder = folder
        self.fates = {int(key[1:]): list(each) for key, each in fates.items()}
        self.begun, self.passes = [], []

    def work(self, runner, queue, slots, care, engine):
        assert runner is RUNNER and care is worker_protocol.NO_CARE
        assert engine is local_workers.LOCAL
        last, running = {}, {}
        self.passes.append(len(slots))
        while running or not queue.is_over:
            for slot in (x.name for x in slots if x.name not in running):
                line = queue.take(last.get(slot))
                if line is not None:
                    running[slot] = last[slot] = line
                    levels = len(list(self.folder.glob("a/*/run.json")))
                    self.begun.append((line.number, levels))
            for slot, line in list(running.items()):
                outcome = self._turn(line)
                if outcome is not None:
                    del running[slot]
                    yield outcome
            yield None

    def _turn(self, line):
        parts = argfile_lines.plan(RUNNER, line).writes
        todo = [part for part in parts if not part.is_complete]
        if todo:
            todo[0].write({})
        if self.fates.get(line.number):
            return worker_protocol.Outcome(line, self.fates[line.number].pop(0))
        return None if todo[1:] else worker_protocol.Outcome(line, None)


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(line_waits, "POLL_S", 0)

    def run_sweep(*texts, retries=0, **fates):
        pool = _Pool(tmp_path, **fates)
        monkeypatch.setattr(worker_pool, "work", pool.work)
        lines = [
            argfile_lines.Line(n, tuple(f"--output_dir={text}".split()))
            for n, text in enumerate(texts, start=1)
        ]
        lines = argfile_lines.check(RUNNER, lines)
        writers = line_waits.Writers(RUNNER, lines)
        agenda = argfile_lines.agenda(RUNNER, lines)
        agenda = line_waits.place(agenda, writers)
        looked_up = functools.partial(argfile_lines.looked_up, RUNNER)
        waits = line_waits.LineWaits(looked_up, agenda, writers)

        def run_lines(lines, slots, again):
            return ready_lines.run(RUNNER, lines, slots, waits, again=again)

        found = attempts.run(
            run_lines, agenda.to_run, SLOTS, retries, waits.lines
        )
        ends = [
            (each.line.number, each.failure, bool(each.again))
            for each in found
            if each is not None
        ]
        return ends, pool

    return run_sweep


def test_a_line_begins_while_the_one_it_reads_of_still_runs(sweep):
    ends, pool = sweep("a --levels=4", "b --reads=a/1", "c --reads=a/3")
    assert sorted(ends) == [(n, None, False) for n in (1, 2, 3)]
    (first, second, third) = pool.begun
    assert first == (1, 0) and second == (2, 2) and third[0] == 3
    assert pool.passes == [2]


def test_lines_keep_to_a_program_as_they_become_ready(sweep):
    texts = ["a --net=x", "y --net=y", "b --reads=a/0 --net=y", "z --net=x"]
    _, pool = sweep(*texts)
    assert [number for number, _ in pool.begun] == [1, 2, 4, 3]


def test_a_failure_ends_what_waits(sweep):
    ends, pool = sweep(
        *("a --levels=2", "b --reads=a/0", "c --reads=a/1", "d --reads=c/0"),
        _1=["exit status 1"],
    )
    assert sorted(ends) == [
        (1, "exit status 1", False),
        (2, None, False),
        (3, "not run: what it reads, a/1, failed", False),
        (4, "not run: what it reads, c/0, failed", False),
    ]


def test_what_waits_for_a_line_that_is_tried_again_waits_on(sweep):
    ends, pool = sweep(
        *("a --levels=2", "b --reads=a/1", "c --reads=b/0", "d"),
        retries=1,
        _1=["exit status 1"],
    )
    assert sorted(n for n, failure, _ in ends if not failure) == [1, 2, 3, 4]
    assert [x for x in ends if x[1]] == [(1, "exit status 1", True)]
    assert [number for number, _ in pool.begun] == [1, 4, 1, 2, 3]


def test_what_waits_for_a_line_that_runs_alone_comes_after_it(sweep):
    ends, pool = sweep(
        *("a --levels=2", "b --reads=a/1", "c --reads=a/1", "d"),
        retries=1,
        _1=[KILLED],
        _4=["exit status 1"],
    )
    assert sorted(x for x in ends if not x[2]) == [
        (n, None, False) for n in (1, 2, 3, 4)
    ]
    assert [number for number, _ in pool.begun] == [1, 4, 4, 1, 2, 3]
    assert pool.passes == [2, 2, 1, 2]


def test_after_all_attempts_what_waits_has_failed(sweep):
    ends, _ = sweep(
        *("a --levels=5", "b --reads=a/4"),
        retries=1,
        _1=["exit status 1", KILLED, "exit status 3"],
    )
    assert ends == [
        (1, "exit status 1", True),
        (1, KILLED, True),
        (1, "exit status 3", False),
        (2, "not run: what it reads, a/4, failed", False),
    ]


def test_what_is_not_run_is_not_tried_again(sweep):
    ends, pool = sweep(
        *("a --levels=5", "b --reads=a/4", "c --reads=b/0"),
        retries=1,
        _1=["exit status 1", "exit status 1"],
    )
    assert sorted(x for x in ends if not x[2]) == [
        (1, "exit status 1", False),
        (2, "not run: what it reads, a/4, failed", False),
        (3, "not run: what it reads, b/0, failed", False),
    ]
    assert [number for number, _ in pool.begun] == [1, 1]


def test_a_line_that_does_not_write_what_it_says_is_no_hang(sweep, monkeypatch):
    def turn(_, line):
        return worker_protocol.Outcome(line, None)

    monkeypatch.setattr(_Pool, "_turn", turn)
    ends, _ = sweep("a", "b --reads=a/0")
    assert ends == [(1, None, False), (2, "a/0 is not finished", False)]
