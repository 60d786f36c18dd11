"""The package as it is installed: its names, versions and metadata."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

import lottery_ticket as lt

ROOT = pathlib.Path(__file__).parents[1]
PROJECT = (ROOT / "pyproject.toml").read_text()


def test_nothing_is_loaded_before_it_is_used():
    code = "import sys, lottery_ticket; print(len(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert int(done.stdout) < 200


def test_every_public_name_is_told():
    for name in lt.__all__:
        assert name in dir(lt)
        if name != "__version__":
            assert getattr(lt, name).__doc__, name
    assert re.fullmatch(r"\d+\.\d+\.\d+", lt.__version__)


def test_the_oldest_packages_that_are_tried_are_the_oldest_allowed():
    bounds = dict(re.findall(r'^    "([\w-]+)>=([\d.]+)",$', PROJECT, re.M))
    tried = re.findall(
        r"^([\w-]+)==([\d.]+)$", (ROOT / "tests/oldest.txt").read_text(), re.M
    )
    for name, version in tried:
        bound = bounds[name].split(".")
        assert version.split(".")[: len(bound)] == bound, name
    of_tests = {"hypothesis", "pytest", "pytest-xdist", "ruff"}
    assert set(bounds) - of_tests == {name for name, _ in tried}


def test_python_runs_it_as_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "lottery_ticket", "--version"],
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith(f"lottery_ticket {lt.__version__}")


@pytest.mark.parametrize("given", [None, "0"])
def test_tensorflow_keeps_quiet_unless_told_otherwise(given):
    name = "TF_CPP_MIN_LOG_LEVEL"
    environment = {k: v for k, v in os.environ.items() if k != name}
    if given:
        environment[name] = given
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import os, lottery_ticket; print(os.environ['{name}'])",
        ],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.stdout.strip() == (given or "3")


SCRIPT = """
import lottery_ticket as lt
import keras
import numpy as np

x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
y = (x[:, 0] > 0).astype(int)
layers = keras.layers.Dense(5, activation="relu"), keras.layers.Dense(2)
model = keras.Sequential([keras.Input((4,)), *layers])
recipe = lt.Recipe("own_model", training_len="5it", train_batch_size=16)
lt.find_ticket(
    model, ((x, y), (x, y)), "out", recipe, iterations=1, quiet=True
)
"""


@pytest.mark.slow
def test_a_script_shows_nothing_of_tensorflow(tmp_path):
    environment = dict(os.environ)
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "out/1/same_init/run.json").exists()
