"""Tests of foundations/sweeps/shared_lines, without workers."""

import functools

import pytest

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import paths, plans, sealed, unready
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    leases,
    line_logs,
    line_waits,
    scripts,
    shared_lines,
    worker_protocol,
)

DONE = sealed.ResultFile("done.json")


def plan(output_dir: str, *, lr: float = 0.1) -> plans.Plan:
    """Does nothing.

    Args:
        output_dir: Folder.
        lr: Rate.
    """
    part = plans.Result(output_dir, {"experiment": "mine", "lr": lr}, DONE)
    return plans.Plan(output_dir, (part,), lambda: part.write({}))


RUNNER = scripts.Runner("runner.py", declared=flags.Command(plan))


@pytest.fixture
def clock(monkeypatch):
    """A list of one number, which is the time."""
    now = [0.0]
    monkeypatch.setattr(leases.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def start(tmp_path, clock):
    def start_sweep(names="ab", words=()):
        lines = [
            argfile_lines.Line(n, (f"--output_dir={tmp_path}/out/{x}", *words))
            for n, x in enumerate(names, start=1)
        ]
        lines = line_logs.place(argfile_lines.check(RUNNER, lines), None)
        folder = shared_lines.folder(RUNNER, lines)
        assert folder == f"{tmp_path}/out/leases"
        own = leases.Leases(folder)
        look_up = functools.partial(argfile_lines.look_up, RUNNER)
        waits = line_waits.no_waits(RUNNER)
        sweep = shared_lines.SharedLines(look_up, lines, own, waits)
        sweep.tick()
        return sweep

    return start_sweep


@pytest.fixture
def start_waiting(tmp_path, clock, monkeypatch):
    """Starts a sweep of lines a, and b and c, which wait for it."""
    monkeypatch.setattr(line_waits.time, "monotonic", lambda: clock[0])

    def start_sweep(levels=1):
        place = f"{tmp_path}/out"
        texts = [
            f"--output_dir={place}/a --levels={levels}",
            f"--output_dir={place}/b --ticket={place}/a/{levels - 1}",
            f"--output_dir={place}/c --ticket={place}/b",
        ]
        lines = [
            argfile_lines.Line(n, tuple(text.split()))
            for n, text in enumerate(texts, start=1)
        ]
        runner = scripts.Runner("it.py", declared=flags.Command(reading_plan))
        lines = line_logs.place(argfile_lines.check(runner, lines), None)
        writers = line_waits.Writers(runner, lines)
        agenda = argfile_lines.agenda(runner, lines)
        agenda = line_waits.place(agenda, writers)
        look = functools.partial(argfile_lines.looked_up, runner)
        sweep = shared_lines.SharedLines(
            functools.partial(argfile_lines.look_up, runner),
            agenda.to_run,
            leases.Leases(f"{place}/leases"),
            line_waits.LineWaits(look, agenda, writers),
        )
        sweep.tick()
        return sweep

    return start_sweep


def reading_plan(
    output_dir: str, *, ticket: str = "", levels: int = 0
) -> plans.Plan:
    """Reads a run, and writes one, or one a level.

    Args:
        output_dir: Folder.
        ticket: Folder of a run.
        levels: How many.
    """
    if ticket and not files.exists(paths.record(ticket)):
        raise unready.Unready(f"{ticket} is not finished", ticket)
    below = [f"{output_dir}/{level}" for level in range(levels)]
    done = sealed.ResultFile("run.json")
    parts = [plans.Result(x, {}, done) for x in below or [output_dir]]
    return plans.Plan(output_dir, tuple(parts), lambda: None)


def _write(line, count=None):
    """Writes the first runs of a line, or all."""
    for part in reading_plan(**line.keywords).writes[:count]:
        part.write({})


def _end(sweep, line, failure=None):
    return sweep.end(worker_protocol.Outcome(line, failure))


def _news(sweep, clock):
    """What a sweep finds out at its next look."""
    clock[0] += leases.RENEW_S
    sweep.tick()
    return [(x.line.number, x.failure, bool(x.by)) for x in sweep.news()]


def test_a_line_is_handed_out_once(start):
    one, other = start("abcde"), start("abcde")
    taken = [one.take(), other.take(), other.take(), one.take(), one.take()]
    assert [line.number for line in taken] == [1, 2, 3, 4, 5]
    assert one.take() is None and other.take() is None
    assert not one.is_over and not other.is_over


def test_lines_that_end_elsewhere_are_news(start, clock):
    one, other = start(), start()
    first, second = one.take(), one.take()
    assert _news(other, clock) == []
    _end(one, first)
    _end(one, second, "exit status 1")
    assert _news(other, clock) == [(2, "exit status 1", True), (1, None, True)]
    assert other.is_over and one.is_over


def test_a_failed_line_is_tried_again_by_sweeps_that_start_later(start):
    one = start()
    _end(one, one.take(), "exit status 1")
    assert one.take().number == 2 and one.take() is None
    assert start().take().number == 1


def test_a_line_that_is_tried_again_is_no_failure_to_others(start, clock):
    one, other = start("a"), start("a")
    failed = worker_protocol.Outcome(one.take(), "exit status 1")
    assert one.end(failed, is_left=True)
    assert _news(other, clock) == []
    assert other.take().number == 1


def test_the_end_of_the_last_line_is_seen_soon(start, clock, monkeypatch):
    monkeypatch.setattr(shared_lines, "JITTER", 0)
    one, other = start("a"), start("a")
    line = one.take()
    assert other.take() is None
    looked_at = []
    look = other._leases.look
    monkeypatch.setattr(
        other._leases, "look", lambda x: looked_at.append(clock[0]) or look(x)
    )
    for second in range(12):
        clock[0] = second
        other.tick()
    assert looked_at == [1, 2, 4, 7, 10]
    _end(one, line)
    clock[0] = 13
    other.tick()
    assert [x.line.number for x in other.news()] == [1]


def test_a_lost_line_is_somebody_elses(start, clock):
    gone, other = start("a"), start("a")
    line = gone.take()
    assert not gone.is_lost(line)
    _news(other, clock)
    clock[0] += leases.STALE_S  # In which `gone` is stopped.
    other.tick()
    assert other.take() == line
    gone.tick()
    assert gone.is_lost(line) and not gone.is_over
    assert not _end(gone, line)
    _end(other, line)
    assert _news(gone, clock) == [(1, None, True)]
    assert gone.is_over


def test_what_a_sweep_leaves_can_be_taken_at_once(start, clock):
    one, other = start("a"), start("a")
    line = one.take()
    assert other.take() is None
    one.leave()
    assert _news(other, clock) == [] and other.take() == line


def test_a_line_is_looked_up_again_before_it_is_run(start, tmp_path):
    sweep, other = start(), start()
    settings = {"experiment": "mine", "lr": 0.1}
    DONE.write(f"{tmp_path}/out/a", {"settings": settings})
    DONE.write(f"{tmp_path}/out/b", {"settings": {**settings, "lr": 0.2}})
    assert sweep.take() is None and sweep.is_over
    failed, done = sweep.news()
    assert (done.line.number, done.failure) == (1, None)
    assert "made with other settings" in failed.failure
    assert other.take() is None


def test_lines_of_another_argfile_say_nothing_of_ours(start, clock):
    one, other = start("a"), start("a", ["--lr=0.2"])
    one.take()
    _end(one, argfile_lines.Line(1, ()))
    assert _news(other, clock) == []
    assert other.take().words[1] == "--lr=0.2"


def test_a_lease_that_cannot_be_written_fails_its_line_alone(start):
    sweep = start(["a", "b" * 250])  # Files have 255 bytes in their names.
    assert sweep.take().number == 1
    assert sweep.take() is None
    (failed,) = sweep.news()
    assert "its lease cannot be written: [Errno 36]" in failed.failure


def test_leases_that_cannot_be_seen_for_now_are_waited_for(
    start, clock, monkeypatch, caplog
):
    sweep = start()
    with monkeypatch.context() as broken:
        broken.setattr(files, "names", lambda _: open("/nowhere"))
        assert _news(sweep, clock) == []
    assert "Leases cannot be looked at for now: [Errno 2]" in caplog.text
    assert _news(sweep, clock) == [] and sweep.take() is not None


@pytest.mark.parametrize(
    "output_dirs",
    [("/a", "/b"), ("s3://a/x", "s3://b/x"), ("/a/b", "s3://a/b"), (None,)],
)
def test_lines_without_a_shared_folder_are_refused(output_dirs):
    lines = [argfile_lines.Line(1, (), folder) for folder in output_dirs]
    with pytest.raises(ValueError, match="Leases lie in a folder that all"):
        shared_lines.folder(RUNNER, lines)


def test_a_shared_bucket_is_a_folder():
    lines = [argfile_lines.Line(1, (), f"s3://a/{name}") for name in "xy"]
    assert shared_lines.folder(RUNNER, lines) == "s3://a/leases"


def test_a_runner_that_knows_nothing_complete_is_refused():
    runner = scripts.Runner("plain.py")
    with pytest.raises(ValueError, match="plain.py has no RUN that returns"):
        shared_lines.folder(runner, [])


def test_what_waits_is_taken_once_it_is_there_whoever_makes_it(
    start_waiting, clock
):
    one, other = start_waiting(levels=3), start_waiting(levels=3)
    line = one.take()
    assert one.take() is None and other.take() is None
    _write(line, 2)
    assert _news(other, clock) == [] and other.take() is None
    _write(line)  # It still runs.
    assert _news(other, clock) == []
    reader = other.take()
    assert reader.number == 2 and not other.is_over
    assert _news(one, clock) == [] and one.take() is None
    _write(reader)
    _end(other, reader)
    assert _news(one, clock) == [(2, None, True)]
    assert one.take().number == 3
    _end(one, line)
    assert (1, None, True) in _news(other, clock)


def test_a_failure_elsewhere_is_one_of_what_waits_here(start_waiting, clock):
    one, other = start_waiting(), start_waiting()
    _end(one, one.take(), "exit status 1")
    (third, second, first) = sorted(_news(other, clock), reverse=True)
    assert first == (1, "exit status 1", True)
    assert second[1].endswith("a/0, failed") and not second[2]
    assert third[1].endswith("b, failed")
    assert other.is_over
    assert sorted(number for number, *_ in _news(one, clock)) == [2, 3]
    assert one.is_over and one.take() is None


def test_what_is_made_and_read_between_two_looks_ends_once(
    start_waiting, clock
):
    one, other = start_waiting(), start_waiting()
    line = one.take()
    _write(line)
    _end(one, line)
    assert _news(one, clock) == []
    _end(one, one.take(), "exit status 1")
    found = _news(other, clock)
    assert sorted(number for number, *_ in found) == [1, 2, 3]
    assert _news(other, clock) == [] and other.is_over


def test_a_round_is_over_where_all_wait_for_what_is_tried_again(
    start_waiting, clock
):
    sweep = start_waiting()
    line = sweep.take()
    assert not sweep.is_over
    sweep.end(worker_protocol.Outcome(line, "exit status 1"), is_left=True)
    assert sweep.is_over
    assert _news(sweep, clock) == []
    again = start_waiting()
    assert again.take() == line and not again.is_over
