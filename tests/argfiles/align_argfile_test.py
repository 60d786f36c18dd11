"""Tests of argfiles/align_argfile.py."""

import shlex

import pytest

from lottery_ticket.argfiles import align_argfile
from lottery_ticket.experiments import align
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import paths


def test_every_line_parses_for_its_runner(capsys):
    flags.print_lines(
        align_argfile.lines,
        align.plan,
        ["out", "--trials=2", "--levels=6,7", "--points=5"]
        + ["--matchings=activations,weights,random"],
    )
    lines = capsys.readouterr().out.splitlines()
    bound = [flags.bind(align.plan, shlex.split(line)) for line in lines]
    names = ("align", "align_weights", "align_random")
    assert [each["output_dir"] for each in bound] == [
        f"out/trial{trial}/{level}/{name}"
        for trial in (1, 2)
        for level in (6, 7)
        for name in names
    ]
    last = bound[-1]
    assert last["first"] == "out/trial2/0/same_init"
    assert last["second"] == "out/trial2/0/other_draw"
    assert last["ticket"] == "out/trial2/7/same_init"
    assert last["matching"].matching == "random"
    assert {each["matching"].points for each in bound} == {5}


def test_tickets_of_other_names_have_draws_and_folders_of_their_own():
    lines = align_argfile.lines(
        "o", levels="3", trials=1, experiment_name="rewind"
    )
    assert len(lines) == 2
    assert "--output_dir=o/trial1/3/rewind_align " in lines[0]
    assert "--output_dir=o/trial1/3/rewind_align_random " in lines[1]
    assert "--second=o/trial1/0/rewind_other_draw " in lines[0]
    found = paths.parse_run("o/trial1/3/rewind_align_random")
    assert (found.level, found.experiment_name) == (3, "rewind_align_random")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"levels": "a"}, "levels must be integers such as"),
        ({"levels": "0-2"}, "levels must begin at 1"),
        ({"matchings": "magic"}, "matching 'magic'|Unknown matching"),
        ({"experiment_name": "a2"}, "not end in a digit"),
        ({"trials": 0}, "must be an integer, at least 1"),
    ],
)
def test_what_is_wrong_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        align_argfile.lines("o", **{"levels": "1", **options})
