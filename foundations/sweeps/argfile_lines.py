"""The lines of an argfile: read, checked, and looked up in their results.

A runner that defines `RUN`, the function whose arguments are its flags, has its
lines checked before any work. Where that is declared to return a Plan, finished
lines are skipped.
"""

import contextlib
import dataclasses
import functools
import inspect
import logging
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Hashable
from typing import TypeAlias

from lottery_ticket.foundations.command_line import (
    endings,
    flag_functions,
    flags,
)
from lottery_ticket.foundations.machine import files
from lottery_ticket.foundations.records import plans, unready
from lottery_ticket.foundations.sweeps import scripts

_log = logging.getLogger(__name__)
# Variable of the environment in which argfiles find the runner's name.
RUNNER = "LOTTERY_TICKET_RUNNER"
# Lines that agree in all of these would write to the same folders.
_PLACE_FLAGS = ("output_dir", "trial", "level", "experiment_name", "run_id")
LISTED = 8  # Folders of a bucket; for more, one listing of all of it is less.
# Whether a line is complete; why it cannot be run, at all or yet.
Answer: TypeAlias = bool | str | unready.Unready


@dataclasses.dataclass(frozen=True)
class Line:
    """One line of an argfile: one call of the runner."""

    number: int  # Its place in the argfile, from 1.
    words: tuple[str, ...]  # As a shell would split it.
    output_dir: str | None = None  # As the line says; None if unknown.
    log: str = ""  # File that what it prints is added to.
    fault: str = ""  # Why it cannot be run, though others can.
    # What the line means for the runner's function, once it is checked.
    keywords: dict | None = dataclasses.field(
        default=None, compare=False, repr=False
    )
    # Its own runner, where a sweep has several; see `steps`.
    runner: scripts.Runner | None = dataclasses.field(
        default=None, compare=False, repr=False
    )
    # What its plan compiles, once that has been looked at.
    program: tuple[Hashable, ...] = dataclasses.field(
        default=(), compare=False, repr=False
    )
    # Whether others write below its output_dir; and what of it is its own then.
    has_neighbours: bool = dataclasses.field(
        default=False, compare=False, repr=False
    )
    folders: tuple[str, ...] = dataclasses.field(
        default=(), compare=False, repr=False
    )

    @property
    def text(self) -> str:
        """The line, as a shell takes it."""
        return shlex.join(self.words)


@dataclasses.dataclass(frozen=True)
class Agenda:
    """What is to be done about the lines of an argfile."""

    complete: list[Line]
    to_run: list[Line]
    refused: list[tuple[Line, str]]  # Lines that cannot be run, and why.
    # Of those that are refused for what is not there yet: it, by number.
    lacking: dict[int, unready.Unready] = dataclasses.field(
        default_factory=dict
    )
    # Of lines to run that wait for one to be run before: see `line_waits`.
    waits: dict[int, "Wait"] = dataclasses.field(default_factory=dict)
    duplicates: int = 0  # Lines that say what others say, and are left out.

    @property
    def total(self) -> int:
        """Number of all lines."""
        return len(self.complete) + len(self.to_run) + len(self.refused)

    @property
    def text(self) -> str:
        """It in numbers."""
        text = f"{self.total} lines: {len(self.complete)} complete"
        if self.refused:
            text += f", {len(self.refused)} refused"
        text = f"{text}, {len(self.to_run)} to run"
        if self.waits:
            text += f" ({len(self.waits)} once what they read is there)"
        if self.duplicates:
            plural = "s" if self.duplicates > 1 else ""
            text += f", {self.duplicates} duplicate{plural}"
        return text


@dataclasses.dataclass(frozen=True)
class Wait:
    """What a line waits for."""

    folder: str  # Of a run that it reads.
    by: int  # Number of the line that writes it.


def read(
    argfile: str, argfile_flags: list[str], runner: str = ""
) -> list[Line]:
    """Returns the lines of an argfile.

    Args:
        argfile: Script (see `scripts.find`) that prints one line of flags per
            run, or plain text file of such lines. Blank lines and those that
            start with # are left out.
        argfile_flags: Words of its command line.
        runner: Name of the runner, which scripts find in the variable RUNNER.

    Raises:
        ValueError: If there is no line, a quote is left open, or the script
            fails; if it says why in one line, that is the error, and else
            goes to stderr.
    """
    text = _text(argfile, argfile_flags, {RUNNER: runner} if runner else {})
    return parse(text, argfile)


