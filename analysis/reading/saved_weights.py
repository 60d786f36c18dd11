"""Weights that runs saved on the way, opened once their checksums are right."""

import re

import numpy as np

from lottery_ticket.analysis.reading import mask_arrays
from lottery_ticket.foundations.records import run_record, save_restore

FINAL = "final"


def points(record: dict) -> dict[int, str]:
    """Returns dict, iteration -> folder of the weights saved then, in order.

    The end, whose folder is FINAL, is not among them.

    Args:
        record: What the run's run.json says.
    """
    names = record["checksums"]
    found = {re.match(r"iteration(\d+)/", name) for name in names}
    iterations = {int(each[1]) for each in found if each is not None}
    return {each: f"iteration{each}" for each in sorted(iterations)}


def check(run: dict, record: dict) -> None:
    """Raises ValueError unless all that was saved on the way is as recorded.

    Args:
        run: Row of `mask_arrays.whole`.
        record: As for `points`.
    """
    saved = record["checksums"]
    for folder in points(record).values():
        names = save_restore.files_of(folder, run["layers"], saved)
        checksums = {name: saved.get(name) for name in names}
        for path in run_record.damaged_files(
            run["directory"], {"checksums": checksums}
        ):
            raise ValueError(f"damaged ({path} is missing or has changed)")


def arrays(run: dict, folder: str) -> dict[str, np.ndarray]:
    """Returns dict, layer with a mask -> its array of a folder.

    Args:
        run: As for `check`.
        folder: One of `points`, FINAL or "masks".
    """
    return {
        layer: mask_arrays.restore(run["directory"], folder, layer)
        for layer in run["layers"]
    }
