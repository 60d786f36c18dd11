"""Tests of argfiles/instability_argfile.py."""

import shlex

import pytest

from lottery_ticket.argfiles import instability_argfile
from lottery_ticket.experiments import instability
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import paths


def test_every_line_parses_for_its_runner(capsys):
    flags.print_lines(
        instability_argfile.lines,
        instability.plan,
        ["out", "--trials=2", "--levels=0,8", "--iterations=0it,2ep"]
        + ["--points=5"],
    )
    lines = capsys.readouterr().out.splitlines()
    bound = [flags.bind(instability.plan, shlex.split(line)) for line in lines]
    assert [each["output_dir"] for each in bound] == [
        "out/trial1/0/instability0",
        "out/trial1/0/instability_ep2",
        "out/trial1/8/instability0",
        "out/trial1/8/instability_ep2",
        "out/trial2/0/instability0",
        "out/trial2/0/instability_ep2",
        "out/trial2/8/instability0",
        "out/trial2/8/instability_ep2",
    ]
    assert bound[-1]["ticket"] == "out/trial2/8/same_init"
    assert bound[-1]["iteration"] == "2ep"
    assert {each["points"] for each in bound} == {5}


def test_three_trials_of_the_dense_network_are_usual():
    lines = instability_argfile.lines("out", first_trial=4)
    assert len(lines) == 6
    assert all("/0/same_init" in line for line in lines)
    assert "trial4" in lines[0] and "trial6" in lines[-1]


@pytest.mark.parametrize("length", ["500it", "2ep"])
def test_folders_can_be_read_back(length):
    [line] = instability_argfile.lines("o", trials=1, iterations=length)
    found = paths.parse_run(
        flags.bind(instability.plan, shlex.split(line))["output_dir"]
    )
    assert (found.level, found.trial) == (0, "1")
    assert found.experiment_name in instability_argfile.ENDINGS.values()
    assert found.run_id == length[:-2]


def test_tickets_of_other_names_have_folders_of_their_own():
    [line] = instability_argfile.lines(
        "o", trials=1, iterations="5it", experiment_name="rewind"
    )
    assert "--output_dir=o/trial1/0/rewind_instability5 " in line
    assert "--ticket=o/trial1/0/rewind " in line


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"levels": "a"}, "levels must be integers such as"),
        ({"iterations": "500"}, "A length must be a number of iterations"),
        ({"iterations": "0it,"}, "A length must be a number"),
        ({"experiment_name": "a2"}, "not end in a digit"),
        ({"trials": 0}, "must be an integer, at least 1"),
    ],
)
def test_what_is_wrong_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        instability_argfile.lines("o", **options)
