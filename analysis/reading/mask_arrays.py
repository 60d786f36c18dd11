"""Masks and weights of complete runs, opened once their checksums are right."""

import numpy as np

from lottery_ticket.analysis.reading import records, tree
from lottery_ticket.foundations.machine import files, lazy, progress
from lottery_ticket.foundations.records import run_record, save_restore

with lazy.imports():
    import pandas as pd

FOLDERS = ("masks", "initial", "final")


def whole(
    runs: "pd.DataFrame", quiet: bool = False
) -> tuple["pd.DataFrame", list[str]]:
    """Returns the runs whose masks and kernels are as recorded, and the others.

    Args:
        runs: Rows of `results.read(...).runs`.
        quiet: Whether to show no progress.

    Returns:
        Pair (runs, problems): the runs that are whole, with the columns layers
        (a tuple of those with masks) and masks (equal where all masks are), and
        a line for each of the others.
    """
    added, problems = {}, []
    rows = [*runs.to_dict("index").items()]
    for index, row in progress.each(rows, "checking", quiet):
        try:
            layers, masks = _checked(row["directory"])
        except (ValueError, FileNotFoundError) as error:
            keys = ("experiment", "trial", "level", "run")
            place = tree.Place("", (), *(row[key] for key in keys))
            problems.append(f"{place.label}: {error}")
            continue
        added[index] = {"layers": layers, "masks": masks}
    columns = pd.DataFrame.from_dict(
        added, orient="index", columns=["layers", "masks"]
    )
    return runs.loc[[*added]].join(columns), problems


def restore(directory: str, folder: str, layer: str) -> np.ndarray:
    """Returns a layer's array of a whole run, from one of FOLDERS."""
    return save_restore.restore_entry(files.join(directory, folder), layer)


def _checked(directory):
    """A run's layers, and its masks' checksums, once its kernels are right too.

    Raises:
        ValueError: If one is not as recorded, or there are none.
    """
    record = records.read(directory, tree.RUN)
    layers, saved = tuple(record["density"]), record["checksums"]
    names = {
        folder: save_restore.files_of(folder, layers, saved)
        for folder in FOLDERS
    }
    checksums = {n: saved.get(n) for own in names.values() for n in own}
    if None in checksums.values():
        raise ValueError("its masks and weights were not saved")
    for path in run_record.damaged_files(directory, {"checksums": checksums}):
        raise ValueError(f"damaged ({path} is missing or has changed)")
    return layers, tuple(checksums[name] for name in names["masks"])