def parse(text: str, argfile: str) -> list[Line]:
    """Returns the lines of what an argfile of that name prints.

    Raises:
        ValueError: If there is no line, or a quote is left open.
    """
    lines = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            with _naming(number, line):
                words = tuple(shlex.split(line))
            lines.append(Line(number, words, _output_dir(words)))
    if not lines:
        raise ValueError(f"{argfile} has no line to run")
    return lines


def check(
    runner: scripts.Runner,
    lines: list[Line],
    known: "Known | None" = None,
) -> list[Line]:
    """Returns the lines, checked if the runner declares its flags.

    They have the output_dirs then that their flags mean. Of lines that say the
    same, as words or in what their flags mean, the first alone is left. One
    with an unknown or missing flag or a wrong value has it as its fault.

    Args:
        known: Lines of the same runner that come before these ones.

    Raises:
        ValueError: If no line is without a fault, or two lines would write
            different things to the same place; a line of it for each fault.
    """
    known = known or Known(runner.declared)
    checked, faults = [], []
    for line in lines:
        try:
            line, place = _bound(runner.declared, line)
        except (ValueError, FileNotFoundError) as error:
            why = endings.in_words(error)
            checked.append(dataclasses.replace(line, fault=why))
            continue
        fault = known.fault(line, place)
        if fault:
            faults.append(fault)
        elif known.add(line, place):
            checked.append(line)
    if all(line.fault for line in checked):
        faults += [
            f"Line {line.number}, {line.text}: {line.fault}" for line in checked
        ]
    if faults:
        raise ValueError("\n".join(faults))
    return checked


class Known:
    """The lines of one runner so far, by what they say and where they write."""

    def __init__(self, command: flags.Command | None = None):
        """Knows none; takes what declares the runner's flags, if anything."""
        self._command = command
        self._words: set[tuple[str, ...]] = set()
        self._at: dict[tuple, Line] = {}  # By place.

    def fault(self, line: Line, place: tuple | None) -> str:
        """Returns why a line cannot stand beside the others, or ""."""
        first = self._at.get(place, line) if place else line
        if first is line or self._meaning(first) == self._meaning(line):
            return ""
        return (
            f"Lines {first.number} and {line.number} would both write to "
            f"{line.output_dir}. Give each an output_dir of its own."
        )

    def add(self, line: Line, place: tuple | None) -> bool:
        """Takes a line in; returns whether no other one says the same."""
        is_new = line.words not in self._words
        self._words.add(line.words)
        if place is None:
            return is_new
        return self._at.setdefault(place, line) is line

    def _meaning(self, line):
        """What a line's flags mean, wherever its folder is seen from."""
        function = self._command.function if self._command else lambda: None
        usual = {
            name: each.default
            for name, each in inspect.signature(function).parameters.items()
        }
        folder = full_path(line.output_dir or "")
        return {**usual, **(line.keywords or {}), "output_dir": folder}


def agenda(
    runner: scripts.Runner,
    lines: list[Line],
    show: Callable = iter,
    verify: bool = False,
) -> Agenda:
    """Returns which lines are to run, by what is there of their results.

    Those whose sources are not there are refused; see `line_waits.place`.

    Args:
        show: Function (iterable) -> the same iterable, which shows progress.
        verify: Whether to read the files of complete lines too. A line with a
            file that has changed is to run; the file is named in a warning.
    """
    if not any(x.fault or (x.runner or runner).can_skip for x in lines):
        return Agenda([], lines, [])
    look = functools.partial(looked_up, runner, verify=verify)
    with files.listed(*_to_list(lines)):
        found = list(show(files.each(look, lines)))
    return Agenda(
        [line for line, answer in found if answer is True],
        [line for line, answer in found if answer is False],
        [
            (line, str(answer))
            for line, answer in found
            if not isinstance(answer, bool)
        ],
        {
            line.number: answer
            for line, answer in found
            if isinstance(answer, unready.Unready)
        },
    )


def look_up(
    runner: scripts.Runner, line: Line, *, verify: bool = False
) -> Answer:
    """Returns whether a line is complete, or why it cannot be run.

    That is an Unready where what it reads is not there. Where the runner cannot
    tell, no line is complete. `verify` is that of `agenda`.
    """
    return looked_up(runner, line, verify=verify)[1]


