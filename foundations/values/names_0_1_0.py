"""What version 0.1.0 called things on disk: names that are read for good.

Results are for good: what an older version wrote is read, reported, branched
from and counted as complete. What is called otherwise today, or told otherwise,
is translated here, on reading.
"""

import re
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
    "compact_levels": False,
    "mask_1_action": "rewind",
    "mask_0_action": "zero",
    "granularity": "weight",
    "hooks": [],
    "save_iterations": [],
    "copies": 1,
    "outputs": "auto",
    "task": "auto",
}

# Fingerprints of users' code, which 0.1.0 did not record, and the one it did:
# of a network's file alone, docstrings included.
CODE = ("code", "dataset_code")
CODE_BEFORE = "model_code"
# In the record of a run since it says all of its optimizer. 0.1.0's has none,
# and says what the optimizer's config does.
RECORD_VERSION = {"record_version": 2}
# Inputs of a run: that kernels of recurrent layers have masks, which 0.1.0 gave
# none; and which kernels of users' layers have.
RECURRENT, REGISTERED = "recurrent_kernels", "registered_kernels"
# Settings by which the config of an optimizer is known.
_OF_OPTIMIZERS = {"ema_momentum", "inner_optimizer", "optimizer_map"}


def value(recorded: dict, name: str) -> Any:
    """Returns a setting; what its absence means where it is not on record."""
    return recorded.get(name, BEFORE.get(name))


def settings(recorded: dict) -> dict:
    """Returns settings on record, renamed ones by their names of today."""
    if not SETTINGS.keys() & recorded.keys():
        return {**recorded}
    return {SETTINGS.get(name, name): each for name, each in recorded.items()}


def lacks_code(recorded: dict, requested: dict) -> bool:
    """Whether a record does not say of which code it is, where that counts."""
    return any(name in requested and name not in recorded for name in CODE)


def comparable(recorded: dict, requested: dict) -> list[dict]:
    """Returns both less what cannot be told: code that is on no record.

    It matches any. Where it is on record, the fingerprint of 0.1.0 does not
    count: that changes with docstrings.
    """
    unknown = {name for name in CODE if name not in recorded}
    if "code" in recorded and "code" in requested:
        unknown.add(CODE_BEFORE)
    return [
        {name: given[name] for name in given if name not in unknown}
        for given in (recorded, requested)
    ]


def says_beyond(inputs: dict) -> bool:
    """Whether inputs of a run have more of its optimizer than its config."""
    return "optimizer_code" in inputs or "beyond" in inputs.get("optimizer", {})


def lacks_beyond(record: dict) -> bool:
    """Whether a run's record does not tell of more than the config."""
    is_old = not RECORD_VERSION.keys() & record.keys()
    return is_old and not says_beyond(record["inputs"])


def of_config(inputs: dict) -> dict:
    """Returns inputs of a run as far as any record of 0.1.0 says them."""
    told = {n: each for n, each in inputs.items() if n != "optimizer_code"}
    if "optimizer" in told:
        told["optimizer"] = unnumbered(
            {n: each for n, each in told["optimizer"].items() if n != "beyond"}
        )
    return told


def unnumbered(config: dict) -> dict:
    """Returns the config of an optimizer; those inside have names of today.

    0.1.0 left in them the numbers that Keras tells them by in a process.
    """
    told = {}
    for name, each in config.items():
        if isinstance(each, dict):
            each = unnumbered(each)
            if _OF_OPTIMIZERS & each.keys() and "name" in each:
                each["name"] = re.sub(r"_\d+$", "", str(each["name"]))
        told[name] = each
    return told
