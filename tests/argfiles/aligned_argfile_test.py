"""Tests of argfiles/aligned_argfile.py."""

import shlex

import pytest

from lottery_ticket.argfiles import align_argfile, aligned_argfile
from lottery_ticket.experiments import align, train
from lottery_ticket.foundations.command_line import flags

RECIPE = ("--recipe=digits_fc", "--lr=3")


def _bound(**options):
    lines = aligned_argfile.lines("o", **options)
    return [
        flags.bind(train.plan, [*shlex.split(line), *RECIPE]) for line in lines
    ]


def test_every_line_parses_for_its_runner(capsys):
    flags.print_lines(
        aligned_argfile.lines,
        train.plan,
        [
            "out",
            "--trials=2",
            "--levels=0,7",
            "--start_iteration=500it",
            *RECIPE,
        ],
    )
    lines = capsys.readouterr().out.splitlines()
    bound = [flags.bind(train.plan, shlex.split(line)) for line in lines]
    assert [each["output_dir"] for each in bound] == [
        f"out/trial{trial}/{name}"
        for trial in (1, 2)
        for name in ("0/other_draw", "7/naive", "7/permuted")
        + ("7/permuted_random",)
    ]
    assert {each["recipe"].lr for each in bound} == {3}


def test_all_of_a_trial_start_from_its_other_draw():
    dense, naive, permuted = _bound(
        levels="0,7",
        start_iteration="500it",
        matchings="weights",
        trials=1,
        first_trial=3,
    )
    assert not {"masks", "presets", "start_iteration"} & set(dense)
    assert dense["save_iterations"] == ("500it",)
    assert naive["masks"] == "o/trial3/7/same_init/masks"
    assert permuted["masks"] == "o/trial3/7/align_weights/masks"
    for each in (naive, permuted):
        assert each["presets"] == "o/trial3/0/other_draw/iteration500"
        assert each["start_iteration"] == "500it"
    seeds = {each["recipe"].init_seed for each in (dense, naive, permuted)}
    usual = flags.bind(train.plan, ["o", "--seed=3", *RECIPE])["recipe"]
    assert len(seeds) == 1 and seeds != {usual.init_seed}
    for name in ("train_order_seed", "split_seed"):
        assert getattr(naive["recipe"], name) == getattr(usual, name)


def test_masks_are_where_the_other_argfile_puts_them():
    options = {"levels": "2", "trials": 1, "experiment_name": "rewind"}
    naive, permuted, random = _bound(start_iteration="5it", **options)
    folders = [
        flags.bind(align.plan, shlex.split(line))["output_dir"]
        for line in align_argfile.lines("o", **options)
    ]
    assert [permuted["masks"], random["masks"]] == [
        f"{folder}/masks" for folder in folders
    ]
    assert naive["output_dir"] == "o/trial1/2/rewind_naive"


def test_from_the_draw_itself_nothing_is_saved_on_the_way():
    dense, naive, *_ = _bound(levels="0,1", start_iteration="0it", trials=1)
    assert not {"save_iterations", "start_iteration"} & {*dense, *naive}
    assert naive["presets"] == "o/trial1/0/other_draw/initial"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"levels": "a"}, "levels must be integers such as"),
        ({"start_iteration": "2ep"}, "must be in iterations, such as 500it"),
        ({"start_iteration": "500"}, "A length must be a number"),
        ({"matchings": "magic"}, "matching 'magic'|Unknown matching"),
        ({"trials": 0}, "must be an integer, at least 1"),
    ],
)
def test_what_is_wrong_is_named(options, message):
    usual = {"levels": "1", "start_iteration": "5it"}
    with pytest.raises(ValueError, match=message):
        aligned_argfile.lines("o", **{**usual, **options})
