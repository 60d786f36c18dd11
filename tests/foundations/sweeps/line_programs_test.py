"""Tests of foundations/sweeps/line_programs.py."""

import hashlib

import pytest

from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import plans, sealed
from lottery_ticket.foundations.sweeps import (
    argfile_lines,
    line_programs,
    scripts,
)
from lottery_ticket.runners import commands

FIRST = "--output_dir=a --seed=1 --lr=.1"


@pytest.fixture
def of():
    command = commands.find("lottery_experiment")
    runner = scripts.Runner("lottery_ticket.runners.main", (), command)
    programs = line_programs.LinePrograms(runner)
    return lambda text: programs.of(argfile_lines.Line(1, (*text.split(),)))


@pytest.mark.parametrize(
    ("text", "is_same"),
    [
        ("--output_dir=b --seed=2 --lr=.1", True),
        ("--output_dir b --init_seed=2 --lr=.3 --fractions=layer*=.5", True),
        ("b --momentum=None", True),
        ("--output_dir=b --iterations=3", False),
        ("--output_dir=b --training_len=10it", False),
        ("--output_dir=b --subset=500", False),
        ("--output_dir=b --optimizer=sgd", False),
    ],
)
def test_alike_lines_have_one_program(of, text, is_same):
    assert None not in (of(FIRST), of(text))
    assert (of(text) == of(FIRST)) == is_same


def test_a_line_that_cannot_be_planned_has_none(of):
    assert of("--output_dir=a --presets=nowhere") is None


def test_lines_that_read_different_tickets_have_one_program():
    runner = scripts.Runner("it.py", declared=flags.Command(reading_plan))
    of = line_programs.LinePrograms(runner).of
    texts = ("--ticket=1", "--ticket=2", "--ticket=2 --size=3", "--size=2")
    first, second, *others = (
        of(argfile_lines.Line(1, (f"--output_dir={n}", *text.split())))
        for n, text in enumerate(texts)
    )
    assert first == second and len({first, *others}) == 3


def reading_plan(
    output_dir: str, *, ticket: str = "", size: int = 2
) -> plans.Plan:
    """Reads a ticket.

    Args:
        output_dir: Folder.
        ticket: What its checksum is of.
        size: Of its network.
    """
    checksum = hashlib.sha256(ticket.encode()).hexdigest() if ticket else None
    settings = {"ticket": checksum, "size": size}
    part = plans.Result(output_dir, settings, sealed.ResultFile("run.json"))
    return plans.Plan(output_dir, (part,), lambda: None)


def test_a_runner_that_makes_no_plan_has_none():
    programs = line_programs.LinePrograms(scripts.Runner("/mine.py"))
    assert programs.of(argfile_lines.Line(1, ("--lr=1",))) is None


def test_alike_lines_are_planned_once(monkeypatch):
    command = commands.find("lottery_experiment")
    runner = scripts.Runner("lottery_ticket.runners.main", (), command)
    programs = line_programs.LinePrograms(runner)
    planned = []
    plan = programs.plan
    monkeypatch.setattr(
        programs, "plan", lambda line: planned.append(line) or plan(line)
    )
    for seed in range(3):
        words = (f"--output_dir=a{seed}", f"--seed={seed}")
        programs.of(argfile_lines.Line(seed, words))
    assert len(planned) == 1
