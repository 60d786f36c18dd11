"""Tests of argfiles/supermask_argfile.py."""

import shlex

import pytest

from lottery_ticket.argfiles import deconstructing_argfile, supermask_argfile
from lottery_ticket.experiments import lottery_experiment, supermask
from lottery_ticket.foundations.command_line import flags


def bound(line):
    return flags.bind(supermask.plan, shlex.split(line))


def test_every_line_parses_for_its_runner(capsys):
    flags.print_lines(
        supermask_argfile.lines,
        supermask.plan,
        ["out dir", "--networks=fc,conv6", "--trials=2", "--lr=3"]
        + ["--sigmoid_bias=1"],
    )
    found = [bound(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["output_dir"] for each in found] == [
        f"out dir/{network}/trial{trial}/0/{variant}"
        for network in ("fc", "conv6")
        for trial in (1, 2)
        for variant in supermask_argfile.VARIANTS
    ]
    recipe_of = {
        "fc": "mnist_fc_supermask",
        "conv6": "cifar10_conv6_supermask",
    }
    for each in found:
        _, network, trial, _, variant = each["output_dir"].split("/")
        assert each["recipe"].recipe == recipe_of[network]
        assert f"trial{each['recipe'].seed}" == trial
        assert each["recipe"].lr == 3
        assert each["search"].sigmoid_bias == 1
        chosen = each["search"].rescaling, each["search"].mask_1_action
        assert chosen == supermask_argfile.VARIANTS[variant]


def test_the_lines_of_one_trial():
    assert supermask_argfile.lines("o", trials=1) == [
        "--recipe=mnist_fc_supermask --output_dir=o/fc/trial1/0/supermask "
        "--seed=1 --rescaling=none --mask_1_action=rewind",
        "--recipe=mnist_fc_supermask "
        "--output_dir=o/fc/trial1/0/supermask_rescaled "
        "--seed=1 --rescaling=dynamic --mask_1_action=rewind",
        "--recipe=mnist_fc_supermask "
        "--output_dir=o/fc/trial1/0/supermask_signed "
        "--seed=1 --rescaling=none --mask_1_action=signed_constant",
        "--recipe=mnist_fc_supermask --output_dir=o/fc/trial1/0/supermask_both "
        "--seed=1 --rescaling=dynamic --mask_1_action=signed_constant",
    ]


def test_some_of_them_of_any_recipe():
    assert supermask_argfile.lines(
        "o",
        networks=("digits_fc", "own_model"),
        variants=("supermask_both",),
        trials=1,
        first_trial=7,
    ) == [
        "--recipe=digits_fc_supermask "
        "--output_dir=o/digits_fc/trial7/0/supermask_both "
        "--seed=7 --rescaling=dynamic --mask_1_action=signed_constant",
        "--recipe=own_model --output_dir=o/own_model/trial7/0/supermask_both "
        "--seed=7 --rescaling=dynamic --mask_1_action=signed_constant",
    ]


def test_weights_are_drawn_as_the_dense_network_of_the_same_trial():
    options = {"networks": ("conv2",), "trials": 1, "first_trial": 5}
    line = supermask_argfile.lines("o", **options)[0]
    dense = deconstructing_argfile.lines("o", **options)[0]
    given = flags.bind(lottery_experiment.plan, shlex.split(dense))
    assert bound(line)["recipe"].init_seed == given["recipe"].init_seed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"networks": ("conv8",)}, "Unknown network 'conv8'. Did you mean"),
        (
            {"variants": ("supermask_sign",)},
            "Unknown variant .* Did you mean 'supermask_signed'",
        ),
        ({"trials": 0}, "trials must be an integer, at least 1"),
    ],
)
def test_what_is_wrong_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        supermask_argfile.lines("o", **options)


@pytest.mark.parametrize(
    "words",
    [
        ["o", "--trials=0"],
        ["o", "--variants=,,"],
        ["o", "--seed=3"],
        ["o", "--recipe=mnist_fc"],
        ["o", "--rescaling=dynamic_no_gradient"],
        ["o", "--mask_1_action=rewind"],
        ["o", "--criterion=random"],
    ],
)
def test_what_is_wrong_prints_no_line(words, capsys):
    with pytest.raises(SystemExit) as stop:
        flags.print_lines(supermask_argfile.lines, supermask.plan, words)
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("Error: ")
