"""Tests of argfiles/grid_argfile.py."""

import shlex
import subprocess
import sys

import pytest

from lottery_ticket.analysis.reading import tree
from lottery_ticket.argfiles import grid_argfile
from lottery_ticket.experiments import lottery_experiment, prune_at_init
from lottery_ticket.foundations.command_line import flags
from lottery_ticket.foundations.sweeps import argfile_lines


def _folders(*words):
    """output_dirs of the lines, below the grid's."""
    found = grid_argfile.lines("o", grid=shlex.join(words))
    starts = [shlex.split(line)[0] for line in found]
    return [start.removeprefix("--output_dir=o/") for start in starts]


def test_a_line_per_combination_first_those_of_the_first_seed():
    words = ("--lr=1e-4,0.01", "--seed=1-2", "--train_batch_size=20,30")
    assert _folders(*words) == [
        f"lr={lr}/train_batch_size={size}/trial{seed}"
        for seed in (1, 2)
        for lr in ("1e-4", "0.01")
        for size in (20, 30)
    ]
    first, *_ = grid_argfile.lines("o", grid=shlex.join(words))
    bound = flags.bind(lottery_experiment.plan, shlex.split(first))
    recipe = bound["recipe"]
    assert (recipe.lr, recipe.seed, recipe.train_batch_size) == (1e-4, 1, 20)


@pytest.mark.parametrize(
    ("word", "folders"),
    [
        ("--lr=.0001,1e-3,6e4", ["lr=1e-4", "lr=1e-3", "lr=6e+4"]),
        ("--lr=1e-4", []),  # A single value has no folder,
        ("--lr=1e-4,", ["lr=1e-4"]),  # unless others are to follow.
        ("--lr=1;2", ["lr=1", "lr=2"]),
        ("--momentum=None,.9", ["momentum=None", "momentum=0.9"]),
        ("--jit=True,False", ["jit=True", "jit=False"]),
        ("--test_interval=1-3,7", [f"test_interval={n}" for n in (1, 2, 3, 7)]),
        ("--hidden_units=300,100", []),
        (
            "--hidden_units=30,10;9,8",
            ["hidden_units=30_10", "hidden_units=9_8"],
        ),
        (
            "--fractions=*=.2; d*=.1,logits=.05;",
            ["fractions=0.2", "fractions=d=0.1_logits=0.05"],
        ),
        ("--data_dir=/a/b,c", ["data_dir=a_b", "data_dir=c"]),
    ],
)
def test_values_and_their_folders(word, folders):
    expected = [f"{folder}/trial1" for folder in folders] or ["trial1"]
    found = _folders("--optimizer=momentum", word)
    assert found == expected


def test_long_values_have_short_folders_of_their_own():
    layers = [f"conv{n}=.1" for n in range(30)]
    values = [",".join([*layers, f"logits={last}"]) for last in (0.1, 0.2)]
    first, second = _folders(f"--fractions={';'.join(values)}")
    assert first != second and max(map(len, (first, second))) < 100


@pytest.mark.parametrize(
    ("word", "error"),
    [
        ("--lrr=1,2", "Unknown flag 'lrr'. Did you mean --lr"),
        ("--learning_rate=1,2", "Here it is --lr=1,2"),
        ("--lr=1,x", "--lr must be a number. Received: 'x'"),
        ("--lr=1,,2", "--lr must be a number. Received: ''"),
        ("--lr=1,-2", "lr must be a number, above 0. Received: -2"),
        ("--lr=1e-4,.0001", "--lr has the value 1e-4 twice"),
        ("--seed=1-3,2", "--seed has the value 2 twice"),
        ("--fractions=*=.1;*=.10", "--fractions has the value *=0.1 twice"),
        ("--seed=3-1", "--seed must be integers such as"),
        ("--optimizer=sgd,amad", "Unknown optimizer 'amad'"),
        ("--hidden_units=3,x;4", "--hidden_units must be integers"),
        ("--data_dir=/a,a", "--data_dir=/a and --data_dir=a would share"),
        ("--output_dir=p", "--output_dir is given twice"),
        ("--lr", "--lr is missing its value"),
    ],
)
def test_what_is_wrong_is_said_before_any_line(word, error):
    with pytest.raises(ValueError) as caught:
        grid_argfile.lines("o", grid=shlex.join(["--iterations=2", word]))
    assert error in str(caught.value)


def test_other_runners_have_grids_too(monkeypatch):
    monkeypatch.setenv(argfile_lines.RUNNER, "prune_at_init")
    words = ("--criterion=snip,synflow", "--density=.1")
    assert _folders(*words) == [
        "criterion=snip/trial1/0/prune_at_init",
        "criterion=synflow/trial1/0/prune_at_init",
    ]
    (line, _) = grid_argfile.lines("o", grid=shlex.join(words))
    assert flags.bind(prune_at_init.plan, shlex.split(line))["target"].density


@pytest.mark.parametrize("runner", ["branch", "instability"])
def test_a_seed_that_is_the_tickets_is_left_to_it(runner, monkeypatch):
    monkeypatch.setenv(argfile_lines.RUNNER, runner)
    words = ["--ticket=t/trial2/1/same_init", "--lr=1,2"]
    found = grid_argfile.lines("o", grid=shlex.join(words))
    assert found == [
        f"--output_dir=o/lr={lr}/0/{runner} --ticket=t/trial2/1/same_init "
        f"--lr={lr}"
        for lr in (1, 2)
    ]
    own = [*words, "--seed=3,"]
    (line, _) = grid_argfile.lines("o", grid=shlex.join(own))
    assert line.startswith(f"--output_dir=o/lr=1/trial3/0/{runner} --seed=3")


def test_a_runner_of_ones_own(tmp_path, monkeypatch, capsys):
    path = tmp_path / "mine.py"
    monkeypatch.setenv(argfile_lines.RUNNER, str(path))
    path.write_text(
        "def run(output_dir: str, *, size: int = 1) -> None:\n"
        '    """Runs."""\n\n\nRUN = run\n'
    )
    assert _folders("--size=1-2") == ["size=1/0/mine", "size=2/0/mine"]
    path.write_text("print(1)\n")
    with pytest.raises(SystemExit) as end:
        grid_argfile.main(["o", "--size=1-2"])
    assert end.value.code == 2
    assert "mine.py has no RUN that declares" in capsys.readouterr().err


def test_a_report_tells_the_combinations_apart(tmp_path):
    for folder in _folders("--lr=1e-4,1e-3", "--fractions=*=.2;*=.1"):
        (tmp_path / folder / "0/same_init").mkdir(parents=True)
        (tmp_path / folder / "0/same_init/run.json").touch()
    places = [each for each in tree.walk(str(tmp_path)) if each.is_run]
    assert {each.trial for each in places} == {1}
    assert sorted(each.experiment for each in places) == [
        f"lr={lr}/fractions={fraction}/same_init"
        for lr in ("1e-3", "1e-4")
        for fraction in ("0.1", "0.2")
    ]


def test_as_a_program():
    module = "lottery_ticket.argfiles.grid_argfile"
    done = subprocess.run(
        [sys.executable, "-m", module, "o", "--lr", "1,2", "--jit"],
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == [
        f"--output_dir=o/lr={lr}/trial1 --seed=1 --lr={lr} --jit=True"
        for lr in (1, 2)
    ]


def test_help_is_its_own(capsys):
    grid_argfile.main(["--help"])
    text = capsys.readouterr().out
    assert "--output_dir=TEXT" in text and "--lr=1e-4,1e-3" in text
