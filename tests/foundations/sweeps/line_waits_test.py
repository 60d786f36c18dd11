"""Tests of foundations/sweeps/line_waits."""

import functools
import os

import pytest

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import paths, plans, sealed, unready
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    line_waits,
    scripts,
    worker_protocol,
)

DONE = sealed.ResultFile("run.json")


def plan(
    output_dir: str, *, reads: str = "", levels: int = 0, bad: bool = False
) -> plans.Plan:
    """Reads some runs, and writes one, or one a level.

    Args:
        output_dir: Folder.
        reads: Folders of runs, with commas between them.
        levels: How many runs lie in folders below it.
        bad: Whether it is refused.
    """
    for folder in filter(None, reads.split(",")):
        if not files.exists(paths.record(folder)):
            raise unready.Unready(f"{folder} is not finished", folder)
    if bad:
        raise ValueError("it is bad")
    below = [f"{output_dir}/{level}" for level in range(levels)]
    parts = [plans.Result(x, {}, DONE) for x in below or [output_dir]]
    return plans.Plan(output_dir, tuple(parts), lambda: None)


RUNNER = scripts.Runner("it.py", declared=flags.Command(plan))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def clock(monkeypatch):
    """A list of one number, which is the time."""
    now = [0.0]
    monkeypatch.setattr(line_waits.time, "monotonic", lambda: now[0])
    return now


def _make(*folders):
    """Finishes runs."""
    for each in folders:
        DONE.write(each, {"settings": {}})


def _lines(*texts):
    lines = [
        argfile_lines.Line(number, tuple(f"--output_dir={text}".split()))
        for number, text in enumerate(texts, start=1)
    ]
    return argfile_lines.check(RUNNER, lines)


def _placed(lines, runner=RUNNER, here=None):
    """The agenda of some lines, those with numbers in `here` or all."""
    own = [line for line in lines if here is None or line.number in here]
    writers = line_waits.Writers(runner, lines)
    elsewhere = {line.number for line in lines} - {x.number for x in own}
    agenda = argfile_lines.agenda(runner, own)
    return line_waits.place(agenda, writers, elsewhere), writers


def _waits(*texts):
    """What waits, and the lines by number."""
    lines = _lines(*texts)
    agenda, writers = _placed(lines)
    looked_up = functools.partial(argfile_lines.looked_up, RUNNER)
    waits = line_waits.LineWaits(looked_up, agenda, writers)
    return waits, {line.number: line for line in lines}


def _shown(agenda):
    to_run = [line.number for line in agenda.to_run]
    waits = {
        number: (os.path.relpath(wait.folder), wait.by)
        for number, wait in agenda.waits.items()
    }
    return to_run, waits, {line.number: why for line, why in agenda.refused}


def _ends(waits):
    return sorted((x.line.number, x.failure) for x in waits.news())


def _freed(waits):
    return [line.number for line in waits.freed(range(100))]


def test_a_line_waits_for_the_one_that_writes_what_it_reads():
    agenda, _ = _placed(
        _lines("b --reads=a/2", "a --levels=3", "c --reads=b", "d")
    )
    expected = {1: ("a/2", 2), 3: ("b", 1)}
    assert _shown(agenda) == ([1, 2, 3, 4], expected, {})
    assert agenda.text.endswith("4 to run (2 once what they read is there)")


def test_a_folder_that_lies_in_another_lines_is_that_of_its_writer():
    agenda, _ = _placed(_lines("a --levels=3", "a/2/b", "c --reads=a/2/b"))
    assert _shown(agenda)[1] == {3: ("a/2/b", 2)}


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        # Nobody writes it; the one who would is complete.
        (["b --reads=x", "a"], "x is not finished"),
        (["b --reads=a/3", "a --levels=3"], "a/3 is not finished"),
        (["b --reads=b"], "b is not finished"),
        (["b --reads=done/x", "done"], "done/x is not finished"),
        (["b --reads=a", "a --bad"], "not run: .*, a, is made by no line that"),
        (["b --reads=a", "a --reads=b"], "not run: .*, a, is made by no line"),
        (["b --reads=a/8", "a --reads=x"], "not run: .*, a/8, is made by no"),
        (
            ["b --reads=a", "a --reads=c", "c --reads=x"],
            "not run: .*, a, is made by no line that runs",
        ),
    ],
)
def test_a_line_that_would_wait_for_ever_is_refused(lines, why):
    _make("done")
    refused = _shown(_placed(_lines(*lines))[0])[2]
    assert refused.keys() >= {1}
    with pytest.raises(ValueError, match=why):
        raise ValueError(refused[1])


def test_what_another_shard_makes_is_not_waited_for():
    lines = _lines("a", "b --reads=a", "c --reads=b")
    to_run, waits, refused = _shown(_placed(lines, here={2, 3})[0])
    assert (to_run, waits) == ([], {})
    assert "a, is made by a line of another shard: run this" in refused[2]
    assert "b, is made by no line that runs" in refused[3]
    _make("a")
    assert _shown(_placed(lines, here={2, 3})[0])[0] == [2, 3]


def test_a_runner_without_plans_may_write_all_below_its_folder():
    plain = scripts.Runner("plain.py")
    (reader,) = _lines("b --reads=a/x/y")
    writer = argfile_lines.Line(2, (), "./a/", runner=plain)
    assert _shown(_placed([reader, writer])[0])[1] == {1: ("a/x/y", 2)}


