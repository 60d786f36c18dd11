"""Where the runs of a results tree lie, finished or not."""

import dataclasses
import os

from lottery_ticket.foundations import files, names_0_1_0, paths, result_file

RUN_FILES = {"run.json", "checkpoint.bin", "train.json", "test.json"}
# Where no other run lies, in the folder of one; `copies` are trained to be
# compared with each other, and the parts of a gem to find and to question it:
# they are no runs to report.
OWN_NAMES = {
    *RUN_FILES,
    *("initial", "final", "masks", "summaries", "copies"),
    *names_0_1_0.PART_FOLDERS[1:],
}
UNTRAINED_FILES = {  # In no run.
    result_file.ResultFile("untrained.json").name,
    result_file.ResultFile("untrained_part.json").name,
}
# Of what lies in a trial and is no run, unless there is a RUN_FILE: a gem may
# end with its mask.
OTHER_NAMES = {
    "copies",
    *UNTRAINED_FILES,
    result_file.ResultFile("mask_connectivity.json").name,
    result_file.ResultFile("gem.json").name,
}
BEGUN_NAMES = {".lock", *names_0_1_0.PART_FOLDERS[1:]}


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
    return places(output_dir, is_run)


def places(output_dir: str, is_wanted) -> list[Place]:
    """Returns the place of each folder that is wanted, and opens no file.

    Args:
        output_dir: Folder to look in; see `find`.
        is_wanted: Function: a folder, the names of what it holds -> whether it
            is wanted. What lies inside a run is not asked about.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    output_dir = str(output_dir).rstrip("/") or "/"
    if not files.exists(output_dir):
        raise FileNotFoundError(f"No results folder at {output_dir!r}")
    return [
        _place(output_dir, directory, file_names)
        for directory, file_names in _walk(output_dir)
        if is_wanted(directory, file_names)
    ]


def name(experiment: str) -> str:
    """Tree that an experiment is of: "conv2" of "conv2/reinit", or ""."""
    return experiment.rpartition("/")[0]


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
    yield directory, file_names
    for below in file_names:
        if below not in OWN_NAMES:
            path = files.join(directory, below)
            yield from _walk(path, {*above, real})


def is_run(directory: str, file_names) -> bool:
    """Whether a folder is that of a run, or of one that is begun.

    Args:
        directory: Its path.
        file_names: Names of what it holds.
    """
    if not RUN_FILES.isdisjoint(file_names):
        return True
    is_begun = not BEGUN_NAMES.isdisjoint(file_names)
    is_other = not OTHER_NAMES.isdisjoint(file_names)
    in_trial = _parse(directory)["trial"] is not None
    return is_begun and in_trial and not is_other


def _place(output_dir, directory, file_names):
    """What the path of a run's folder, below output_dir, says."""
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
