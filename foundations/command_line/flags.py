"""Command lines for plain functions: Fire, with names and types checked first.

Fire runs a function before it complains about a flag, and reads values as
Python literals (`--name=1` arrives as an integer). Here every name is checked
against the function's arguments and every value is read as the argument's
annotated type, before the function is called.
"""

import dataclasses
import functools
import inspect
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence

import fire

from lottery_ticket.foundations.command_line import (
    config_files,
    endings,
    flag_functions,
    flag_hints,
    flag_values,
    flag_words,
    help_text,
    terminal,
)
from lottery_ticket.foundations.machine import (
    compilation,
    environment,
    precision,
)
from lottery_ticket.foundations.records import plans

PRINT_CONFIG = "--print_config"
OF_LINES = (
    "A --config here has flags of this command itself; those that go into "
    "every line are given one by one. "
)


@dataclasses.dataclass(frozen=True)
class Command:
    """A function whose arguments are flags, and how its config files are read.

    Args:
        function: Function with annotated arguments and a docstring with an
            `Args:` section, which becomes the `--help`. Where it returns a
            Plan, that is run. An argument annotated with a class of settings
            stands for one flag per field of it.
        translate: Function (values, given) -> values of flags, for `--config`
            files in other words than the flags' names: values is what the file
            holds, name -> value; given the flags of the command line, name ->
            text, which win over what it returns. None takes a file as it is.
        usual: The most used flags, which help shows first.
        example: Function () -> a command line, for help.
        config_note: What the error of a `--config` file begins with that has a
            flag which is none of these.
    """

    function: Callable
    translate: Callable | None = None
    usual: tuple[str, ...] = ()
    example: Callable[[], str] | None = None
    config_note: str = ""

    @functools.cached_property
    def makes_plan(self) -> bool:
        """Whether what it would do is known before it is done."""
        return plans.makes_plan(self.function)

    @functools.cached_property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """Dict, flag -> its type and default."""
        return flag_functions.parameters(self.function)


def as_command(given: Callable | Command) -> Command:
    """Returns what a runner declares as its RUN, as a Command."""
    return given if isinstance(given, Command) else Command(given)


def main(command: Callable | Command, argv: list[str] | None = None) -> None:
    """Does what a command line asks of a function, through Fire.

    An error that users can mend ends the program with one line; see `endings`
    for the exit status.

    Args:
        command: Function or Command.
        argv: Words of the command line after the program's name; None takes
            sys.argv's.
    """
    terminal.open_closed()
    _set_up_libraries()
    argv = sys.argv[1:] if argv is None else list(argv)
    if _said(command, argv):
        return
    try:
        if PRINT_CONFIG in argv:
            _print_config(command, argv)
            return
        values = parse(command, argv)
        # Settings that do not fit are as wrong as a flag that there is not.
        flag_functions.keywords(as_command(command).function, values)
        words = [  # As literals, which Fire reads back.
            f"--{name}={value!r}" for name, value in values.items()
        ]
        if as_command(command).makes_plan:
            compilation.set_up(
                values.get("compile_cache"), values.get("deterministic", True)
            )
            precision.set_up(values.get("dtype"))
    except (ValueError, OSError) as error:
        _leave_with_usage(error)
    with terminal.heard() as signals:
        try:
            fire.Fire(
                _carried_out(command), command=words, serialize=lambda _: None
            )
            sys.stdout.flush()
        except BrokenPipeError:
            terminal.forget(sys.stdout)
        except (Exception, KeyboardInterrupt) as error:
            if signals or isinstance(error, KeyboardInterrupt):
                endings.leave_with(
                    endings.STOPPED,
                    "\nStopped. The same command goes on from here.",
                )
            endings.leave(error)


def parse(command: Callable | Command, argv: Sequence[str]) -> dict:
    """Returns the flags of a command line, each of its annotated type.

    Args:
        command: Function or Command.
        argv: Words of the command line. Words without `--` fill the
            function's arguments in order.

    Returns:
        Dict, flag -> value, those of a `--config` file included.

    Raises:
        ValueError: If a flag is unknown, repeated, missing or has a value of
            the wrong type.
        FileNotFoundError: If the config file is not there.
    """
    values = _values(as_command(command), argv)
    for name, parameter in as_command(command).parameters.items():
        if parameter.default is parameter.empty and name not in values:
            raise ValueError(f"--{name} is missing: it has no default")
    return values


def _values(command, argv):
    """As `parse`, of a command; flags may be missing."""
    parameters = command.parameters
    given = flag_words.read(argv, parameters)
    path = given.pop("config", "")
    texts = _of_config(path, given, command) if path else {}
    values = {}
    for name, text in {**texts, **given}.items():
        try:
            if name not in parameters:  # Of a config.
                why = flag_hints.unknown(name, text, parameters)
                raise ValueError(f"{command.config_note}{why}")
            kind = parameters[name].annotation
            values[name] = flag_values.convert(name, text, kind)
        except ValueError as error:
            if name in given:
                raise
            place = config_files.line_of(path, name)
            raise ValueError(f"{place}: {error}") from error
    _check_config(command, values, path, texts.keys() - given)
    return values


def _check_config(command, values, path, names):
    """Raises if settings refuse a flag of a config; the error says where."""
    if not names:
        return
    try:
        flag_functions.keywords(command.function, values)
    except (ValueError, FileNotFoundError) as error:
        words = re.findall(r"\w+", str(error))
        named = [word for word in words if word in names]
        if named:
            place = config_files.line_of(path, named[0])
            raise ValueError(f"{place}: {error}") from error


def bind(command: Callable | Command, argv: Sequence[str]) -> dict:
    """Returns the keyword arguments that a command line means for a function.

    Args and Raises: as for `parse`.
    """
    return flag_functions.keywords(
        as_command(command).function, parse(command, argv)
    )