def test_a_line_is_free_once_its_folder_is_there(clock):
    waits, lines = _waits("a --levels=3", "b --reads=a/1", "c --reads=a/2")
    assert len(waits) == 2 and waits.has(lines[2])
    waits.poll([1])
    _make("a/0", "a/1")
    waits.poll([1])  # It has looked just now.
    assert _freed(waits) == []
    clock[0] += line_waits.POLL_S
    waits.poll([])
    assert _freed(waits) == []  # Who writes it does not run.
    waits.poll([1])
    assert [x.number for x in waits.lines()] == [2, 3]
    assert _freed(waits) == [2] and _freed(waits) == []
    assert not waits.has(lines[2]) and waits.has(lines[3])
    assert [x.number for x in waits.lines()] == [3] and len(waits) == 1


def test_looking_costs_nothing_where_nothing_waits(monkeypatch):
    waits, lines = _waits("a", "b")
    monkeypatch.setattr(files, "read", pytest.fail)
    waits.poll([1, 2])
    waits.end(lines[1], None)
    assert _ends(waits) == [] and waits.lines() == []


def test_remote_folders_are_asked_for_rarely(clock, monkeypatch):
    texts = ["memory://a --levels=2", "b --reads=memory://a/1"]
    waits, _ = _waits(*texts)
    asked = []
    monkeypatch.setattr(
        files, "read", lambda path, _: asked.append(path) or b""
    )
    for _ in range(line_waits.REMOTE_POLL_S):
        waits.poll([1])
        clock[0] += 1
    waits.poll([1])
    assert asked.count("memory://a/1/run.json") == 2


def test_the_end_of_a_line_frees_those_that_wait_for_it():
    waits, lines = _waits("a", "b --reads=a", "c --reads=b", "d --reads=a")
    _make("a", "d")
    waits.end(lines[1], None)
    assert _freed(waits) == [2] and _ends(waits) == [(4, None)]
    _make("b")
    waits.end(lines[2], None)
    assert _freed(waits) == [3] and not waits


def test_a_failure_is_one_of_all_that_wait_for_it(folder):
    waits, lines = _waits(
        *("a --levels=2", "b --reads=a/0", "c --reads=a/1", "d --reads=c")
    )
    _make("a/0")
    waits.end(lines[1], "exit status 1")
    assert _freed(waits) == [2]  # What it reads was there before that.
    assert _ends(waits) == [
        (3, "not run: what it reads, a/1, failed"),
        (4, "not run: what it reads, c, failed"),
    ]
    assert not waits


def test_a_line_whose_writer_has_not_written_it_says_so():
    waits, lines = _waits("a", "b --reads=a", "c --reads=b")
    waits.end(lines[1], None)
    assert _ends(waits) == [
        (2, "a is not finished"),
        (3, "not run: what it reads, b, failed"),
    ]


def test_a_line_may_wait_for_several():
    waits, lines = _waits("a", "b", "c --reads=a,b", "d --reads=b,x")
    _make("a")
    waits.end(lines[1], None)
    assert waits.has(lines[3]) and _freed(waits) == []
    _make("b")
    waits.end(lines[2], None)
    assert _freed(waits) == [3]
    assert _ends(waits) == [(4, "x is not finished")]


def test_a_line_that_is_tried_again_is_waited_for():
    waits, lines = _waits("a", "b --reads=a", "c", "d --reads=c")
    waits.end(lines[1], "exit status 1", is_left=True)
    waits.give_up()
    assert _ends(waits) == [(4, "not run: nothing makes what it reads, c")]
    assert [x.number for x in waits.lines()] == [2]
    waits.end(lines[1], "exit status 1")
    assert _ends(waits) == [(2, "not run: what it reads, a, failed")]


def test_what_is_given_up_takes_along_what_waits_for_it():
    waits, _ = _waits("a", "b --reads=a", "c --reads=b")
    waits.give_up()
    assert [number for number, _ in _ends(waits)] == [2, 3]
    assert not waits and waits.lines() == []


def test_a_line_that_ran_elsewhere_waits_no_more():
    waits, lines = _waits("a", "b --reads=a", "c --reads=b")
    _make("a", "b")
    waits.end(lines[2], None)
    assert _freed(waits) == [3] and not waits


def test_a_line_that_ended_elsewhere_once_it_was_freed_is_over():
    waits, lines = _waits("a", "b --reads=a")
    _make("a")
    waits.end(lines[1], None)
    waits.end(lines[2], "exit status 1")
    assert _freed(waits) == [] and waits.lines() == []


def test_a_line_that_is_wrong_by_then_has_failed():
    waits, lines = _waits("a", "b --reads=a --bad")
    _make("a")
    waits.end(lines[1], None)
    assert _ends(waits) == [(2, "it is bad")]


def test_what_is_freed_says_what_it_compiles(monkeypatch):
    waits, lines = _waits("a", "b --reads=a")
    _make("a")
    monkeypatch.setattr(
        argfile_lines,
        "plan",
        lambda *_: plans.Plan("b", (), lambda: None, program=("net",)),
    )
    monkeypatch.setattr(plans.Plan, "is_complete", False)
    waits.end(lines[1], None)
    (line,) = waits.freed([2])
    assert line.program == ("net",)


def test_freed_lines_are_those_of_a_round():
    waits, lines = _waits("a", "b --reads=a", "c --reads=a")
    _make("a")
    waits.end(lines[1], None)
    assert [line.number for line in waits.freed([3])] == [3]
    assert [line.number for line in waits.lines()] == [2]
    assert worker_protocol.Outcome(lines[2], None) not in waits.news()


def test_a_folder_in_a_run_is_that_runs(clock):
    waits, _ = _waits("a --levels=2", "b --reads=a/1/masks")
    assert len(waits) == 1
    _make("a/1", "a/1/masks")
    waits.poll([1])
    assert _freed(waits) == [2]
