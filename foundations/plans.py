"""Plan: one call of an experiment as a value, checked, and nothing done yet.

An experiment is a function `plan(...)` whose arguments are its flags, and which
returns what it would do. The command line, skipping in sweeps, resuming and the
refusal of folders that hold something else all follow from that.
"""

import dataclasses
import typing
from collections.abc import Callable

from lottery_ticket.foundations import (
    environment,
    folder_owner,
    progress,
    result_file,
    run_record,
)

RUN = result_file.ResultFile("run.json")  # What makes a run complete.


@dataclasses.dataclass(frozen=True)
class Part:
    """Results in one folder, with the settings that they are to be made with.

    Args:
        directory: The folder.
        settings: All that the results depend on, as JSON values; "experiment"
            is the experiment's name.
        file: The file that is written last; RUN is that of a training run.
    """

    directory: str
    settings: dict
    file: result_file.ResultFile = RUN

    @property
    def is_complete(self) -> bool:
        """Whether the results are there, and whole.

        Raises:
            ValueError: If there are others, made with other settings.
        """
        if self.file == RUN:
            return run_record.is_complete(self.directory, self.settings)
        return self.file.is_complete(self.directory, self.settings)

    def write(self, found: dict) -> None:
        """Writes a result file, which makes the results complete.

        Args:
            found: JSON values; settings and environment are added.
        """
        facts = {"environment": environment.facts()}
        record = {"settings": self.settings, **found, **facts}
        self.file.write(self.directory, record)

    def check_free(self) -> None:
        """Raises if the folder holds what would be mixed with these results.

        Raises:
            ValueError: If it is of another experiment, or its results, finished
                or under way, were made with other settings.
        """
        if self.file == RUN:
            run_record.check_own(self.directory, self.settings)
            run_record.check_free(self.directory, self.settings)
            return
        self.file.read_own(self.directory, self.settings)
        folder_owner.check(self.directory, self.settings["experiment"])


@dataclasses.dataclass(frozen=True, eq=False)
class Plan:
    """What a call of an experiment writes, what it reads, and the way there.

    Args:
        output_dir: Folder that all results lie in, for messages.
        writes: Its results, in the order in which they come about. It is
            complete once all are.
        work: Function () that does what is left to do; it goes on where a
            stopped one was.
        reads: Folders of results that it starts from: a ticket, masks.
        quiet: Whether to say nothing.
    """

    output_dir: str
    writes: tuple[Part, ...]
    work: Callable[[], None]
    reads: tuple[str, ...] = ()
    quiet: bool = False

    @property
    def settings(self) -> dict:
        """Settings of the results that come last."""
        return self.writes[-1].settings

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing left to do.

        Raises:
            ValueError: If there are results made with other settings.
        """
        return all(part.is_complete for part in self.writes)

    def run(self) -> None:
        """Does what is left to do, once no folder holds anything else.

        Raises:
            ValueError: If one does; and whatever the work raises.
        """
        if self.is_complete:
            progress.say_complete(self.output_dir, self.quiet)
            return
        for part in self.writes:
            part.check_free()
        self.work()


def folders(*given) -> tuple[str, ...]:
    """Returns those of some flags that name folders: no dicts, no None."""
    found = []
    for each in given:
        several = each if isinstance(each, list | tuple) else [each]
        found += [folder for folder in several if isinstance(folder, str)]
    return tuple(found)


def makes_plan(function: Callable) -> bool:
    """Whether a function is declared to return a Plan."""
    return typing.get_type_hints(function).get("return") is Plan
