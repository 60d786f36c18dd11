"""Tests of runners/commands: one file and one line make an experiment."""

import importlib
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from lottery_ticket.foundations.values import names_0_1_0
from lottery_ticket.runners import commands, listings
from lottery_ticket.tests import tiny

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = (
    *("analysis", "argfiles", "configs", "datasets", "experiments"),
    *("foundations", "models", "runners"),
)
# experiments/toy.py.
FILE = '''
"""Trains a network whose kept weights are every n-th one."""

import numpy as np

from lottery_ticket.experiments.settings import recipes
from lottery_ticket.experiments.stages import one_network
from lottery_ticket.foundations.records import plans
from lottery_ticket.foundations.training import run_settings


def plan(
    output_dir: str,
    recipe: recipes.Recipe = recipes.Recipe(),
    *,
    every: int = 2,
    quiet: bool = False,
) -> plans.Plan:
    """Trains a network whose kept weights are every n-th one.

    Args:
        output_dir: Folder of the results.
        recipe: Dataset, network and training.
        every: Of how many weights one is kept.
        quiet: Whether to show no progress.
    """
    settings = {**recipe.settings(), "experiment": "toy", "every": every}

    def give_start(_, model):
        masks = {}
        for name, mask in model.masks.items():
            masks[name] = np.zeros_like(mask)
            masks[name].flat[::every] = 1
        model.reset(masks=masks, seed=recipe.init_seed)

    output = run_settings.Output(settings, quiet=quiet)
    return one_network.training(recipe, output_dir, give_start, output)
'''
# In runners/commands.py.
LINE = '    "toy": Experiment("trains a part"),\n'
STOP = """
import sys
from lottery_ticket.foundations.machine import progress
from lottery_ticket.foundations.training import resumable_run
from lottery_ticket.runners import main

resumable_run.CHECKPOINT_INTERVAL_S = -1
update = progress.Progress.update

def stop(bar, iteration, *latest):
    if iteration == 20:
        raise KeyboardInterrupt
    update(bar, iteration, *latest)

progress.Progress.update = stop
main.main(sys.argv[1:])
"""
FLAGS = (
    *("--training_len=20it", "--test_interval=10", "--hidden_units=10,8"),
    "--jit=False",
)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of the package, with the toy in it."""
    package = tmp_path_factory.mktemp("house") / "lottery_ticket"
    for folder in SOURCE:
        shutil.copytree(ROOT / folder, package / folder)
    shutil.copy(ROOT / "__init__.py", package)
    (package / "experiments/toy.py").write_text(FILE)
    file = package / "runners/commands.py"
    start = "EXPERIMENTS = {\n"
    text = file.read_text()
    assert text.count(start) == 1
    file.write_text(text.replace(start, start + LINE))
    return package.parent


def run(house, *words):
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house)},
    )
    return done.returncode, done.stdout, done.stderr


def command(house, *words):
    return run(house, "-m", "lottery_ticket.runners.main", *words)


@pytest.mark.slow
def test_one_file_and_one_line_make_an_experiment(house, tmp_path):
    status, text, _ = command(house, "toy", "--help")
    assert status == 0 and "Of how many weights one is kept [2]" in text
    assert "toy                 trains a part" in command(house)[1]

    whole, stopped = (tmp_path / f"results/trial{n}/1/toy" for n in (1, 2))
    toy = ("toy", *FLAGS)
    status, _, error = command(house, *toy, f"--output_dir={whole}")
    assert status == 0, error
    again = command(house, *toy, f"--output_dir={whole}")
    assert again[0] == 0 and "complete already" in again[2]
    other = command(house, *toy, f"--output_dir={whole}", "--every=3")
    assert other[0] == 2 and "every: 2 there, 3 now" in other[2]
    foreign = command(house, "train", f"--output_dir={whole}")
    assert foreign[0] == 2 and "experiment: 'toy' there" in foreign[2]

    status, _, error = run(house, "-c", STOP, *toy, f"--output_dir={stopped}")
    assert status == 130, error
    assert (stopped / "checkpoint.bin").exists()
    lines = tmp_path / "lines.txt"
    lines.write_text(
        "".join(
            f"--output_dir={tmp_path}/results/trial{trial}/1/toy {flags}\n"
            for trial in (1, 2, 3)
            for flags in [" ".join(FLAGS)]
        )
    )
    sweep = ("argfile_runner", "toy", str(lines), "--devices=cpu*1")
    dry = command(house, *sweep, "--dry_run", "--probes=0")
    assert "3 lines: 1 complete, 2 to run" in dry[1], dry
    status, _, error = command(house, *sweep)
    assert status == 0, error
    assert "2 done, 1 skipped (complete), 0 failed." in error
    assert tiny.result_bytes(stopped) == tiny.result_bytes(whole)

    status, text, _ = command(
        house, "report", f"--output_dir={tmp_path}/results"
    )
    assert status == 0
    row = next(line for line in text.splitlines() if line.startswith("toy"))
    assert row.split()[1:5] == ["1", "50.0", "3", "45.0"]


def test_entries_say_what_their_experiments_declare():
    for name, entry in commands.EXPERIMENTS.items():
        module = importlib.import_module(f"lottery_ticket.experiments.{name}")
        assert commands.find(name).makes_plan, name
        assert commands.find(name).function is module.plan
        assert entry.help and not entry.help.endswith("."), name
        assert hasattr(module, "RESULT") == (entry.section is not None), name


def test_no_command_has_two_homes():
    assert not set(commands.EXPERIMENTS) & set(commands.TOOLS)
    assert list(commands.helps()) == [
        *commands.EXPERIMENTS,
        "ticket",
        *commands.TOOLS,
        *listings.LISTINGS,
    ]


def test_verbs_stand_for_the_command_that_has_them():
    assert list(commands.with_verbs()) == [
        *commands.EXPERIMENTS,
        *(f"ticket {verb}" for verb in commands.VERBS),
        *commands.TOOLS,
        *listings.LISTINGS,
    ]
    assert not commands.verbs("train")


def test_files_of_0_1_0_are_those_of_its_experiments():
    found = commands.result_files()
    for experiment, name in names_0_1_0.RESULT_FILES.items():
        assert found[experiment] == name
