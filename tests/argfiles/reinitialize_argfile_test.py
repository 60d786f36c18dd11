"""Tests of argfiles/reinitialize_argfile.py."""

import shlex

import pytest

from lottery_ticket.argfiles import reinitialize_argfile
from lottery_ticket.experiments import reinitialize
from lottery_ticket.foundations import flags


@pytest.mark.parametrize("experiment", reinitialize_argfile.EXPERIMENTS)
def test_every_line_parses_for_its_runner(experiment, capsys):
    reinitialize_argfile.main(
        ["out", f"--experiment={experiment}", "--trials=2", "--levels=0-2"]
        + ["--runs=3", "--recipe=mnist_fc"]
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 * 3 * 3
    bound = [
        flags.bind(reinitialize.train, shlex.split(line)) for line in lines
    ]
    assert len({flags["output_dir"] for flags in bound}) == len(lines)
    assert len({flags["recipe"].init_seed for flags in bound}) == len(lines)
    last = bound[-1]
    assert last["output_dir"] == f"out/trial2/2/{experiment}3"
    assert last["masks"] == "out/trial2/2/same_init/masks"
    assert last["recipe"].seed == 2
    initial = "out/trial2/2/same_init/initial"
    assert last.get("initialization_distribution") == (
        None if experiment == "reinit" else initial
    )
    assert last.get("same_sign") == (
        initial if experiment == "reuse_sign" else None
    )


def test_the_sweep_of_2018_has_its_6200_runs():
    assert len(reinitialize_argfile.lines("out")) == 20 * 31 * 10


def test_levels_are_numbers_and_ranges():
    lines = reinitialize_argfile.lines("o", trials=1, runs=1, levels="0,3-5,9")
    levels = [line.split("/")[2] for line in lines]
    assert levels == ["0", "3", "4", "5", "9"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"experiment": "reint"}, "Did you mean 'reinit'"),
        ({"levels": "a"}, "levels must be numbers and ranges"),
        ({"levels": "3-"}, "levels must be numbers"),
        ({"levels": ""}, "levels must be numbers"),
        ({"levels": "5-3"}, "levels must name at least one"),
        ({"experiment_name": "a2"}, "not end in a digit"),
        ({"trials": 0}, "must be at least 1"),
        ({"runs": 0}, "must be at least 1"),
    ],
)
def test_what_is_wrong_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        reinitialize_argfile.lines("o", **options)
