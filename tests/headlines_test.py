"""Experiments of a regression go by its headline metric, up to the report."""

import json

import numpy as np
import pandas as pd
import pytest

from lottery_ticket.experiments import (
    instability,
    lottery_experiment,
    supermask,
    untrained,
)
from lottery_ticket.experiments.settings import recipes
from lottery_ticket.foundations.values import headline
from lottery_ticket.runners import report
from lottery_ticket.tests import planned

NETWORK = """
import keras


def build(input_shape):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Dense(6, "relu", name="first"),
            keras.layers.Dense(1, name="last"),
        ]
    )
"""


@pytest.mark.slow
def test_a_regression_is_judged_by_its_error(tmp_path, capsys):
    x = np.random.default_rng(0).random((60, 2))
    rows = "\n".join(f"{a},{b},{a - b}" for a, b in x)
    (tmp_path / "t.csv").write_text(f"a,b,c\n{rows}")
    (tmp_path / "own.py").write_text(NETWORK)
    recipe = recipes.Recipe(
        "own_model",
        dataset=f"{tmp_path}/t.csv:c",
        task="regression",
        model=f"{tmp_path}/own.py:build",
        training_len="6it",
        test_interval=3,
        validate_interval=3,
        train_batch_size=10,
        jit=False,
    )
    trial = tmp_path / "results/trial1"
    planned.run(lottery_experiment.plan, str(trial), recipe, iterations=1)
    ticket = str(trial / "0/same_init")
    places = {
        instability.plan: (trial / "0/instability2", "connectivity.json"),
        untrained.plan: (trial / "0/untrained", "untrained.json"),
        supermask.plan: (trial / "0/supermask", "supermask.json"),
    }
    grid = untrained.Grid(criteria=("large_final", "random"), iterations=2)
    more = {
        instability.plan: ((ticket,), {"iteration": "2it", "points": 3}),
        untrained.plan: ((ticket, grid), {}),
        supermask.plan: ((recipe,), {}),
    }
    for plan, (directory, name) in places.items():
        arguments, options = more[plan]
        planned.run(plan, str(directory), *arguments, **options)
        record = json.loads((directory / name).read_text())
        kind = headline.of_record(record)
        assert not kind.higher_is_better and not kind.is_percent
    told = capsys.readouterr().err
    assert f"barrier in {kind.metric}: test" in told
    assert " %, " not in told and "thresholded 0." in told
    report.RUN(str(tmp_path / "results"), str(tmp_path / "report"))
    capsys.readouterr()
    for name in ("runs.csv", "supermasks.csv", "untrained_cells.csv"):
        columns = pd.read_csv(tmp_path / "report" / name).columns
        assert any(kind.metric in each for each in columns)
        assert not any("accuracy" in each for each in columns)
