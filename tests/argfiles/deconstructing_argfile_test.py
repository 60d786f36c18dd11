"""Tests of argfiles/deconstructing_argfile.py."""

import shlex

import pytest

from lottery_ticket.argfiles import deconstructing_argfile, sweep
from lottery_ticket.experiments import lottery_experiment
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import paths
from lottery_ticket.foundations.sweeps import argfile_lines
from lottery_ticket.runners import sweep_names

ALL = "--grid=criteria,mask_1,mask_0"


def test_every_line_parses_for_its_runner(capsys):
    flags.print_lines(
        deconstructing_argfile.lines,
        lottery_experiment.plan,
        ["out dir", ALL, "--networks=fc,conv2", "--trials=2", "--data_dir=d"],
    )
    lines = capsys.readouterr().out.splitlines()
    bound = [
        flags.bind(lottery_experiment.plan, shlex.split(line)) for line in lines
    ]
    assert len(bound) == 2 * 2 * (17 + 11 + 7)
    recipe_of = {"fc": "mnist_fc_zhou", "conv2": "cifar10_conv2_zhou"}
    for each in bound:
        place = paths.parse_run(
            paths.run(each["output_dir"], 0, each["experiment_name"])
        )
        network = each["output_dir"].split("/")[1]
        trial = each["recipe"].seed
        assert place.experiment_name == each["experiment_name"]
        assert place.trial == str(trial)
        assert each["output_dir"] == f"out dir/{network}/trial{trial}"
        assert each["recipe"].recipe == recipe_of[network]
        assert each["recipe"].data_dir == "d"
        settings = (
            each["scoring"].criterion,
            each["rules"].mask_1_action,
            each["rules"].mask_0_action,
        )
        assert each["experiment_name"] == name(*settings)


def name(criterion, mask_1_action, mask_0_action):
    """The name of an experiment that differs from the usual in one thing."""
    if mask_1_action != "rewind":
        assert (criterion, mask_0_action) == ("large_final", "zero")
        return f"mask_1_{mask_1_action}"
    if mask_0_action != "zero":
        assert criterion == "large_final"
        return f"mask_0_{mask_0_action}"
    return criterion


def test_no_two_lines_write_to_the_same_place():
    lines = deconstructing_argfile.lines(
        "o",
        grid=("criteria", "mask_1", "mask_0"),
        networks=tuple(sweep.NETWORKS),
    )
    assert len(lines) == 4 * 5 * 35
    places = set()
    for line in lines:
        given = flags.parse(lottery_experiment.plan, shlex.split(line))
        places.add((given["output_dir"], given["experiment_name"]))
    assert len(places) == len(lines)


def test_the_lines_of_two_criteria():
    assert deconstructing_argfile.lines(
        "o", criteria=("large_final", "snip"), trials=1, first_trial=3
    ) == [
        "--recipe=mnist_fc_zhou --output_dir=o/fc/trial3 --seed=3 "
        "--experiment_name=large_final --criterion=large_final "
        "--mask_1_action=rewind --mask_0_action=zero --iterations=24",
        "--recipe=mnist_fc_zhou --output_dir=o/fc/trial3 --seed=3 "
        "--experiment_name=snip --criterion=snip "
        "--mask_1_action=rewind --mask_0_action=zero --iterations=24",
    ]


def test_the_lines_of_actions():
    assert deconstructing_argfile.lines(
        "o",
        grid=("mask_0", "mask_1"),
        networks=("conv6",),
        mask_1_actions=("signed_constant",),
        mask_0_actions=("zero", "freeze_init"),
        trials=1,
        iterations=2,
    ) == [
        "--recipe=cifar10_conv6_zhou --output_dir=o/conv6/trial1 --seed=1 "
        "--experiment_name=mask_1_signed_constant --criterion=large_final "
        "--mask_1_action=signed_constant --mask_0_action=zero --iterations=2",
        "--recipe=cifar10_conv6_zhou --output_dir=o/conv6/trial1 --seed=1 "
        "--experiment_name=large_final --criterion=large_final "
        "--mask_1_action=rewind --mask_0_action=zero --iterations=2",
        "--recipe=cifar10_conv6_zhou --output_dir=o/conv6/trial1 --seed=1 "
        "--experiment_name=mask_0_freeze_init --criterion=large_final "
        "--mask_1_action=rewind --mask_0_action=freeze_init --iterations=2",
    ]


