"""Tests of argfiles/branch_argfile.py."""

import shlex

import pytest

from lottery_ticket.argfiles import branch_argfile
from lottery_ticket.experiments import branch, lottery_experiment, reinitialize
from lottery_ticket.experiments.finished import selections
from lottery_ticket.experiments.settings import recipe_changes
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.mask_actions import mask_1
from lottery_ticket.foundations.records import paths
from lottery_ticket.foundations.values import seeds
from lottery_ticket.tests import planned, tiny

ALL = ",".join(branch_argfile.EXPERIMENTS)


def bound(lines):
    return [flags.bind(branch.plan, shlex.split(line)) for line in lines]


def test_every_line_parses_for_its_runner(capsys):
    flags.print_lines(
        branch_argfile.lines,
        branch.plan,
        ["out dir", f"--experiment={ALL}", "--trials=2", "--levels=1-3"]
        + ["--runs=2", "--recipe=mnist_fc", "--lr_drops=1ep,2ep", "--nojit"]
        + [
            "--hidden_units=9",
            "--fractions=layer0=.5",
            "--start_iteration=5it",
        ],
    )
    found = bound(capsys.readouterr().out.splitlines())
    assert len(found) == 2 * 3 * (9 * 2 + 2)
    assert len({given["output_dir"] for given in found}) == len(found)
    drawn = [given["changes"].init_seed for given in found]
    assert len(set(drawn)) == 2 * 3 * 9 * 2 + 1
    for given in found:
        place = paths.parse_run(given["output_dir"])
        name = place.experiment_name
        chosen = given["selection"], given["mask_1_action"]
        assert chosen == branch_argfile.EXPERIMENTS[name]
        trial = paths.trial("out dir", place.trial)
        assert given["output_dir"].startswith(f"{trial}/")
        assert given["ticket"] == f"{trial}/{place.level}/same_init"
        assert given["start_iteration"] == "5it"
        assert given["changes"] == recipe_changes.RecipeChanges(
            recipe="mnist_fc",
            lr_drops=("1ep", "2ep"),
            jit=False,
            hidden_units=(9,),
            fractions={"layer0": 0.5},
            init_seed=given["changes"].init_seed,
        )


@pytest.mark.parametrize("name", branch_argfile.EXPERIMENTS)
def test_every_experiment_is_a_selection_and_an_action(name):
    selection, action = branch_argfile.EXPERIMENTS[name]
    assert selection in selections.SELECTIONS
    assert action in mask_1.MASK_1_ACTIONS
    draws = selection in ("shuffle", "random_global") or action != "rewind"
    assert (name not in branch_argfile.DRAW_NOTHING) == draws
    assert f" {name} (" in branch_argfile.lines.__doc__
    paths.check_experiment_name(name)


def test_the_lines_of_one_ticket():
    found = branch_argfile.lines(
        "o", experiment="reinit, oneshot", trials=1, levels="4", runs=2
    )
    assert found == [
        "--output_dir=o/trial1/4/reinit1 --ticket=o/trial1/4/same_init "
        "--selection=ticket --mask_1_action=reinit --init_seed=470589097",
        "--output_dir=o/trial1/4/reinit2 --ticket=o/trial1/4/same_init "
        "--selection=ticket --mask_1_action=reinit --init_seed=786313589",
        "--output_dir=o/trial1/4/oneshot --ticket=o/trial1/4/same_init "
        "--selection=oneshot --mask_1_action=rewind",
    ]


def test_the_sweep_of_2018_has_its_6200_runs():
    assert len(branch_argfile.lines("out", levels="0-30", runs=10)) == 6200
    assert len(branch_argfile.lines("out")) == 20 * 30 * 3


def test_levels_are_numbers_and_ranges():
    lines = branch_argfile.lines("o", trials=1, runs=1, levels="0,3-5,9")
    levels = [line.split("/")[2] for line in lines]
    assert levels == ["0", "3", "4", "5", "9"]


def test_an_empty_list_stays_one():
    changes = recipe_changes.RecipeChanges(lr_drops=())
    (line,) = branch_argfile.lines("o", changes, trials=1, runs=1, levels="4")
    assert bound([line])[0]["changes"].lr_drops == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["reinit", "reuse", "reuse_sign"])
def test_a_line_gives_what_the_old_one_gave(tmp_path, name):
    """The flags that the argfile of reinitialize printed, and its bytes."""
    tiny_recipe = [
        *("--hidden_units=12,8", "--training_len=10it", "--seed=3"),
        "--jit=False",
    ]
    words = [f"--output_dir={tmp_path}/trial3", "--iterations=1", "--quiet"]
    given = flags.bind(lottery_experiment.plan, [*tiny_recipe, *words])
    planned.run(lottery_experiment.plan, **given)
    (line,) = branch_argfile.lines(
        str(tmp_path),
        experiment=name,
        trials=1,
        first_trial=3,
        levels="1",
        runs=1,
    )
    planned.run(branch.plan, **bound([line])[0], quiet=True)
    ticket = f"{tmp_path}/trial3/1/same_init"
    old = [
        f"--output_dir={tmp_path}/old",
        f"--init_seed={seeds.derive(3, name, 1, 1)}",
        f"--masks={ticket}/masks",
    ]
    if name != "reinit":
        old.append(f"--initialization_distribution={ticket}/initial")
    if name == "reuse_sign":
        old.append(f"--same_sign={ticket}/initial")
    given = flags.bind(reinitialize.plan, [*tiny_recipe, *old, "--quiet"])
    planned.run(reinitialize.plan, **given)
    expected = tiny.result_bytes(tmp_path / "old")
    assert len(expected) == 6 + 6 + 3 + 3
    assert tiny.result_bytes(tmp_path / f"trial3/1/{name}1") == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"experiment": "reint"}, "Did you mean 'reinit'"),
        ({"experiment": "reinit,"}, "Unknown experiment ''"),
        ({"levels": "a"}, "levels must be integers such as"),
        ({"levels": "3-"}, "levels must be integers such as"),
        ({"levels": ""}, "levels must be integers such as"),
        ({"levels": "5-3"}, "levels must be integers such as"),
        (
            {"levels": "0-3", "experiment": "reinit,shuffle"},
            "shuffle is for pruned networks: levels must begin at 1",
        ),
        ({"experiment": "transfer"}, "transfer needs what a ticket is tran"),
        (
            {
                "experiment": "transfer",
                "changes": recipe_changes.RecipeChanges(data_dir="data"),
            },
            "transfer needs what a ticket is tran",
        ),
        ({"experiment_name": "a2"}, "not end in a digit"),
        ({"trials": 0}, "trials must be an integer, at least 1"),
        ({"runs": 0}, "runs must be an integer, at least 1"),
    ],
)
def test_what_is_wrong_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        branch_argfile.lines("o", **options)


def test_a_seed_of_ones_own_is_given_twice(capsys):
    with pytest.raises(SystemExit) as stop:
        flags.print_lines(
            branch_argfile.lines, branch.plan, ["o", "--init_seed=3"]
        )
    assert stop.value.code == 2
    assert "--init_seed is given twice" in capsys.readouterr().err


def test_branches_of_other_experiments_have_their_names():
    [line] = branch_argfile.lines(
        "o", trials=1, levels="3", runs=1, experiment_name="lr_rewind"
    )
    assert "--output_dir=o/trial1/3/lr_rewind_reinit1 " in line
    assert "--ticket=o/trial1/3/lr_rewind " in line
