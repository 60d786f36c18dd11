"""Tests of argfiles/prune_at_init_argfile.py."""

import shlex

import pytest

from lottery_ticket.argfiles import prune_at_init_argfile
from lottery_ticket.experiments import prune_at_init
from lottery_ticket.foundations.command_line import flags


def test_every_line_parses_for_its_runner(capsys):
    flags.print_lines(
        prune_at_init_argfile.lines,
        prune_at_init.plan,
        ["out dir", "--trials=2", "--checks=shuffle,reinit,invert", "--lr=1"],
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(set(lines)) == 2 * (1 + 5 * 5 * 4)
    folders = []
    for line in lines:
        bound = flags.bind(prune_at_init.plan, shlex.split(line))
        folders.append(bound["output_dir"])
        assert bound["recipe"].lr == 1
        assert f"trial{bound['recipe'].seed}" in bound["output_dir"]
    assert len(set(folders)) == len(folders)


def test_where_runs_lie_and_what_they_are():
    lines = prune_at_init_argfile.lines(
        "o", criteria="snip", densities=(0.2, 0.05), checks="invert", trials=1
    )
    assert lines == [
        "--output_dir=o/trial1/0/dense --seed=1 --criterion=random "
        "--density=1.0",
        "--output_dir=o/trial1/1/snip --seed=1 --criterion=snip --density=0.2",
        "--output_dir=o/trial1/1/snip_invert --seed=1 --criterion=snip "
        "--density=0.2 --invert_scores=True",
        "--output_dir=o/trial1/2/snip --seed=1 --criterion=snip --density=0.05",
        "--output_dir=o/trial1/2/snip_invert --seed=1 --criterion=snip "
        "--density=0.05 --invert_scores=True",
    ]
    others = prune_at_init_argfile.lines(
        "o", criteria="snip", densities=(0.2,), dense=False, trials=1
    )
    assert others == lines[1:2]


@pytest.mark.parametrize(
    "words",
    [
        ["o", "--trials=0"],
        ["o", "--criteria=snap"],
        ["o", "--checks=shuffled"],
        ["o", "--densities=.1,.2"],
        ["o", "--densities=.1,0"],
        ["o", "--densities=.1", "--density=.1"],
    ],
)
def test_what_is_wrong_prints_no_line(words, capsys):
    with pytest.raises(SystemExit) as stop:
        flags.print_lines(
            prune_at_init_argfile.lines, prune_at_init.plan, words
        )
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("Error: ")


def test_random_has_another_name_than_the_control_of_tickets():
    [line] = prune_at_init_argfile.lines(
        "o", criteria="random", densities=(0.2,), dense=False, trials=1
    )
    assert "--output_dir=o/trial1/1/random_at_init " in line


def test_baselines_start_from_a_random_mask_by_erk():
    names = ",".join(prune_at_init_argfile.BASELINES)
    made = prune_at_init_argfile.lines(
        "o", criteria=names, densities=(0.05,), dense=False, trials=1
    )
    at = "--seed=1 --criterion=random --allocation=erk"
    assert made == [
        f"--output_dir=o/trial1/1/erk {at} --density=0.05",
        f"--output_dir=o/trial1/1/erk_ham {at} --hooks=ham:alpha=1 "
        "--density=0.05",
        f"--output_dir=o/trial1/1/set {at} --hooks=set --density=0.05",
        f"--output_dir=o/trial1/1/rigl {at} --hooks=rigl --density=0.05",
    ]
