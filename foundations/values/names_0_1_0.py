"""What version 0.1.0 called things on disk: names that are read for good.

Results are for good: what an older version wrote is read, reported, branched
from and counted as complete. What is called otherwise today, or told otherwise,
is translated here, on reading.
"""

from typing import Any

# Inside the folder of a result: folders of runs that are parts of it, and none
# to report. Newer experiments put theirs into `parts`.
PART_FOLDERS = (
    *("copies", "search"),
    *("weight_reinit", "mask_shuffle", "score_inversion"),
)
# Experiment -> the file that its results are complete with, beside a run's.
RESULT_FILES = {
    "untrained": "untrained.json",
    "instability": "connectivity.json",
    "supermask": "supermask.json",
    "mask_connectivity": "mask_connectivity.json",
    "gem_miner": "gem.json",
}
# File or folder, if its content does not tell -> whose results it is of, as
# settings call the experiment.
EXPERIMENTS = {
    "copies": "instability",
    "untrained_part.json": "untrained",
    **{file: name for name, file in RESULT_FILES.items()},
    **dict.fromkeys(PART_FOLDERS[1:], "gem_miner"),
}
# What settings of a run inside another's folder call the experiment -> whose
# part it is.
PART_OF = {"gem_search": "gem_miner"}
# Setting -> its name today. None has been renamed yet.
SETTINGS: dict[str, str] = {}
# Setting -> what it was before it was one: so it is meant where it is absent.
BEFORE = {
    "criterion": "large_final",
    "invert_scores": False,
    "one_shot": False,
    "retraining": "rewind",
    "rewind_iteration": "0it",
    "restart": False,
    "mask_1_action": "rewind",
    "mask_0_action": "zero",
    "save_iterations": [],
}


def value(recorded: dict, name: str) -> Any:
    """Returns a setting; what its absence means where it is not on record."""
    return recorded.get(name, BEFORE.get(name))


def settings(recorded: dict) -> dict:
    """Returns settings on record, renamed ones by their names of today."""
    return {SETTINGS.get(name, name): each for name, each in recorded.items()}
