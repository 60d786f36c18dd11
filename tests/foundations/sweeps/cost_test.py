"""Tests of foundations/sweeps/cost.py."""

import pytest

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    cost,
    journal,
    line_logs,
    past_lines,
    probe,
    scripts,
    worker_pool,
    worker_protocol,
)
from lottery_ticket.runners import commands

RUNNER = scripts.Runner(
    "lottery_ticket.runners.main",
    ("lottery_experiment",),
    commands.find("lottery_experiment"),
)
SLOTS = [devices.Slot("CPU", {})] * 2
SILENT = "it cannot be told yet what lines do"
TRIED = probe.Measured(10.0, 60.0, 2_000_000, 800_000_000, 7.6)


@pytest.fixture(autouse=True)
def tried(tmp_path, monkeypatch):
    """Words of lines that are tried out."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    tried = []

    def measure(runner, line, slot):
        tried.append(line.words)
        if "--subset=100" in line.words:
            raise probe.NoProbe("no luck")
        return TRIED

    monkeypatch.setattr(probe, "measure", measure)
    return tried


def lines(count, *flags, start=1):
    return [
        argfile_lines.Line(
            number,
            (f"--output_dir=out/{number}", *flags),
            f"out/{number}",
            f"logs/{number}.log",
        )
        for number in range(start, start + count)
    ]


def test_by_a_line_that_is_tried_out(tried):
    said = []
    found = cost.estimate(RUNNER, lines(5), SLOTS, say=said.append)
    # Three lines after the other, and a start.
    assert found == cost.Cost(
        190, 10_000_000, 800_000_000, 2, "by a line that was tried out for 8 s"
    )
    assert found.text.splitlines() == [
        "Time: about 3.2 min with 2 workers, "
        "by a line that was tried out for 8 s",
        "Disk: about 10 MB",
        "Memory: about 800 MB a worker, 1.6 GB in all",
    ]
    assert len(said) == len(tried) == 1


def test_by_lines_that_have_run_here(tried):
    record = journal.Journal("logs")
    done = lines(3, start=10)
    agenda = argfile_lines.Agenda([], done, [])
    record.start(RUNNER.name, "lines.txt", agenda)
    for line, seconds in zip(done, (20, 2, 4), strict=True):
        record.begin(line, "CPU")
        record.end(worker_protocol.Outcome(line, None, "", "CPU", seconds))
    found = cost.estimate(RUNNER, lines(5), SLOTS)
    assert found == cost.Cost(26, None, None, 2, "by lines that have run here")
    assert found.text == (
        "Time: about 26 s with 2 workers, by lines that have run here"
    )
    assert not tried


def test_a_rough_past_is_used_where_nothing_better_is(tried, monkeypatch):
    rough = past_lines.Past(20, 0, is_rough=True)
    monkeypatch.setattr(
        past_lines,
        "by_journal",
        lambda name, all_lines, slots, programs: {
            programs.of(all_lines[0]): rough
        },
    )
    assert cost.estimate(RUNNER, lines(2), SLOTS).seconds == 70
    assert cost.estimate(RUNNER, lines(2), SLOTS, probes=0).seconds == 20
    refused = lines(2, "--subset=100")
    assert cost.estimate(RUNNER, refused, SLOTS).seconds == 20
    assert len(tried) == 2


def test_programs_beyond_the_probes_count_as_the_others(tried):
    mixed = [
        *lines(1),
        *lines(2, "--subset=500", start=2),
        *lines(1, "--subset=100", start=4),
    ]
    found = cost.estimate(RUNNER, mixed, SLOTS[:1], probes=1)
    assert [each[1:] for each in tried] == [("--subset=500",)]
    assert found.seconds == 250
    assert found.size == 8_000_000
    assert found.basis.endswith(
        "for 8 s; 2 lines of other programs count as these"
    )


@pytest.mark.parametrize(
    ("runner", "flags", "probes", "why"),
    [
        (RUNNER, ("--subset=100",), 3, "line 1: no luck"),
        (RUNNER, (), 0, "no line of the same program has run here"),
        (
            scripts.Runner("/a.py"),
            (),
            3,
            SILENT,
        ),
    ],
)
def test_what_cannot_be_told_says_why(runner, flags, probes, why):
    found = cost.estimate(runner, lines(2, *flags), SLOTS, probes=probes)
    assert found == cost.Cost(None, None, None, 2, why)
    assert found.text == f"Time, disk and memory are not known: {why}"


def test_lines_that_say_nothing_yet_are_left_out(tried):
    mixed = [*lines(1, "--presets=nowhere"), *lines(5, start=2)]
    found = cost.estimate(RUNNER, mixed, SLOTS)
    assert found.seconds == 190 and found.size == 10_000_000
    assert found.basis == (
        "by a line that was tried out for 8 s; without 1 lines that cannot be "
        "looked into yet"
    )
    assert len(tried) == 1


def test_nothing_costs_nothing(tried):
    assert cost.estimate(RUNNER, [], SLOTS).seconds == 0
    assert not tried


@pytest.mark.parametrize(
    ("costs", "workers", "seconds"),
    [
        ([(3, 10), (3, 10), (3, 10)], 2, 16),
        ([(9, 1), (1, 1), (1, 1), (1, 1)], 2, 10),
        ([(1, 5)], 1, 6),
    ],
)
def test_lines_are_taken_by_who_is_free(costs, workers, seconds):
    assert cost._makespan(costs, workers) == seconds


@pytest.mark.parametrize(
    ("count", "text"),
    [(10, "0.0 kB"), (5_500, "5.5 kB"), (999_000, "999 kB"), (2e9, "2.0 GB")],
)
def test_bytes_in_words(count, text):
    assert cost.byte_text(count) == text


@pytest.mark.slow
def test_disk_that_is_told_is_about_what_it_takes(tmp_path, monkeypatch):
    """benchmarks/sweep_speed prints how well the time is told."""
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    flags = ("--iterations=2", "--training_len=300it", "--quiet")
    to_run = line_logs.place(lines(3, *flags), "logs")
    slots = devices.slots("cpu*1")
    told = cost.estimate(RUNNER, to_run, slots)
    line_logs.make_folder(to_run[0].log)
    for outcome in worker_pool.run(RUNNER, to_run, slots):
        assert outcome is None or outcome.failure is None
    size = sum(past_lines.folder_bytes(f"out/{n}") for n in range(1, 4))
    assert told.seconds > 0
    assert size / 2 < told.size < size * 2
