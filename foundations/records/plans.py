"""Plan: one call of an experiment as a value, checked, and nothing done yet.

An experiment is a function `plan(...)` whose arguments are its flags, and which
is declared to return what it would do: `-> plans.Plan`. The command line,
skipping in sweeps, resuming and the refusal of folders that hold something else
all follow from that.
"""

import dataclasses
import inspect
import typing
from collections.abc import Callable, Hashable

from lottery_ticket.foundations.machine import environment, files, progress
from lottery_ticket.foundations.records import (
    folder_owner,
    run_record,
    sealed,
    unready,
)


@dataclasses.dataclass(frozen=True)
class Run:
    """A training run that is written to a folder; run.json makes it complete.

    Its settings are all that it depends on, as JSON values; "experiment" is the
    experiment's name. One that follows from the others, and takes time, is a
    function () -> its value: it is made once there is work to do, and compared
    with what is on record then only; see `made`.
    """

    directory: str
    settings: dict

    @property
    def is_complete(self) -> bool:
        """Whether it is done, and its files are as long as they were.

        Raises ValueError if the folder holds one with other settings.
        """
        return run_record.is_complete(
            self.directory, self.settings, verify=False
        )

    def damaged_files(self) -> list[str]:
        """Paths of files of a complete run whose bytes have changed."""
        record = run_record.read(self.directory) or {"checksums": {}}
        return run_record.damaged_files(self.directory, record)

    def check_settings(self) -> None:
        """Raises if the folder's run, finished or begun, has other settings."""
        run_record.check_own(self.directory, self.settings)

    def check_free(self) -> None:
        """Raises ValueError if the folder holds what would be mixed with it.

        Such are results of another experiment or of unknown origin, and a run,
        finished or under way, with other settings.
        """
        if files.names(self.directory):
            self.check_settings()
            run_record.check_free(self.directory, self.settings)


@dataclasses.dataclass(frozen=True)
class Result:
    """What is found, in a sealed file of its own in a folder."""

    directory: str
    settings: dict  # As of a Run.
    file: sealed.ResultFile  # Written last.

    @property
    def is_complete(self) -> bool:
        """Whether the file is there, and whole, and so are arrays it names.

        Raises ValueError if it was made with other settings.
        """
        record = self.file.read_own(self.directory, self.settings)
        return record is not None and not run_record.cut_files(
            self.directory, _with_checksums(record)
        )

    def damaged_files(self) -> list[str]:
        """Paths of files that its "checksums" name and that have changed."""
        record = self.file.read(self.directory) or {}
        return run_record.damaged_files(self.directory, _with_checksums(record))

    def write(self, found: dict) -> None:
        """Writes what was found, JSON values, with settings and environment."""
        facts = {"environment": environment.facts()}
        record = {"settings": self.settings, **found, **facts}
        self.file.write(self.directory, record)

    def check_free(self, has_run: bool = False) -> None:
        """Raises ValueError if the folder holds what would be mixed with it.

        Such are results of another experiment, and the file with other
        settings. A run of the same plan may lie there, too (has_run).
        """
        self.file.read_own(self.directory, self.settings)
        experiment = self.settings["experiment"]
        folder_owner.check(self.directory, experiment, has_run)


_Part = typing.TypeVar("_Part", Run, Result)


@dataclasses.dataclass(frozen=True, eq=False)
class Plan:
    """What a call of an experiment writes, what it reads, and the way there.

    Args:
        output_dir: Folder that all results lie in, for messages.
        writes: Its runs and results, in the order in which they come about. It
            is complete once all are.
        work: Function () that does what is left to do; it goes on where a
            stopped one was.
        reads: Folders of results that it starts from: a ticket, masks.
        quiet: Whether to say nothing.
        program: What it compiles: values that tell its network from others, and
            then what else does. Of plans that agree in the first, or in both, a
            process that has carried out one has the other's at hand.
    """

    output_dir: str
    writes: tuple[Run | Result, ...]
    work: Callable[[], None]
    reads: tuple[str, ...] = ()
    quiet: bool = False
    program: tuple[Hashable, ...] = ()

    @property
    def settings(self) -> dict:
        """Settings of what comes last, as a Run has them."""
        return self.writes[-1].settings

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing left to do, if no file has changed.

        Opens no file but records; `damaged_files` reads all. Result files come
        first: where one is not there, no run is looked at. Raises ValueError if
        there is something with other settings.
        """
        runs = self._parts(Run)
        if all([result.is_complete for result in self._parts(Result)]):
            return all(run.is_complete for run in runs)
        for run in runs:
            run.check_settings()
        return False

    def check_reads(self) -> None:
        """Raises Unready where a folder that it reads is empty, or not there.

        Also where it holds a run that is not finished. A ticket's file, and
        what it holds, such as x.ticket/masks, is there if the file is. Making a
        plan may raise it, too, if it looks into what it reads.
        """
        for folder in self.reads:
            found = files.names(folder)
            if not found and not _is_of_file(folder):
                raise unready.Unready(f"There is nothing in {folder}", folder)
            if "checkpoint.bin" in found and "run.json" not in found:
                text = f"The run in {folder} is not finished"
                raise unready.Unready(text, folder)

    def damaged_files(self) -> list[str]:
        """Paths of files of what is complete that have changed."""
        return [path for part in self.writes for path in part.damaged_files()]

    def run(self) -> None:
        """Does what is left to do, once no folder holds anything else.

        Raises ValueError if one does; and whatever the work raises.
        """
        if self.is_complete and not self.damaged_files():
            progress.say(f"{self.output_dir}: complete already", self.quiet)
            return
        files.check_place(self.output_dir)  # Before data are loaded.
        runs = self._parts(Run)
        of_runs = {run.directory for run in runs}
        for run in runs:
            run.check_free()
        for result in self._parts(Result):
            result.check_free(has_run=result.directory in of_runs)
        self.work()

    def _parts(self, kind: type[_Part]) -> list[_Part]:
        """Its runs, or its results."""
        return [part for part in self.writes if isinstance(part, kind)]


def _is_of_file(path):
    """Whether a path is one of a file, or of something in it."""
    for each in (path.rstrip("/"), path.rstrip("/").rpartition("/")[0]):
        folder, _, name = each.rpartition("/")
        if name and files.sizes(folder or ".", [name]):
            return True
    return False


def _with_checksums(record):
    """A result's record; most have no files beside it."""
    return {"checksums": {}, **record}


def made(settings: dict) -> dict:
    """Returns settings in which no value is a function."""
    return {
        name: value() if callable(value) else value
        for name, value in settings.items()
    }


def makes_plan(function: Callable) -> bool:
    """Whether a function is declared to return a Plan."""
    declared = inspect.signature(function).return_annotation
    if isinstance(declared, str):  # By `from __future__ import annotations`.
        return declared.rpartition(".")[2] == Plan.__name__
    return declared is Plan
