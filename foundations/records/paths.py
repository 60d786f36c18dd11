"""Where everything of a run lies on disk; released names never change.

OUT/trial1/{level}/{experiment_name}{run_id}/
    initial/  final/  masks/    one .npy per entry, never pickled
    first_masks/                masks it started under, if they have changed
    iteration{k}/               weights after iteration k, where asked for
    train.json test.json validate.json
    summaries/                  TensorBoard
    run.json                    last of all: settings and checksums
    NAME.json                   instead of these or beside them: what another
                                experiment found; its own sealed file
    parts/                      runs that it is made of (names_0_1_0.py has
                                what older ones call them)
"""

import re
import typing

from lottery_ticket.foundations.machine import files

FIRST_MASKS = "first_masks"


def initial(directory: str) -> str:
    """Folder of the weights a run started from."""
    return files.join(directory, "initial")


def final(directory: str) -> str:
    """Folder of the weights a run ended with."""
    return files.join(directory, "final")


def at_iteration(directory: str, iteration: int) -> str:
    """Folder of the weights that a run had after a number of iterations."""
    return files.join(directory, f"iteration{iteration}")


def masks(directory: str) -> str:
    """Folder of the masks a run ended with: where they stand, it had them."""
    return files.join(directory, "masks")


def first_masks(directory: str) -> str:
    """Folder of the masks a run started under, where they may change."""
    return files.join(directory, FIRST_MASKS)


def log(directory: str, name: str) -> str:
    """Log file `name`: "train", "test" or "validate"."""
    return files.join(directory, f"{name}.json")


def summaries(directory: str) -> str:
    """Folder of the TensorBoard event files of a run."""
    return files.join(directory, "summaries")


def record(directory: str) -> str:
    """File that says what a run was; a run is complete once it is there."""
    return files.join(directory, "run.json")


def checkpoint(directory: str) -> str:
    """File from which a stopped run goes on; removed when it is complete."""
    return files.join(directory, "checkpoint.bin")


def lock(directory: str) -> str:
    """File held by the process that works on a run."""
    return files.join(directory, ".lock")


def trial(directory: str, name: str | int) -> str:
    """Folder of one repetition of an experiment."""
    return files.join(directory, f"trial{name}")


def run(
    directory: str, level: int, experiment_name: str, run_id: str | int = ""
) -> str:
    """Folder of one training run: `directory/level/experiment_name+run_id`.

    Args:
        directory: Folder of a trial.
        level: Number of prunings so far; 0 is the dense network.
        experiment_name: Such as "same_init" or "reinit"; see
            `check_experiment_name`.
        run_id: Tells apart several runs of one experiment at one level.
    """
    return files.join(directory, level, f"{experiment_name}{run_id}")


def check_experiment_name(name: str) -> None:
    """Raises ValueError unless a name can be told from the run_id behind it.

    It has to be a word that ends in no digit.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.-]*[A-Za-z_.-]", name) or name in "..":
        raise ValueError(
            "experiment_name must be made of letters, digits, '_', '-' and "
            "'.', and not end in a digit (digits at the end are the run's "
            f"id). Received: {name!r}"
        )


class Parsed(typing.NamedTuple):
    """The parts of a run's folder; None is one that its path does not have."""

    trial: str | None
    level: int | None
    experiment_name: str
    run_id: str


def parse_run(directory: str) -> Parsed:
    """Returns the parts of a run's folder: the inverse of `run(trial(...))`."""
    *_, above, level, name = ["", "", *str(directory).rstrip("/").split("/")]
    experiment_name = re.sub(r"\d*\Z", "", name)
    has_level = level.isdecimal()
    has_trial = has_level and above.startswith("trial")
    return Parsed(
        trial=above.removeprefix("trial") if has_trial else None,
        level=int(level) if has_level else None,
        experiment_name=experiment_name,
        run_id=name[len(experiment_name) :],
    )
