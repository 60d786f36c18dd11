"""Every task: a ticket is found, resumed to the same bytes, and reported."""

import json

import keras
import numpy as np
import pandas as pd
import pytest

from lottery_ticket.experiments import find_ticket
from lottery_ticket.experiments.settings import recipes, scoring
from lottery_ticket.foundations.training import programs
from lottery_ticket.foundations.values import task_kinds
from lottery_ticket.runners import report
from lottery_ticket.tests import tiny

L = keras.layers
RNG = np.random.default_rng(0)
X = RNG.random((60, 4, 4, 1), np.float32)
LABELS = {
    "classification": np.arange(60) % 3,
    "binary": X[:, 0, 0, 0] > 0.5,
    "multi_label": (X[:, :3, 0, 0] > 0.5).astype(int),
    "regression": X.sum(axis=(1, 2, 3)),
    "segmentation": (X[..., 0] > 0.5).astype(int),
    "compiled": {"near": X[:, 0, 0], "far": X[:, :2, 0, 0] > 0.5},
}
LAST = {
    "classification": [L.Flatten, lambda: L.Dense(3)],
    "binary": [L.Flatten, lambda: L.Dense(1, "sigmoid")],
    "multi_label": [L.Flatten, lambda: L.Dense(3)],
    "regression": [L.Flatten, lambda: L.Dense(1)],
    "segmentation": [lambda: L.Conv2D(2, 1, activation="softmax")],
}


def network(task):
    keras.utils.set_random_seed(1)
    inputs = keras.Input((4, 4, 1))
    x = L.Conv2D(3, 3, padding="same", activation="relu")(inputs)
    if task == "compiled":
        flat = L.Flatten()(x)
        near = L.Dense(1, name="near")(flat)
        far = L.Dense(2, "sigmoid", name="far")(flat)
        made = keras.Model(inputs, {"near": near, "far": far})
        made.compile(
            keras.optimizers.SGD(0.05, momentum=0.9),
            {"near": "mse", "far": "binary_crossentropy"},
            {"near": 1.0, "far": 0.5},
            {"near": ["mae"], "far": ["AUC"]},
        )
        return made
    for layer in LAST[task]:
        x = layer()(x)
    return keras.Model(inputs, x)


def find(directory, task, **options):
    y = LABELS[task]
    parts = [
        {n: each[rows] for n, each in y.items()}
        if isinstance(y, dict)
        else y[rows]
        for rows in (slice(40), slice(40, 60))
    ]
    settings = {"training_len": "6it", "train_batch_size": 10, "jit": False}
    settings |= {"test_interval": 3, "validate_interval": 3}
    if task == "compiled":
        settings["optimizer"] = "compiled"
    elif task != "classification":
        settings["task"] = task
    return find_ticket.find_ticket(
        network(task),
        ((X[:40], parts[0]), (X[40:], parts[1])),
        str(directory),
        recipes.Recipe("own_model", **settings),
        **{"iterations": 1, "quiet": True, **options},
    )


@pytest.mark.slow
@pytest.mark.parametrize("task", task_kinds.KINDS)
def test_a_ticket_is_found_resumed_and_reported(task, tmp_path, monkeypatch):
    find(tmp_path / "whole/trial1", task)
    trained, calls = programs.Program.launch, []

    def killed(self, *arguments):
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return trained(self, *arguments)

    monkeypatch.setattr(programs.Program, "launch", killed)
    with pytest.raises(KeyboardInterrupt):
        find(tmp_path / "killed/trial1", task)
    monkeypatch.undo()
    find(tmp_path / "killed/trial1", task)
    whole = tiny.result_bytes(tmp_path / "whole/trial1")
    assert tiny.result_bytes(tmp_path / "killed/trial1") == whole
    run = tmp_path / "whole/trial1/1/same_init"
    record = json.loads((run / "run.json").read_text())
    headline = record.get("headline", {"metric": "accuracy"})["metric"]
    log = json.loads((run / "test.json").read_text())
    assert list(log)[:2] == ["iteration", "loss"] and headline in log
    assert record.get("task", "classification") == task
    report.RUN(str(tmp_path / "whole"), str(tmp_path / "report"))
    rows = pd.read_csv(tmp_path / "report/runs.csv")
    assert rows[headline].tolist()[-1] == pytest.approx(log[headline][-1])


@pytest.mark.slow
def test_a_folder_of_another_task_or_loss_is_refused(tmp_path):
    find(tmp_path, "regression", iterations=0)
    keras.utils.set_random_seed(1)
    other = network("regression")
    other.compile("sgd", "mae")
    y = LABELS["regression"]
    data = ((X[:40], y[:40]), (X[40:], y[40:]))
    with pytest.raises(ValueError, match="optimizer: 'adam' there, 'compiled'"):
        find_ticket.find_ticket(other, data, str(tmp_path), quiet=True)


@pytest.mark.slow
@pytest.mark.parametrize("criterion", ["snip", "grad", "synflow"])
@pytest.mark.parametrize("task", ["binary", "segmentation", "compiled"])
def test_scores_are_of_the_tasks_loss(tmp_path, task, criterion):
    scored = scoring.Scoring(criterion, score_steps=1)
    ticket = find(tmp_path, task, scoring=scored)
    kernel = np.asarray(ticket.layers[1].kernel)
    assert 0 < np.count_nonzero(kernel) < kernel.size


@pytest.mark.slow
def test_scores_of_classes_are_refused_elsewhere(tmp_path):
    with pytest.raises(ValueError, match="GraSP .* the task regression"):
        find(tmp_path, "regression", scoring=scoring.Scoring("grasp"))
