"""Command lines for plain functions: Fire, with names and types checked first.

Fire runs a function before it complains about a flag, and reads values as
Python literals (`--name=1` arrives as an integer). Here every name is checked
against the function's arguments and every value is read as the argument's
annotated type, before the function is called.
"""

import inspect
import os
import shlex
import sys
import traceback

import fire

from lottery_ticket.foundations import names
from lottery_ticket.foundations.command_line import (
    config_files,
    flag_values,
    flag_words,
    flat_functions,
    interrupts,
    streams,
)


def run(function, argv: list[str] | None = None, translate=None) -> None:
    """Calls a function with the flags of a command line, through Fire.

    Each argument is a flag. An argument annotated with a dataclass becomes one
    flag per field of it. An error that users can mend ends the program with one
    line and exit status 1, a usage error with 2, Ctrl-C with 130.

    Args:
        function: Function with annotated arguments and a docstring with
            an `Args:` section, which becomes the `--help`.
        argv: Words of the command line after the program's name; None takes
            sys.argv's.
        translate: As for `parse`.
    """
    streams.open_closed()
    # 3: TensorFlow calls a machine without a GPU an error.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Whatever backend the user has set up for Keras elsewhere.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    argv = sys.argv[1:] if argv is None else list(argv)
    command = flat_functions.flatten(function)
    if {"--help", "-h"} & set(argv):
        streams.say(_help(command), sys.stdout)
        return
    try:
        words = [
            f"--{name}={value!r}"  # Quoted, so that Fire keeps it as text.
            for name, value in parse(function, argv, translate).items()
        ]
    except (ValueError, FileNotFoundError) as error:
        _exit_with_usage(error)
    with interrupts.heard() as signals:
        try:
            fire.Fire(command, command=words, serialize=lambda _: None)
            sys.stdout.flush()
        except BrokenPipeError:
            streams.forget(sys.stdout)
        except (Exception, KeyboardInterrupt) as error:
            if signals or isinstance(error, KeyboardInterrupt):
                _exit(130, "\nStopped. The same command goes on from here.")
            if not _is_for_users(error):
                raise
            _exit(1, f"Error: {error}")


def parse(function, argv: list[str], translate=None) -> dict[str, str]:
    """Returns the flags of a command line as written, all of them checked.

    Args:
        function: As for `run`.
        argv: Words of the command line. Words without `--` fill the
            function's arguments in order.
        translate: Function (values, given) -> values of flags, for `--config`
            files in other words than the flags' names: values is what the file
            holds, name -> value; given the flags of the command line, name ->
            text, which win over what it returns. None takes a file as it is.

    Returns:
        Dict, flag -> text of its value, those of a `--config` file included.

    Raises:
        ValueError: If a flag is unknown, repeated, missing or has a value of
            the wrong type.
        FileNotFoundError: If the config file is not there.
    """
    parameters = inspect.signature(flat_functions.flatten(function)).parameters
    given = flag_words.read(argv, parameters)
    flags = {**_of_config(given, translate), **given}
    for name, value in flags.items():
        names.check("flag", name, parameters)
        flag_values.convert(name, value, parameters[name].annotation)
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in flags:
            raise ValueError(f"--{name} is missing: it has no default")
    return flags


def bind(function, argv: list[str], translate=None) -> dict:
    """Returns the keyword arguments that a command line means for a function.

    Args and Raises: as for `parse`.
    """
    return flat_functions.keywords(function, parse(function, argv, translate))


def split(function, argv: list[str]) -> tuple[list[str], list[str]]:
    """Returns a command line in two: a function's own words, and the rest.

    A word without `--` belongs to a flag before it that has no `=`, else to
    the function.
    """
    parameters = inspect.signature(flat_functions.flatten(function)).parameters
    return flag_words.split(argv, parameters)


def print_lines(lines, run_function, argv: list[str] | None = None) -> None:
    """Prints the lines of an argfile, each checked against its runner's flags.

    Flags that are not the argfile's own go into every line. Errors end the
    program as in `run`.

    Args:
        lines: Function that returns the lines; its arguments are flags.
        run_function: Function whose flags the lines hold.
        argv: As for `run`.
    """
    streams.open_closed()
    argv = sys.argv[1:] if argv is None else list(argv)
    if {"--help", "-h"} & set(argv):
        streams.say(_help(flat_functions.flatten(lines)), sys.stdout)
        return
    own, passed_on = split(lines, argv)
    try:
        finished = [
            " ".join([line, shlex.join(passed_on)]).strip()
            for line in lines(**bind(lines, own))
        ]
        for line in _of_each_kind(finished):
            _check_line(run_function, line)
    except (ValueError, FileNotFoundError) as error:
        _exit_with_usage(error)
    streams.say("\n".join(finished), sys.stdout)


def _of_each_kind(lines):
    """The first of all lines with the same flags: they differ in values."""
    found = {}
    for line in lines:
        flags = tuple(word.partition("=")[0] for word in shlex.split(line))
        found.setdefault(flags, line)
    return list(found.values())


def _check_line(run_function, line):
    try:
        bind(run_function, shlex.split(line))
    except ValueError as error:
        raise ValueError(f"{error}, in the line {line}") from error


def _exit_with_usage(error):
    _exit(2, f"Error: {error}\nSee {_program()} --help")


def _exit(status, text):
    streams.say(text, sys.stderr)
    sys.exit(status)


def _help(command):
    """Fire's help, which reads the docstring and the signature."""
    signature = inspect.signature(command)
    command.__signature__ = signature.replace(
        parameters=[
            parameter.replace(annotation=flag_values.kind(parameter.annotation))
            for parameter in signature.parameters.values()
        ]
    )
    trace = fire.trace.FireTrace(command, name=_program())
    text = fire.helptext.HelpText(command, trace=trace)
    text = text.replace(shlex.quote(_program()), _program())
    return text.replace("    -h, --", "    --")  # -h is for help.


def _program():
    return os.path.basename(sys.argv[0]).removesuffix(".py")


def _is_for_users(error):
    """Whether an error is one of ours, or of files; the rest are bugs."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    module = frame.f_globals.get("__name__", "")
    is_ours = module.startswith("lottery_ticket.") or module == "__main__"
    kinds = (ValueError, RuntimeError, FloatingPointError)
    return isinstance(error, OSError) or (is_ours and isinstance(error, kinds))


def _of_config(given, translate):
    """Texts of the flags in a `--config` file, which leaves those given."""
    path = given.pop("config", None)
    if path is None:
        return {}
    values = config_files.read(path)
    if translate is not None:
        values = translate(values, given)
    if "config" in values:
        raise ValueError(
            f"{path} names another config, {values['config']}: one file alone "
            "is read. Put all flags into it"
        )
    return config_files.texts(values)