def plan(command: Callable | Command, argv: Sequence[str]) -> plans.Plan:
    """Returns the plan that a command line means, of a command that makes one.

    Raises as `parse`, and what the function raises.
    """
    return as_command(command).function(**bind(command, argv))


def split(command: Callable | Command, argv: list[str]) -> tuple[list, list]:
    """Returns a command line in two: a function's own words, and the rest.

    A word without `--` belongs to a flag before it that has no `=`, else to
    the function.
    """
    return flag_words.split(argv, as_command(command).parameters)


def print_lines(
    lines: Callable, command: Callable | Command, argv: list[str] | None = None
) -> None:
    """Prints the lines of an argfile, each checked against its runner's flags.

    Flags that are not the argfile's own go into every line. Errors end the
    program as in `main`.

    Args:
        lines: Function that returns the lines; its arguments are flags.
        command: Function or Command whose flags the lines hold.
        argv: As for `main`.
    """
    terminal.open_closed()
    argv = sys.argv[1:] if argv is None else list(argv)
    here = sys.modules[lines.__module__]
    shown = Command(
        lines,
        example=lambda: help_text.example_in(here),
        config_note=OF_LINES,
    )
    if _said(shown, argv, command):
        return
    own, passed_on = split(lines, argv)
    known = {**shown.parameters, **as_command(command).parameters}
    try:
        flag_words.read(passed_on, known)  # Else each line would say it.
        finished = [
            " ".join([line, shlex.join(passed_on)]).strip()
            for line in lines(**bind(shown, own))
        ]
        for line in _of_each_kind(finished):
            _check_line(command, line)
    except (ValueError, OSError) as error:
        _leave_with_usage(error)
    terminal.say("\n".join(finished), sys.stdout)


def _set_up_libraries():
    """Says what libraries read from the environment as they are loaded."""
    # Whatever the user has set up elsewhere, for Keras and for windows.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["MPLBACKEND"] = "agg"


def _carried_out(command):
    """A function of flags that runs the plan that a command makes, if it does.

    Raises:
        ValueError: If it makes one, and does not declare that it does: sweeps
            would never skip it.
    """
    makes_plan = as_command(command).makes_plan
    function = flag_functions.flatten(as_command(command).function)

    @functools.wraps(function)
    def carry_out(**values):
        made = function(**values)
        if isinstance(made, plans.Plan) and not makes_plan:
            raise ValueError(
                f"{function.__name__} returns a Plan and must say so: declare "
                "it with -> plans.Plan"
            )
        if makes_plan:
            made.run()

    del carry_out.__wrapped__  # Fire would look through it, at `function`.
    vars(carry_out)["__signature__"] = inspect.signature(function)
    return carry_out


def _of_each_kind(lines):
    """The first of all lines with the same flags: they differ in values."""
    found = {}
    for line in lines:
        flags = tuple(word.partition("=")[0] for word in shlex.split(line))
        found.setdefault(flags, line)
    return list(found.values())


def _check_line(command, line):
    try:
        bind(command, shlex.split(line))
    except ValueError as error:
        raise ValueError(f"{error}, in the line {line}") from error


def _leave_with_usage(error):
    endings.leave(error, f" ({_program()} --help)")


def _said(command, argv, passed_to=None):
    """Prints help or the version, if a command line asks for it.

    Flags that are not the command's go to another one, if they are passed on.
    """
    if "--version" in argv:
        terminal.say(f"lottery_ticket {environment.version()}", sys.stdout)
        return True
    asks = [word for word in argv if word in ("--help", "-h")]
    if not asks and argv[:1] != ["help"]:
        return False
    at = argv.index(asks[0]) if asks else 0
    before, named = argv[:at], argv[at + 1 : at + 2]
    known = as_command(command).parameters
    if passed_to is not None and named:
        is_own = flag_words.name_of(named[0], known) in known
        command = command if is_own else passed_to
    try:
        terminal.say(_help(command, before, named), sys.stdout)
    except ValueError as error:
        _leave_with_usage(error)
    return True


def _print_config(command, argv):
    """Prints all flags, with what follows from those that are given."""
    words = [word for word in argv if word != PRINT_CONFIG]
    function, values = as_command(command).function, parse(command, words)
    flag_functions.keywords(function, values)  # Or settings are refused.
    in_force = help_text.flags(function, values)
    text = config_files.to_yaml({each.name: each.value for each in in_force})
    terminal.say(text.rstrip(), sys.stdout)


def _help(command, given, named):
    """All of a command, or of the flag that is named; values follow `given`."""
    command = as_command(command)
    try:
        values = _values(command, given)
    except (ValueError, FileNotFoundError):  # Help is for those, too.
        values = {}
    if named:
        return help_text.of_flag(command.function, named[0], values)
    example = command.example() if command.example else ""
    return help_text.whole(
        command.function, _program(), values, command.usual, example
    )


def _program():
    return os.path.basename(sys.argv[0]).removesuffix(".py")


def _of_config(path, given, command):
    """Texts of the flags in a `--config` file; those given are not its."""
    values = config_files.read(path)
    if isinstance(values.get("settings"), dict):  # A run.json.
        if command.translate is not None:
            raise ValueError(
                f"{path} holds what came out of several flags of this command, "
                "which are not on record: give them, or a file of them"
            )
        experiment = command.function.__module__.rpartition(".")[2]
        values = config_files.of_record(
            path, values, experiment, command.parameters
        )
    elif command.translate is not None:
        values = command.translate(values, given)
    if "config" in values:
        raise ValueError(
            f"{path} names another config, {values['config']}: one file alone "
            "is read. Put all flags into it"
        )
    return config_files.texts(values)
