"""A folder of results, walked once: where its runs lie, and what it holds."""

import dataclasses
import itertools
import os
from typing import Any

from lottery_ticket.analysis.reading import options as options_lib
from lottery_ticket.analysis.reading import origins as origins_lib
from lottery_ticket.foundations.machine import files, lazy
from lottery_ticket.foundations.records import folder_owner, paths
from lottery_ticket.foundations.values import names_0_1_0

with lazy.imports():
    import pandas as pd

RUN = "run.json"  # Completes the folder of a run.
RUN_FILES = {RUN, "checkpoint.bin", "train.json", "test.json"}
# Folders in that of a run, of what it was made of: no runs to report.
PARTS = set(names_0_1_0.PART_FOLDERS)
COPIES = "copies"  # Of a line between networks, which is no run.
# Where no other run lies, in the folder of one.
OWN_NAMES = {
    *(*RUN_FILES, *PARTS),
    *("initial", "final", "masks", paths.FIRST_MASKS, "summaries"),
}
RUN_RECORDS = {*RUN_FILES, "validate.json"}  # Other records are of no run.
BEGUN_NAMES = {".lock", *PARTS}


@dataclasses.dataclass(frozen=True)
class Place:
    """A folder of results, and what its path says if it is a run's."""

    directory: str
    file_names: tuple[str, ...]
    experiment: str
    trial: int | str
    level: int
    run: str

    @property
    def label(self) -> str:
        """Name of the run in messages, such as "trial 2, level 3, reinit1"."""
        trial = f"trial {self.trial}, " if self.trial != "" else ""
        return f"{trial}level {self.level}, {self.experiment}{self.run}"

    @property
    def is_run(self) -> bool:
        """Whether it is the folder of a run, or of one that is begun."""
        if self.holds(*RUN_FILES):
            return True
        is_begun = self.trial != "" and self.holds(*BEGUN_NAMES)
        # Results that are no run say so, or will.
        return is_begun and not any(
            name == COPIES or name.endswith(".json") and name not in RUN_RECORDS
            for name in self.file_names
        )

    def holds(self, *names: str) -> bool:
        """Whether a file or folder of one of these names is in it."""
        return not set(names).isdisjoint(self.file_names)


@dataclasses.dataclass(frozen=True, eq=False)
class Tree:
    """A folder of results as all parts of a report read it; see `results.read`.

    Args:
        output_dir: The folder.
        places: All folders in it but those inside runs; see `walk`.
        runs: Data frame, a row per complete run; see `results.read`.
        problems: A line for each run that is unfinished, damaged or missing,
            and for each experiment that mixes settings.
        chosen: Rows of `runs`: those of `experiments`, in their order.
        experiments: Names of the experiments to report, as in a flag; None
            takes all.
        levels: Levels to draw; None leaves it to each figure.
        files: Dict, name of an experiment in settings -> name of the sealed
            file that its folders end with, such as "untrained.json".
        options: What is compared, and how it is shown.
        origins: Dict, experiment -> when, on what and with which settings all
            its runs were made.
        known: What one section has read, by a name, for others that ask.
    """

    output_dir: str
    places: tuple[Place, ...]
    runs: "pd.DataFrame"
    problems: list[str]
    chosen: "pd.DataFrame"
    experiments: str | None
    levels: tuple[int, ...] | None
    files: dict[str, str]
    options: options_lib.Options = options_lib.USUAL
    origins: dict[str, origins_lib.Origin] = dataclasses.field(
        default_factory=dict
    )
    known: dict[str, Any] = dataclasses.field(default_factory=dict)

    def holding(self, *names: str) -> list[Place]:
        """Returns the places that hold a file or folder of one of the names."""
        return [place for place in self.places if place.holds(*names)]


def walk(output_dir: str) -> tuple[Place, ...]:
    """Returns all folders below one, and it, but those inside runs.

    Opens no file.

    Args:
        output_dir: Folder with trials, a trial, a run, or a folder that holds
            several such trees; or several such folders, see `roots`. In the
            last two cases the experiment's name starts with the tree's
            ("conv2/same_init"), so that they stay apart.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If one of several lies in another.
    """
    return tuple(
        _place(root, prefix, directory, file_names)
        for root, prefix in zip(*_named(roots(output_dir)), strict=True)
        for directory, file_names in _walk(root)
    )


def roots(output_dir: str) -> list[str]:
    """Returns the folders that are meant: several have commas between them.

    A folder whose name has a comma in it is one.

    Raises:
        FileNotFoundError: If one is not there.
    """
    whole = str(output_dir)
    several = whole.split(",") if not files.exists(whole) else [whole]
    several = [each.strip() for each in several if each.strip()]
    found = [each.rstrip("/") or "/" for each in several or [whole]]
    for each in found:
        if not files.exists(each):
            raise FileNotFoundError(f"No results folder at {each!r}")
    return found


def name(experiment: str) -> str:
    """Tree that an experiment is of: "conv2" of "conv2/reinit", or ""."""
    return experiment.rpartition("/")[0]


def own_name(experiment: str) -> str:
    """Name of an experiment in its tree: "reinit" of "conv2/reinit"."""
    return experiment.rpartition("/")[2]


def _named(found):
    """Folders, and what the names of experiments in each begin with."""
    if len(found) == 1:
        return found, [[]]
    parts = [os.path.realpath(each).split("/")[1:] for each in found]
    for one, other in itertools.permutations(parts, 2):
        if other[: len(one)] == one:
            raise ValueError(
                "Several results folders must lie beside each other, not one "
                f"in another. Received: {','.join(found)}"
            )
    while len({each[0] for each in parts}) == 1:
        parts = [each[1:] for each in parts]
    while min(map(len, parts)) > 1 and len({each[-1] for each in parts}) == 1:
        parts = [each[:-1] for each in parts]
    return found, parts


def _walk(directory, above=()):
    """Yields (folder, its file names) of all folders but those inside runs.

    Args:
        directory: Folder to begin with.
        above: Real paths of the folders that it is in.
    """
    real = os.path.realpath(os.path.expanduser(directory))
    if real in above:  # A link to a folder that it is in.
        return
    file_names = files.names(directory)
    if file_names:  # A folder, with something in it.
        yield directory, file_names
    is_result = any(
        name.endswith(".json") or name in ("checkpoint.bin", ".lock")
        for name in file_names
    )
    own = OWN_NAMES | ({folder_owner.PARTS} if is_result else set())
    for below in file_names:
        if below not in own:
            path = files.join(directory, below)
            yield from _walk(path, {*above, real})


def _place(output_dir, prefix, directory, file_names):
    """What the path of a run's folder, below output_dir, says."""
    path = directory
    if not files.is_remote(path):  # A relative path, such as ".", may say less.
        path = os.path.abspath(os.path.expanduser(path))
    parsed = paths.parse_run(path)
    # The last parts of the path are [trial,] [level,] run.
    part_count = 1 + sum(part is not None for part in parsed[:2])
    below = directory.removeprefix(output_dir).strip("/").split("/")
    return Place(
        directory=directory,
        file_names=tuple(file_names),
        experiment="/".join(
            [*prefix, *below[:-part_count], parsed.experiment_name]
        ),
        trial=_number(parsed.trial or ""),
        level=parsed.level or 0,
        run=parsed.run_id,
    )


def _number(text):
    return int(text) if text.isdecimal() else text
