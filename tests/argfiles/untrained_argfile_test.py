"""Tests of argfiles/untrained_argfile.py."""

import shlex

import pytest

from lottery_ticket.argfiles import deconstructing_argfile, untrained_argfile
from lottery_ticket.experiments import lottery_experiment, untrained
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import paths


def test_every_line_parses_for_its_runner(capsys):
    flags.print_lines(
        untrained_argfile.lines,
        untrained.plan,
        ["out dir", "--networks=fc,conv4", "--trials=3", "--criteria=random"]
        + ["--mask_1_actions=rewind", "--data_dir=d"],
    )
    lines = capsys.readouterr().out.splitlines()
    bound = [flags.bind(untrained.plan, shlex.split(line)) for line in lines]
    assert [each["output_dir"] for each in bound] == [
        f"out dir/{network}/trial{trial}/0/untrained"
        for network in ("fc", "conv4")
        for trial in (1, 2, 3)
    ]
    for each in bound:
        assert each["grid"].criteria == ("random",)
        assert each["grid"].mask_1_actions == ("rewind",)
        assert each["data_dir"] == "d"


def test_the_line_of_one_trial():
    assert untrained_argfile.lines("o", trials=1, first_trial=2) == [
        "--output_dir=o/fc/trial2/0/untrained --run=o/fc/trial2/0/large_final"
    ]


def test_runs_are_those_of_the_criteria_grid():
    [dense] = deconstructing_argfile.lines(
        "o", networks=("conv2",), criteria=("large_final",), trials=1
    )
    given = flags.bind(lottery_experiment.plan, shlex.split(dense))
    [line] = untrained_argfile.lines("o", networks=("conv2",), trials=1)
    run = paths.run(given["output_dir"], 0, given["experiment_name"])
    assert flags.bind(untrained.plan, shlex.split(line))["run"] == run


def test_other_experiments_have_folders_of_their_own():
    assert untrained_argfile.lines(
        "o", networks=("digits_fc",), trials=1, experiment_name="same_init"
    ) == [
        "--output_dir=o/digits_fc/trial1/0/same_init_untrained "
        "--run=o/digits_fc/trial1/0/same_init"
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"networks": ("fd",)}, "Unknown network 'fd'. Did you mean 'fc'"),
        ({"experiment_name": "a2"}, "not end in a digit"),
        ({"trials": 0}, "trials must be an integer, at least 1"),
    ],
)
def test_what_is_wrong_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        untrained_argfile.lines("o", **options)


@pytest.mark.parametrize(
    "words",
    [
        ["o", "--trials=0"],
        ["o", "--networks=fc,,conv2"],
        ["o", "--run=o/trial1/0/same_init"],
        ["o", "--criterion=random"],
    ],
)
def test_what_is_wrong_prints_no_line(words, capsys):
    with pytest.raises(SystemExit) as stop:
        flags.print_lines(untrained_argfile.lines, untrained.plan, words)
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("Error: ")
