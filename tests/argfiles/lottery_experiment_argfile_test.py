"""Tests of argfiles/lottery_experiment_argfile.py."""

import shlex
import subprocess
import sys

import pytest

from lottery_ticket.argfiles import lottery_experiment_argfile
from lottery_ticket.experiments import lottery_experiment
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.foundations.command_line import flags


def test_every_line_parses_for_its_runner(capsys):
    flags.print_lines(
        lottery_experiment_argfile.lines,
        lottery_experiment.plan,
        ["out dir", "--recipe=mnist_fc", "--lr=1"],
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 20
    for trial, line in enumerate(lines, start=1):
        bound = flags.bind(lottery_experiment.plan, shlex.split(line))
        assert bound["output_dir"] == f"out dir/trial{trial}"
        assert bound["recipe"] == recipes.Recipe("mnist_fc", lr=1, seed=trial)


def test_trials_can_be_added_later():
    lines = lottery_experiment_argfile.lines("o", trials=2, first_trial=6)
    assert lines == [
        "--output_dir=o/trial6 --seed=6",
        "--output_dir=o/trial7 --seed=7",
    ]


@pytest.mark.parametrize(
    "words", [["o", "--trial=3"], ["o", "--seed=1"], ["o", "--trials=0"]]
)
def test_what_is_wrong_prints_no_line(words, capsys):
    with pytest.raises(SystemExit) as stop:
        flags.print_lines(
            lottery_experiment_argfile.lines, lottery_experiment.plan, words
        )
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("Error: ")


def test_as_a_program():
    module = "lottery_ticket.argfiles.lottery_experiment_argfile"
    done = subprocess.run(
        [sys.executable, "-m", module, "o", "--trials=1"],
        capture_output=True,
        text=True,
    )
    assert done.stdout == "--output_dir=o/trial1 --seed=1\n"
