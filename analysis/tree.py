"""Where the runs of a results tree lie, finished or not."""

import dataclasses
import os

from lottery_ticket.foundations import files, paths, result_file

RUN_FILES = {"run.json", "checkpoint.bin", "train.json", "test.json"}
# Where no other run lies, in the folder of one; `copies` are trained to be
# compared with each other, and are no runs to report.
OWN_NAMES = RUN_FILES | {"initial", "final", "masks", "summaries", "copies"}
UNTRAINED_FILES = {  # In no run.
    result_file.UNTRAINED.name,
    result_file.UNTRAINED_PART.name,
}


@dataclasses.dataclass(frozen=True)
class Place:
    """A run's folder, and what its path says about the run."""

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


def find(output_dir: str) -> list[Place]:
    """Returns the place of each run below a folder; opens no file.

    Args:
        output_dir: Folder with trials, a trial, a run, or a folder that holds
            several such trees. In the last case the experiment's name starts
            with the tree's ("conv2/same_init"), so that they stay apart.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    output_dir = str(output_dir).rstrip("/") or "/"
    if not files.exists(output_dir):
        raise FileNotFoundError(f"No results folder at {output_dir!r}")
    return [
        place(output_dir, directory, file_names)
        for directory, file_names in walk(output_dir)
        if _is_run(directory, file_names)
    ]


def name(experiment: str) -> str:
    """Tree that an experiment is of: "conv2" of "conv2/reinit", or ""."""
    return experiment.rpartition("/")[0]


def walk(directory: str, above=()):
    """Yields (folder, its file names) of all folders but those inside runs.

    Args:
        directory: Folder to begin with.
        above: Real paths of the folders that it is in.
    """
    real = os.path.realpath(os.path.expanduser(directory))
    if real in above:  # A link to a folder that it is in.
        return
    file_names = files.names(directory)
    yield directory, file_names
    for below in file_names:
        if below not in OWN_NAMES:
            path = files.join(directory, below)
            yield from walk(path, {*above, real})


def _is_run(directory, file_names):
    is_begun = ".lock" in file_names and _parse(directory)["trial"] is not None
    is_other = not {"copies", *UNTRAINED_FILES}.isdisjoint(file_names)
    return (is_begun and not is_other) or bool(
        RUN_FILES.intersection(file_names)
    )


def place(
    output_dir: str, directory: str, file_names: tuple[str, ...]
) -> Place:
    """Returns what the path of a run's folder says.

    Args:
        output_dir: Folder that is looked at.
        directory: The run's folder, below it.
        file_names: What it holds.
    """
    parsed = _parse(directory)
    # The last parts of the path are [trial,] [level,] run.
    part_count = 1 + sum(parsed[key] is not None for key in ("trial", "level"))
    below = directory.removeprefix(output_dir).strip("/").split("/")
    return Place(
        directory=directory,
        file_names=tuple(file_names),
        experiment="/".join([*below[:-part_count], parsed["experiment_name"]]),
        trial=_number(parsed["trial"] or ""),
        level=parsed["level"] or 0,
        run=parsed["run_id"],
    )


def _parse(directory):
    """`paths.parse_run`, also right for a relative path such as "."."""
    if files.is_remote(directory):
        return paths.parse_run(directory)
    return paths.parse_run(os.path.abspath(os.path.expanduser(directory)))


def _number(text):
    return int(text) if text.isdecimal() else text
