"""What is measured of a gem: from logs, or by evaluating masks."""

import numpy as np

from lottery_ticket.foundations.machine import files, lazy
from lottery_ticket.foundations.records import paths, save_restore

with lazy.imports():
    from lottery_ticket.foundations.training import network_evaluation

HELD_OUT = ("test", "validate")
Results = dict[str, dict[str, float]]


def of_run(directory: str) -> dict[str, Results]:
    """Returns what a finished training of weights reached, from its logs.

    Args:
        directory: Folder of the run.

    Returns:
        Dict with "before" and "after" training, and "best", at the lowest
        validation loss of all log points that have both splits, the first of
        equal ones; missing without a validation set. Each is a dict, split ->
        {"loss": ., "accuracy": .}, or what other metrics there are.
    """
    logs = {
        name: save_restore.read_log(directory, name)
        for name in HELD_OUT
        if files.exists(paths.log(directory, name))
    }
    places = {
        when: dict.fromkeys(logs, index)
        for when, index in (("before", 0), ("after", -1))
    }
    if "validate" in logs:
        best = _best_iteration(logs)
        places["best"] = {
            name: log["iteration"].index(best) for name, log in logs.items()
        }
    return {
        when: {name: _row(logs[name], index) for name, index in at.items()}
        for when, at in places.items()
    }


def evaluation(model, dataset):
    """Returns what evaluates networks of a model on all that is held out."""
    held_out = tuple(name for name in HELD_OUT if name in dataset.splits)
    return network_evaluation.NetworkEvaluation(model, dataset, held_out)


def _best_iteration(logs):
    common = set(logs["test"]["iteration"])
    log = logs["validate"]
    rows = zip(log["loss"], log["iteration"], strict=True)
    shared = [row for row in rows if row[1] in common]
    return shared[int(np.argmin([loss for loss, _ in shared]))][1]


def _row(log, index):
    return {
        name: column[index]
        for name, column in log.items()
        if name != "iteration"
    }
