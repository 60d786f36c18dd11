"""Tests of argfiles/gem_miner_argfile.py."""

import shlex

import pytest

from lottery_ticket.analysis.look import styles
from lottery_ticket.argfiles import gem_miner_argfile
from lottery_ticket.experiments import gem_miner
from lottery_ticket.experiments.settings import recipe_table_gem
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.records import paths
from lottery_ticket.tests import planned

WEIGHTS = "--regularization_weights=1e-6,1e-5,3e-5,1e-4,2e-4"


def _bound(line):
    return flags.bind(gem_miner.plan, shlex.split(line))


def test_every_line_parses_for_its_runner(capsys):
    methods = ",".join(gem_miner_argfile.METHODS)
    flags.print_lines(
        gem_miner_argfile.lines,
        gem_miner.plan,
        ["out dir", "--trials=2", f"--methods={methods}", WEIGHTS]
        + ["--checks=weight_reinit,mask_shuffle,score_inversion"]
        + ["--prune_period=8", "--recipe=digits_fc_gem", "--lr=3"]
        + ["--gate_penalties=.1,.3,1,3,10"],
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(set(lines)) == 2 * (1 + 1 + 5 * 17)
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
    is_gated = method in gem_miner_argfile.GATED
    penalties = (None, 0.1, 0.3, 1, 3, 10)
    assert search.gate_penalty == (penalties[int(level)] if is_gated else None)
    unasked = ("hc", "wt", "signed", *gem_miner_argfile.GATED)
    assert (search.density is None) == (method in unasked)
    inverted = dict.fromkeys(gem_miner_argfile.INVERTED, 3)
    count = {"wt": 0, **inverted}.get(method, 2)
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
        "--output_dir=o/trial7/2/gem_miner --seed=7 --algo=hc_iter "
        "--density=0.0059 --regularization_weight=0.0001 "
        "--sanity_checks=score_inversion",
        "--output_dir=o/trial7/1/ep --seed=7 --algo=ep --density=0.05",
        "--output_dir=o/trial7/2/ep --seed=7 --algo=ep --density=0.0059",
    ]
    one_for_all = gem_miner_argfile.lines(
        "o", regularization_weights=(0.1,), **options
    )
    given = [line for line in one_for_all if "weight=0.1" in line]
    assert len(given) == 5


def test_a_signed_supermask_is_searched_for_once_a_trial():
    lines = gem_miner_argfile.lines("o", methods="signed,ep", trials=2)
    assert [line for line in lines if "signed" in line] == [
        f"--output_dir=o/trial{n}/1/signed --seed={n} --algo=signed"
        for n in (1, 2)
    ]


def test_gates_have_penalties_for_densities():
    lines = gem_miner_argfile.lines(
        "o", methods="gaussian", gate_penalties=(0.1, 10), trials=1
    )
    assert lines == [
        f"--output_dir=o/trial1/{level}/gaussian --seed=1 --algo=gaussian "
        f"--gate_penalty={penalty}"
        for level, penalty in ((1, 0.1), (2, 10))
    ]


@pytest.mark.parametrize(
    ("methods", "penalties", "message"),
    [
        ("gaussian", (), "gate_penalties, .* Received: none with gaussian$"),
        ("ep", (1,), "gate_penalties, .* Received: 1 with ep$"),
        ("gaussian", (1, 0.1), "gate_penalties must rise.* Received: 1, 0.1$"),
        ("gaussian", (1, 1), "gate_penalties must rise"),
        ("gaussian,ep", (-1,), "gate_penalty must be .* Received: -1"),
    ],
)
def test_penalties_that_do_not_fit_are_errors(methods, penalties, message):
    with pytest.raises(ValueError, match=message):
        gem_miner_argfile.lines("o", methods=methods, gate_penalties=penalties)


def test_lines_of_one_method_follow_each_other():
    """A worker keeps few compiled programs: a method's densities share one."""
    lines = gem_miner_argfile.lines("o", methods="ep,sr,wt,imp", trials=2)
    folders = [line.split()[0].split("/")[1:] for line in lines]
    assert folders == [
        [trial, level, method]
        for trial in ("trial1", "trial2")
        for method, levels in (
            ("wt", "0"),
            ("ep", "12345"),
            ("sr", "12345"),
            ("imp", "12345"),
        )
        for level in levels
    ]


def test_published_gives_each_method_its_own_settings():
    lines = gem_miner_argfile.lines(
        "o",
        methods=",".join(gem_miner_argfile.METHODS),
        densities=(0.05, 0.0144),
        regularization_weights=(1e-4,),
        gate_penalties=(0.1, 1.0),
        published=True,
        trials=1,
    )
    usual, rate = ("momentum", 0.1, "cosine_by_epoch", (), 0.0, 128), {}
    for line in lines:
        bound = _bound(f"{line} --recipe=cifar10_resnet20_gem")
        method = bound["output_dir"].rpartition("/")[2]
        recipe, tuning = bound["recipe"], bound["tuning"]
        rate[method] = tuning.fine_tune_lr
        expected = usual
        if method == "ep":
            expected = (*usual[:4], 5e-4, 256)
        if method in gem_miner_argfile.ROUNDS:
            drops = ("2ep", "3ep")
            expected = (*usual[:2], "piecewise", drops, 1e-4, 128)
            level = bound["output_dir"].split("/")[-2]
            rounds = {"1": 13, "2": 19}[level]  # .8^13 = .055, .8^19 = .0144.
            assert bound["search"].imp_rounds == rounds
        assert expected == (
            *(recipe.optimizer, recipe.lr, recipe.schedule, recipe.lr_drops),
            *(recipe.weight_decay, recipe.train_batch_size),
        )
        is_cosine = tuning.fine_tune_schedule == "cosine_by_epoch"
        assert is_cosine == (method == "ep")
        is_scaled = bound["search"].scale_fan == "legacy"
        assert is_scaled == (method == "sr")
    high = {"ep", "sr", "random", *gem_miner_argfile.ROUNDS}
    assert {name for name, lr in rate.items() if lr == 0.1} == high
    assert {lr for name, lr in rate.items() if name not in high} == {0.01}