def looked_up(
    runner: scripts.Runner, line: Line, *, verify: bool = False
) -> tuple[Line, Answer]:
    """Returns a line, with what it compiles, and what `look_up` returns."""
    if line.fault:
        return line, line.fault
    if not (line.runner or runner).can_skip:
        return line, False
    try:
        made = plan(runner, line)
        if made.is_complete and not (verify and _damaged(made)):
            return line, True
        made.check_reads()
        if line.has_neighbours:
            folders = tuple(part.directory for part in made.writes)
            line = dataclasses.replace(line, folders=folders)
        return dataclasses.replace(line, program=_kept(made.program)), False
    except unready.Unready as error:
        return line, error
    except (ValueError, OSError) as error:
        return line, endings.in_words(error)


def plan(runner: scripts.Runner, line: Line) -> plans.Plan:
    """Returns the plan of a line, of a runner that makes one.

    Raises what making it raises: Unready where it reads what is not there.
    """
    command = (line.runner or runner).declared
    if command is None:
        raise ValueError(f"{runner.text} declares no plan")
    keywords = line.keywords or flags.bind(command, line.words)
    return command.function(**keywords)


def shared_folder(lines: list[Line]) -> list[str]:
    """Returns the deepest folder that holds all output_dirs, in its parts.

    As far as output_dirs are known; [] where they share none.
    """
    folders = [full_path(x.output_dir) for x in lines if x.output_dir]
    return [*os.path.commonprefix([path.split("/")[:-1] for path in folders])]


def _to_list(lines):
    """Folders that hold all output_dirs, without the rest of a bucket."""
    shared = shared_folder(lines)
    paths = [full_path(x.output_dir) for x in lines if x.output_dir]
    own = dict.fromkeys("/".join(path.split("/")[:4]) for path in paths)
    is_bucket = len(shared) == 3  # "gs:", "" and its name.
    return own if is_bucket and len(own) <= LISTED else ["/".join(shared)]


def full_path(path: str) -> str:
    """Returns the one way to write the path of a local folder."""
    if files.is_remote(path):
        return path.rstrip("/")
    return os.path.abspath(os.path.expanduser(path))


def _bound(command, line):
    """A line with what its flags mean, and where they have it write, if known.

    The place is a tuple, or None.
    """
    if command is None:
        return line, None
    given = flags.parse(command, line.words)
    keywords = flag_functions.keywords(command.function, given)
    output_dir = given.get("output_dir")
    line = dataclasses.replace(line, output_dir=output_dir, keywords=keywords)
    if output_dir is None:
        return line, None
    given["output_dir"] = full_path(output_dir)
    known = command.parameters
    place = tuple(
        given.get(flag, known[flag].default if flag in known else None)
        for flag in _PLACE_FLAGS
    )
    return line, place


# One tuple for all lines that have it.
_kept = functools.lru_cache(maxsize=1024)(lambda program: program)


def _damaged(plan):
    """Paths of a plan's damaged files, each named in a warning."""
    found = plan.damaged_files()
    for path in found:
        _log.warning("%s is missing or has changed: its line is to run", path)
    return found


def _text(argfile, argfile_flags, environment):
    if not scripts.is_python(argfile):
        if argfile_flags:
            raise ValueError(
                f"Unknown flags {shlex.join(argfile_flags)}: {argfile} is a "
                "text file and takes none"
            )
        return files.read(argfile).decode()
    command = scripts.command(argfile, argfile_flags)
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    if done.returncode and done.stderr.count("\n") == 1:
        raise ValueError(done.stderr.strip().removeprefix("Error: "))
    sys.stderr.write(done.stderr)
    if done.returncode:
        raise ValueError(
            f"{shlex.join([argfile, *argfile_flags])} ended with exit status "
            f"{done.returncode}: nothing was run. (Flags that argfile_runner "
            "does not have go to the argfile.)"
        )
    return done.stdout


def _output_dir(words):
    """What follows `--output_dir`, for runners that declare no flags."""
    for word, following in zip(words, (*words[1:], None), strict=True):
        if word == "--output_dir":
            return following
        if word.startswith("--output_dir="):
            return word.split("=", 1)[1]
    return None


@contextlib.contextmanager
def _naming(number, text):
    try:
        yield
    except (ValueError, FileNotFoundError) as error:
        raise ValueError(f"Line {number}, {text.strip()}: {error}") from error
