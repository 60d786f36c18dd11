"""The steps of a sweep: pairs of a runner and an argfile, run as one.

A sweep file is YAML, a list of them:

    - runner: lottery_experiment
      argfile: lottery_experiment_argfile
      flags: {output_dir: results/digits, recipe: digits_fc, trials: 5}
    - runner: branch
      argfile: branch_argfile
      flags: {output_dir: results/digits, trials: 5, levels: "4,8"}
"""

import contextlib
import dataclasses
import shlex
from collections.abc import Callable, Iterable

from lottery_ticket.foundations.command_line import config_files
from lottery_ticket.foundations.sweeps import argfile_lines, scripts
from lottery_ticket.foundations.values import names

_ENDINGS = (".yaml", ".yml")
_KEYS = ("runner", "argfile", "flags")


@dataclasses.dataclass(frozen=True)
class Step:
    """A runner, and the argfile whose lines it runs."""

    runner: str  # As named by the user.
    argfile: str
    words: tuple[str, ...] = ()  # Of the argfile's command line.

    @property
    def text(self) -> str:
        """It in a message."""
        return shlex.join([self.runner, self.argfile, *self.words])


@dataclasses.dataclass(frozen=True)
class Sweep:
    """All lines of a sweep, numbered and checked, and what runs them."""

    runner: scripts.Runner
    lines: list[argfile_lines.Line]
    duplicates: int  # Lines that say what others say, and are left out.


def is_file(name: str) -> bool:
    """Whether a word of a command line names a sweep file."""
    return name.endswith(_ENDINGS)


def read(path: str, words: Iterable[str] = ()) -> list[Step]:
    """Returns the steps of a sweep file.

    Args:
        path: The file.
        words: Flags that each step has too, in place of its own of that name.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no list of steps.
    """
    found, words = config_files.load(path), tuple(words)
    if not isinstance(found, list) or not found:
        raise ValueError(
            f"{path} must be a list of steps, `- runner: ...` each. Received: "
            f"a {type(found).__name__}"
        )
    given = {_name(word) for word in words if word.startswith("-")}
    steps = []
    for number, entry in enumerate(found, start=1):
        with _naming(f"{path}, step {number}"):
            steps.append(_step(entry, words, given))
    return steps


def gather(
    steps: list[Step],
    find_runner: Callable[[str], scripts.Runner],
    find_argfile: Callable[[str], str],
) -> Sweep:
    """Returns the lines of all steps as those of one runner.

    A single step's are as they are. Of several, the runner's script is the one
    that they share, or one that runs any; lines begin with the words that tell
    it what to do.

    Args:
        steps: The steps, in order.
        find_runner: Function (name) -> runner.
        find_argfile: Function (name) -> script, as of `scripts.find`.

    Raises:
        ValueError: If a runner or an argfile is unknown, or lines are wrong;
            see `argfile_lines`.
    """
    runners = [find_runner(step.runner) for step in steps]
    if len(steps) == 1:
        read = _read(steps[0], find_argfile, 0)
        lines = argfile_lines.check(runners[0], read)
        return Sweep(runners[0], lines, len(read) - len(lines))
    joined = _joined(runners)
    known = {
        runner.text: argfile_lines.Known(runner.declared) for runner in runners
    }
    lines, faults, count, last = [], [], 0, 0
    for number, (step, runner) in enumerate(zip(steps, runners, strict=True)):
        try:
            with _naming(f"Step {number + 1}, {step.text}"):
                read = _read(step, find_argfile, last)
                count, last = count + len(read), read[-1].number
                own = argfile_lines.check(runner, read, known[runner.text])
        except ValueError as error:
            faults.append(str(error))
        else:
            lines += [_told(line, runner, joined) for line in own]
    if faults:
        raise ValueError("\n".join(faults))
    return Sweep(joined, lines, count - len(lines))


def _step(entry, words, given):
    """The step that an entry of a sweep file stands for."""
    if not isinstance(entry, dict):
        raise ValueError(
            f"expected `runner: ...`, `argfile: ...` and perhaps `flags: ...`. "
            f"Received: {entry!r}"
        )
    for key in entry:
        names.check("key", str(key), _KEYS)
    for key in ("runner", "argfile"):
        if not isinstance(entry.get(key), str):
            raise ValueError(
                f"{key} must be a name. Received: {entry.get(key)}"
            )
    flags = entry.get("flags") or {}
    if not isinstance(flags, dict):
        raise ValueError(
            f"flags must be `name: value` pairs. Received: {flags!r}"
        )
    own = config_files.texts({str(name): each for name, each in flags.items()})
    own = [
        f"--{name}={text}"
        for name, text in own.items()
        if name.replace("-", "_") not in given
    ]
    return Step(entry["runner"], entry["argfile"], (*own, *words))


def _name(word):
    """The name in `--name=value` or `--name`."""
    return word.lstrip("-").partition("=")[0].replace("-", "_")


def _read(step, find_argfile, last):
    """Lines of a step's argfile; those of other steps end at a number."""
    source = find_argfile(step.argfile)
    read = argfile_lines.read(source, [*step.words], step.runner)
    return [
        dataclasses.replace(line, number=last + line.number) for line in read
    ]


def _joined(runners):
    """One runner for the lines of several, which begin with what tells it."""
    parts = {runner.text: runner for runner in runners}
    shared = {runner.script for runner in runners}
    script = scripts.__name__ if len(shared) > 1 else runners[0].script
    return scripts.Runner(script, parts=tuple(parts.values()))


def _told(line, runner, joined):
    """A line that tells the joined runner what is to run it."""
    to_script = (runner.script,) if joined.script != runner.script else ()
    words = (*to_script, *runner.words, *line.words)
    return dataclasses.replace(line, words=words, runner=runner)


@contextlib.contextmanager
def _naming(place):
    try:
        yield
    except (ValueError, FileNotFoundError) as error:
        raise ValueError(f"{place}: {error}") from error
