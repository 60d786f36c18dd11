"""What studies cost on this machine: tried out once, and kept by the results.

A file a study, OUTPUT_DIR/SCALE/costs/STUDY.json, so that a list of all studies
answers at once.
"""

import dataclasses
import json

from lottery_ticket.experiments.reproductions import study_sweeps
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.sweeps import cost
from lottery_ticket.foundations.values import durations

FOLDER = "costs"


def keep(found: cost.Cost, output_dir: str, scale: str, name: str) -> None:
    """Writes what a study costs, in place of what was known before."""
    text = json.dumps(dataclasses.asdict(found), indent=1) + "\n"
    files.write(_path(output_dir, scale, name), text.encode())


def kept(output_dir: str, scale: str, name: str) -> cost.Cost | None:
    """Returns what `keep` has written last; None where that is nothing."""
    path = _path(output_dir, scale, name)
    if not files.exists(path):
        return None
    return cost.Cost(**json.loads(files.read(path)))


def text(found: cost.Cost | None) -> str:
    """Returns time, disk and memory of all workers in a few words.

    "" is not known; a + is behind what grows once lines can be looked into that
    read others' results.
    """
    if found is None or found.seconds is None:
        return ""
    more = "+" if found.untold else ""
    words = [f"{durations.about(found.seconds)}{more}"]
    if found.size is not None:
        words.append(f"{cost.byte_text(found.size)}{more} disk")
    if found.memory is not None:
        memory = cost.byte_text(found.memory * found.workers)
        words.append(f"{memory} memory")
    return ", ".join(words)


def _path(output_dir, scale, name):
    folder = study_sweeps.folder(output_dir, scale, FOLDER)
    return files.join(folder, f"{name}.json")