@pytest.mark.parametrize("recipe", recipe_table_gem.RECIPES)
def test_published_settings_fit_every_recipe(recipe):
    lines = gem_miner_argfile.lines(
        "o", published=True, densities=(1.0, 0.5), trials=1
    )
    for line in lines:
        assert _bound(f"{line} --recipe={recipe}")["recipe"].recipe == recipe


@pytest.mark.parametrize(
    ("word", "method"),
    [("--fine_tune_lr=.05", "ep"), ("--lr_drops=3ep", "imp")],
)
def test_published_flags_are_not_overridden(word, method, capsys):
    words = ["o", "--published", f"--methods={method}", word]
    with pytest.raises(SystemExit):
        flags.print_lines(gem_miner_argfile.lines, gem_miner.plan, words)
    out, err = capsys.readouterr()
    assert not out
    name = word.partition("=")[0]
    assert f"{name} is given twice, in the line --output_dir=o/trial1/1/" in err
    assert f"/{method} " in err
    flags.print_lines(
        gem_miner_argfile.lines,
        gem_miner.plan,
        [*words[:2], "--methods=gem_miner", "--lr=.05"],
    )


@pytest.mark.slow
def test_every_usual_line_runs_on_few_images(tmp_path):
    """Warm imp is none of them: 1000 iterations are no part of its rounds."""
    small = (
        "--recipe=digits_fc_gem --hidden_units=12,12 --subset=240 --jit=False "
    )
    small += "--training_len=10ep --quiet --save_summaries=False"
    lines = gem_miner_argfile.lines(str(tmp_path), densities=(0.3,), trials=1)
    for line in lines:
        planned.run(gem_miner.plan, **_bound(f"{line} {small}"))
        assert planned.is_complete(gem_miner.plan, **_bound(f"{line} {small}"))
    found = sorted(each.name for each in tmp_path.glob("trial1/*/*"))
    assert len(found) == len(lines) == 10
    assert not {"imp_warm", "hc"} & set(found)


@pytest.mark.parametrize("method", gem_miner_argfile.METHODS)
def test_methods_are_experiments_with_a_name_in_figures(method):
    paths.check_experiment_name(method)
    assert method in styles.SETTINGS["method"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--trials=0"], "trials must be an integer, at least 1"),
        (["--methods=gem"], "Unknown method 'gem'"),
        (["--checks=shuffle"], "Unknown check 'shuffle'"),
        (["--densities=.1,.2"], "densities must fall. Received: 0.1, 0.2"),
        (["--densities=.1,0"], "density must be a number, above 0"),
        (["--regularization_weights=1,2"], "one for each of the 5 densities"),
        (["--regularization_weights=-1"], "regularization_weight must be"),
        (["--methods=hc"], "hc has no density: give regularization_weights"),
        (["--warm_iteration=1000"], "1000"),
        (["--density=.1"], "density"),
        (["--config=rare_gems/resnet20_1.44"], "given one by one. Unknown"),
    ],
)
def test_what_is_wrong_prints_no_line(words, message, capsys):
    with pytest.raises(SystemExit) as stop:
        flags.print_lines(
            gem_miner_argfile.lines, gem_miner.plan, ["o", *words]
        )
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("Error: ")
    assert message in err


def test_warm_searches_begin_where_the_dense_network_was():
    options = {"densities": (0.02,), "warm_iteration": "50it", "trials": 1}
    lines = gem_miner_argfile.lines("o", methods="cts_warm,wt", **options)
    dense = "o/trial1/0/wt"
    assert lines == [
        f"--output_dir={dense} --seed=1 --algo=wt --save_iterations=50it",
        "--output_dir=o/trial1/1/cts_warm --seed=1 --algo=concrete "
        "--objective=loss --density=0.02 "
        f"--presets={dense}/iteration50 --start_iteration=50it",
    ]
    options["warm_iteration"] = "0it"
    assert gem_miner_argfile.lines("o", methods="cts_warm,wt", **options) == [
        f"--output_dir={dense} --seed=1 --algo=wt",
        "--output_dir=o/trial1/1/cts_warm --seed=1 --algo=concrete "
        f"--objective=loss --density=0.02 --presets={dense}/initial",
    ]
    for methods, start in (("cts_warm", "50it"), ("cts_warm,wt", "2ep")):
        options["warm_iteration"] = start
        with pytest.raises(ValueError, match=f"cts_warm begins .* {start}$"):
            gem_miner_argfile.lines("o", methods=methods, **options)