def test_what_all_grids_have_in_common_is_one_experiment():
    """Its line is the same in each, so that it is never run twice."""
    found = [
        [line for line in lines if "--experiment_name=large_final " in line]
        for lines in (
            deconstructing_argfile.lines("o", grid=(grid,), trials=1)
            for grid in deconstructing_argfile.GRIDS
        )
    ]
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == 1


@pytest.mark.parametrize(
    ("grid", "number"), [("criteria", 17), ("mask_1", 12), ("mask_0", 8)]
)
def test_the_values_of_a_grid(grid, number):
    values = deconstructing_argfile.VALUES[grid]
    _, known = deconstructing_argfile.GRIDS[grid]
    assert len(set(values)) == len(values) == number
    assert set(values) <= set(known)
    lines = deconstructing_argfile.lines("o", grid=(grid,), trials=1)
    assert len(lines) == number


def test_criteria_that_decide_prune_once():
    lines = deconstructing_argfile.lines("o", trials=1)
    once = [line for line in lines if line.endswith(" --iterations=1")]
    assert [line.split("--criterion=")[1].split()[0] for line in once] == [
        "large_final_diff_sign_single",
        "large_final_same_sign_single",
    ]
    assert all(
        line.endswith(" --iterations=24") for line in lines if line not in once
    )


def test_any_recipe_is_a_network():
    lines = deconstructing_argfile.lines(
        "gs://bucket/", networks=("digits_fc",), criteria=("grad",), trials=1
    )
    assert len(lines) == 1
    assert lines[0].startswith(
        "--recipe=digits_fc --output_dir=gs://bucket/digits_fc/trial1 --seed=1 "
    )


def test_criteria_and_actions_beyond_the_paper():
    lines = deconstructing_argfile.lines(
        "o",
        grid=("criteria", "mask_1"),
        criteria=("synflow",),
        mask_1_actions=("reuse",),
        trials=1,
    )
    assert "--experiment_name=synflow --criterion=synflow " in lines[0]
    assert "--experiment_name=mask_1_reuse " in lines[1]


def test_the_runner_takes_all_lines():
    words = deconstructing_argfile.lines(
        "o", grid=("criteria", "mask_1", "mask_0"), trials=1
    )
    lines = [
        argfile_lines.Line(number, tuple(shlex.split(text)))
        for number, text in enumerate(words, start=1)
    ]
    runner = sweep_names.runner("lottery_experiment")
    checked = argfile_lines.check(runner, lines)
    assert [line.output_dir for line in checked] == ["o/fc/trial1"] * 35


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"grid": ("mask1",)}, "Unknown grid 'mask1'. Did you mean 'mask_1'"),
        ({"networks": ("conv",)}, "Unknown network 'conv'. Did you mean"),
        (
            {"criteria": ("large_finl",)},
            "Unknown criterion 'large_finl'. Did you mean 'large_final'",
        ),
        (
            {"grid": ("mask_1",), "mask_1_actions": ("signed_constants",)},
            "Unknown mask_1_action .* Did you mean 'signed_constant'",
        ),
        (
            {"grid": ("mask_0",), "mask_0_actions": ("freeze_int",)},
            "Unknown mask_0_action 'freeze_int'. Did you mean 'freeze_init'",
        ),
        (
            {"mask_1_actions": ("rewind",)},
            "A mask_1_action is chosen, but not the grid mask_1. Received: "
            "grid=criteria",
        ),
        (
            {"grid": ("mask_1", "mask_0"), "criteria": ("random",)},
            "A criterion is chosen, but not the grid criteria. Received: "
            "grid=mask_1,mask_0",
        ),
        ({"iterations": -1}, "iterations must be an integer, at least 0"),
        ({"trials": 0}, "trials must be an integer, at least 1"),
    ],
)
def test_what_is_wrong_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        deconstructing_argfile.lines("o", **options)


@pytest.mark.parametrize(
    "words",
    [
        ["o", "--trials=0"],
        ["o", "--seed=1"],
        ["o", "--recipe=mnist_fc"],
        ["o", "--criterion=random"],
        ["o", "--mask_0_action=zero"],
        ["o", "--experiment_name=a"],
        ["o", "--hidden_unit=3"],
    ],
)
def test_what_is_wrong_prints_no_line(words, capsys):
    with pytest.raises(SystemExit) as stop:
        flags.print_lines(
            deconstructing_argfile.lines, lottery_experiment.plan, words
        )
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("Error: ")


def test_without_prunings_no_criterion_prunes():
    for criterion in ("random", "large_final_same_sign_single"):
        (line,) = deconstructing_argfile.lines(
            "o", criteria=(criterion,), iterations=0, trials=1
        )
        assert line.endswith(" --iterations=0")
