"""Logs of runs: as one data frame, and where they say to stop."""

import logging

import numpy as np

from lottery_ticket.foundations.machine import files, lazy
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.values import names

with lazy.imports():
    import pandas as pd

_log = logging.getLogger(__name__)

KEYS = ("experiment", "trial", "level", "run")
LOG_NAMES = ("train", "test", "validate")


def read(
    runs: "pd.DataFrame", log_names: tuple[str, ...] = ("test", "validate")
) -> "pd.DataFrame":
    """Returns the logs of runs as one long data frame.

    Columns: experiment, trial, level, run, density, log (its name), iteration,
    loss, accuracy, or what other metrics there are. A log that a run does not
    have adds no row; a damaged one neither, and is named in a warning.

    Args:
        runs: Rows of `results.read(...).runs`, all or some.
        log_names: Any of "train", "test", "validate".

    Raises:
        ValueError: If a log's name is unknown.
    """
    for name in log_names:
        names.check("log", name, LOG_NAMES)
    wanted = [
        (row, name, directory)
        for row, directory in enumerate(runs["directory"])
        for name in log_names
    ]
    found = files.each(lambda each: _read_log_if_whole(*each[1:]), wanted)
    parts = [
        (row, name, log)
        for (row, name, _), log in zip(wanted, found, strict=True)
        if log
    ]
    lengths = np.array([len(log["iteration"]) for _, _, log in parts], int)
    rows = np.repeat(np.array([row for row, _, _ in parts], int), lengths)
    frame = runs[[*KEYS, "density"]].iloc[rows].reset_index(drop=True)
    names_of_parts = np.array([name for _, name, _ in parts], str)
    frame["log"] = np.repeat(names_of_parts, lengths)
    measures = dict.fromkeys(key for *_, log in parts for key in log)
    for key in measures or ("iteration", "loss", "accuracy"):
        dtype = int if key == "iteration" else float
        columns = [
            np.asarray(log.get(key, [np.nan] * len(log["iteration"])), dtype)
            for _, _, log in parts
        ]
        frame[key] = np.concatenate([np.zeros(0, dtype), *columns])
    return frame


def early_stop_iteration(validate: save_restore.Log) -> float:
    """Returns the iteration of minimum validation loss, the first if several.

    It is found afterwards: training never stops early. NaN if no loss is a
    number.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), sec. 2.
    """
    loss = np.asarray(validate["loss"], float)
    if np.isnan(loss).all():
        return float("nan")
    return float(validate["iteration"][np.nanargmin(loss)])


def _read_log_if_whole(name, directory):
    try:
        return save_restore.read_log(directory, name)
    except FileNotFoundError:
        return None
    except ValueError as error:
        _log.warning("Skipped: %s", error)
        return None
