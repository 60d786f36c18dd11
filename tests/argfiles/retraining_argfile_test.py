"""Tests of argfiles/retraining_argfile.py."""

import shlex

import pytest

from lottery_ticket.argfiles import retraining_argfile
from lottery_ticket.experiments import lottery_experiment
from lottery_ticket.foundations.command_line import flags

BEGIN = ["out dir", "--rewind_iteration=500it"]


def test_every_line_parses_for_its_runner(capsys):
    flags.print_lines(
        retraining_argfile.lines,
        lottery_experiment.plan,
        [*BEGIN, "--trials=2", "--recipe=mnist_fc"],
    )
    lines = capsys.readouterr().out.splitlines()
    bound = [
        flags.bind(lottery_experiment.plan, shlex.split(line)) for line in lines
    ]
    found = [
        (each["output_dir"], each["recipe"].seed, each["experiment_name"])
        for each in bound
    ]
    assert found == [
        (f"out dir/trial{trial}", trial, name)
        for trial in (1, 2)
        for name in ("rewind", "lr_rewind", "finetune")
    ]
    for each in bound:
        assert each["rules"].retraining == each["experiment_name"]
        assert each["rules"].rewind_iteration == "500it"


def test_some_of_them():
    lines = retraining_argfile.lines(
        "o", rewind_iteration="2ep", retrainings="finetune", trials=1
    )
    assert lines == [
        "--output_dir=o/trial1 --seed=1 --experiment_name=finetune "
        "--retraining=finetune --rewind_iteration=2ep"
    ]


@pytest.mark.parametrize(
    "words",
    [
        ["o"],
        ["o", "--rewind_iteration=500"],
        [*BEGIN, "--trials=0"],
        [*BEGIN, "--retrainings=rewind,tune"],
        [*BEGIN, "--seed=1"],
    ],
)
def test_what_is_wrong_prints_no_line(words, capsys):
    with pytest.raises(SystemExit) as stop:
        flags.print_lines(
            retraining_argfile.lines, lottery_experiment.plan, words
        )
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("Error: ")
