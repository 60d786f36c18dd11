"""Tests of foundations/sweeps/past_lines.py."""

import platform

import pytest

from lottery_ticket.foundations.machine import devices, hardware
from lottery_ticket.foundations.records import paths, run_record
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    journal,
    line_programs,
    past_lines,
    scripts,
    worker_protocol,
)
from lottery_ticket.runners import commands

RUNNER = scripts.Runner(
    "lottery_ticket.runners.main",
    ("lottery_experiment",),
    commands.find("lottery_experiment"),
)
SLOTS = [devices.Slot("CPU", {})]
Past = past_lines.Past


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()


@pytest.fixture
def programs():
    return line_programs.LinePrograms(RUNNER)


def line(number, flags="--iterations=1"):
    words = (f"--output_dir=out/{number}", *flags.split())
    return argfile_lines.Line(number, words, words[0], f"logs/{number}.log")


def add(lines, seconds, device="CPU", failure=None, runner=RUNNER.name):
    """Adds a sweep of one worker to the journal."""
    record = journal.Journal("logs")
    record.start(runner, "lines.txt", argfile_lines.Agenda([], lines, []))
    for each, took_s in zip(lines, seconds, strict=True):
        record.begin(each, device)
        outcome = worker_protocol.Outcome(each, failure, "", device, took_s)
        record.end(outcome)


def told(lines, programs):
    return past_lines.by_journal(RUNNER.name, lines, SLOTS, programs)


def test_the_first_line_of_a_worker_has_its_start(programs):
    lines = [line(number) for number in range(3)]
    add(lines, [20, 2, 4])
    assert told(lines, programs) == {programs.of(lines[0]): Past(3, 17)}


def test_lines_that_are_asked_for_no_more_tell_too(programs):
    add([line(number) for number in range(3)], [20, 2, 4])
    asked = [line(7)]
    assert told(asked, programs) == {programs.of(asked[0]): Past(3, 17)}


def test_programs_are_told_apart(programs):
    lines = [line(1), line(2), line(3, "--training_len=9it")]
    add(lines, [20, 2, 5])
    assert told(lines, programs) == {
        programs.of(lines[0]): Past(2, 18),
        programs.of(lines[2]): Past(5, 0),
    }


@pytest.mark.parametrize(("seconds", "is_rough"), [(20, True), (2000, False)])
def test_short_first_lines_alone_are_rough(programs, seconds, is_rough):
    add([line(1)], [seconds])
    found = told([line(1)], programs)
    assert [*found.values()] == [Past(seconds, 0, is_rough=is_rough)]


@pytest.mark.parametrize(
    "other",
    [{"device": "GPU 0"}, {"failure": "exit status 1"}, {"runner": "train"}],
)
def test_other_devices_runners_and_failures_say_nothing(programs, other):
    add([line(1), line(2)], [20, 2], **other)
    assert told([line(1), line(2)], programs) == {}


def test_other_machines_say_nothing(programs, monkeypatch):
    monkeypatch.setattr(platform, "node", lambda: "elsewhere")
    add([line(1)], [20])
    monkeypatch.undo()
    assert told([line(1)], programs) == {}


def test_a_line_that_was_begun_before_says_nothing(programs):
    record = journal.Journal("logs")
    record.start(RUNNER.name, "a", argfile_lines.Agenda([], [line(1)], []))
    record.begin(line(1), "CPU")  # And was killed.
    add([line(1)], [2])
    assert told([line(1)], programs) == {}


@pytest.mark.parametrize("damage", ["what is 'this", "--nonsense=1"])
def test_lines_that_are_none_are_passed_over(programs, damage, monkeypatch):
    monkeypatch.setattr(argfile_lines.Line, "text", damage)
    add([line(1)], [2])
    monkeypatch.undo()
    assert told([line(1)], programs) == {}


def write_run(number, device="CPU, 1 threads", processor=None):
    """Writes the runs of levels 0 and 1 of a line."""
    for level in (0, 1):
        run_record.write(
            paths.run(f"out/{number}", level, "same_init"),
            {
                **{"settings": {}, "inputs": {}, "checksums": {}},
                **{"train_s": 3.0 + level, "device": device},
                "environment": {"processor": processor or hardware.processor()},
            },
        )


def test_records_tell_times_of_training_and_bytes(programs):
    lines = [line(1), line(2)]
    for each in lines:
        write_run(each.number)
    times, sizes = past_lines.by_records(lines, SLOTS, programs)
    program = programs.of(lines[0])
    assert times == {program: Past(7, 0, is_of_training=True)}
    assert sizes == {program: past_lines.folder_bytes("out/1")}
    assert sizes[program] > 0


@pytest.mark.parametrize(
    "other", [{"device": "NVIDIA"}, {"processor": "Another"}]
)
def test_records_of_other_hardware_tell_bytes_alone(programs, other):
    write_run(1, **other)
    times, sizes = past_lines.by_records([line(1)], SLOTS, programs)
    assert times == {} and len(sizes) == 1
    gpu = [devices.Slot("GPU 0", {})]
    assert past_lines.by_records([line(1)], gpu, programs)[0] == {}
