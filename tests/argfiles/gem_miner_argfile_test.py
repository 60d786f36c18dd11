"""Tests of argfiles/gem_miner_argfile.py."""

import shlex

import pytest

from lottery_ticket.analysis import setting_styles
from lottery_ticket.argfiles import gem_miner_argfile
from lottery_ticket.experiments import gem_miner
from lottery_ticket.foundations import paths
from lottery_ticket.foundations.command_line import flags

WEIGHTS = "--regularization_weights=1e-6,1e-5,3e-5,1e-4,2e-4"


def _bound(line):
    return flags.bind(gem_miner.train, shlex.split(line))


def test_every_line_parses_for_its_runner(capsys):
    methods = ",".join(gem_miner_argfile.METHODS)
    gem_miner_argfile.main(
        ["out dir", "--trials=2", f"--methods={methods}", WEIGHTS]
        + ["--checks=weight_reinit,mask_shuffle,score_inversion"]
        + ["--prune_period=8", "--recipe=digits_fc_gem", "--lr=3"]
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(set(lines)) == 2 * (1 + 5 * 11)
    folders = []
    for line in lines:
        bound = _bound(line)
        folders.append(bound["output_dir"])
        assert bound["recipe"].lr == 3
        assert f"trial{bound['recipe'].seed}" in bound["output_dir"]
        _check_method(bound)
    assert len(set(folders)) == len(folders)


def _check_method(bound):
    """Looks at what a method is made of: its flags where they should be."""
    *_, level, method = bound["output_dir"].split("/")
    search, checks = bound["search"], bound["checks"].sanity_checks
    is_weighted = method in ("gem_miner", "hc", "global_ep_l2_iter")
    levels = (None, 1e-6, 1e-5, 3e-5, 1e-4, 2e-4)
    usual = type(search)(algo="wt").regularization_weight
    expected = levels[int(level)] if is_weighted else usual
    assert search.regularization_weight == expected
    is_l2 = is_weighted and method != "gem_miner"  # Which has it anyway.
    assert search.regularization == ("L2" if is_l2 else None)
    is_periodic = method in ("gem_miner", "global_ep_iter", "global_ep_l2_iter")
    assert search.prune_period == (8 if is_periodic else 5)
    assert (search.density is None) == (method in ("hc", "wt"))
    count = {"wt": 0, "gem_miner": 3}.get(method, 2)
    assert len(checks) == count


def test_where_runs_lie_and_what_they_are():
    lines = gem_miner_argfile.lines("o", densities=(0.05,), trials=1)
    at = "--output_dir=o/trial1/1"
    own = "--seed=1 --algo"
    assert lines == [
        f"--output_dir=o/trial1/0/wt {own}=wt",
        f"{at}/gem_miner {own}=hc_iter --density=0.05",
        f"{at}/ep {own}=ep --density=0.05",
        f"{at}/global_ep {own}=global_ep --density=0.05",
        f"{at}/global_ep_iter {own}=global_ep_iter --density=0.05",
        f"{at}/global_ep_l2_iter {own}=global_ep_iter --regularization=L2 "
        "--density=0.05",
        f"{at}/sr {own}=sr --density=0.05",
        f"{at}/imp {own}=imp --density=0.05",
        f"{at}/imp_warm {own}=imp --density=0.05 --rewind_iteration=1000it",
        f"{at}/lr_rewind {own}=imp --retraining=lr_rewind --density=0.05",
        f"{at}/random {own}=random --density=0.05",
    ]


def test_densities_have_levels_and_weights_of_their_own():
    options = {"methods": "gem_miner,ep", "trials": 1, "first_trial": 7}
    lines = gem_miner_argfile.lines(
        "o",
        densities=(0.05, 0.0059),
        regularization_weights=(1e-5, 1e-4),
        checks="score_inversion",
        **options,
    )
    assert lines == [
        "--output_dir=o/trial7/1/gem_miner --seed=7 --algo=hc_iter "
        "--density=0.05 --regularization_weight=1e-05 "
        "--sanity_checks=score_inversion",
        "--output_dir=o/trial7/1/ep --seed=7 --algo=ep --density=0.05",
        "--output_dir=o/trial7/2/gem_miner --seed=7 --algo=hc_iter "
        "--density=0.0059 --regularization_weight=0.0001 "
        "--sanity_checks=score_inversion",
        "--output_dir=o/trial7/2/ep --seed=7 --algo=ep --density=0.0059",
    ]
    one_for_all = gem_miner_argfile.lines(
        "o", regularization_weights=(0.1,), **options
    )
    given = [line for line in one_for_all if "weight=0.1" in line]
    assert len(given) == 5


@pytest.mark.parametrize("method", gem_miner_argfile.METHODS)
def test_methods_are_experiments_with_a_name_in_figures(method):
    paths.check_experiment_name(method)
    assert setting_styles.is_known("method", method)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--trials=0"], "trials must be at least 1. Received: 0"),
        (["--methods=gem"], "Unknown method 'gem'"),
        (["--checks=shuffle"], "Unknown check 'shuffle'"),
        (["--densities=.1,.2"], "densities must fall. Received: 0.1, 0.2"),
        (["--densities=.1,0"], "density must be a number above 0"),
        (["--regularization_weights=1,2"], "one for each of the 5 densities"),
        (["--regularization_weights=-1"], "regularization_weight must be"),
        (["--methods=hc"], "hc has no density: give regularization_weights"),
        (["--warm_iteration=1000"], "1000"),
        (["--density=.1"], "density"),
    ],
)
def test_what_is_wrong_prints_no_line(words, message, capsys):
    with pytest.raises(SystemExit) as stop:
        gem_miner_argfile.main(["o", *words])
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("Error: ")
    assert message in err
