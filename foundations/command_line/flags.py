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
import textwrap
import traceback

import fire
import yaml

from lottery_ticket.foundations import files, names
from lottery_ticket.foundations.command_line import (
    flag_values,
    flag_words,
    interrupts,
    streams,
)

_CONFIG_HELP = """config: YAML file of flags, one `name: value` a line; flags
    on the command line win over it."""


def run(function, argv: list[str] | None = None) -> None:
    """Calls a function with the flags of a command line, through Fire.

    Each argument is a flag. An argument annotated with a dataclass becomes one
    flag per field of it. An error that users can mend ends the program with one
    line and exit status 1, a usage error with 2, Ctrl-C with 130.

    Args:
        function: Function with annotated arguments and a docstring with
            an `Args:` section, which becomes the `--help`.
        argv: Words of the command line after the program's name; None takes
            sys.argv's.
    """
    streams.open_closed()
    # 3: TensorFlow calls a machine without a GPU an error.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Whatever backend the user has set up for Keras elsewhere.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    argv = sys.argv[1:] if argv is None else list(argv)
    command = _flatten(function)
    if {"--help", "-h"} & set(argv):
        streams.say(_help(command), sys.stdout)
        return
    try:
        words = [
            f"--{name}={value!r}"  # Quoted, so that Fire keeps it as text.
            for name, value in parse(function, argv).items()
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


def parse(function, argv: list[str]) -> dict[str, str]:
    """Returns the flags of a command line as written, all of them checked.

    Args:
        function: As for `run`.
        argv: Words of the command line. Words without `--` fill the
            function's arguments in order.

    Returns:
        Dict, flag -> text of its value, those of a `--config` file included.

    Raises:
        ValueError: If a flag is unknown, repeated, missing or has a value of
            the wrong type.
        FileNotFoundError: If the config file is not there.
    """
    parameters = inspect.signature(_flatten(function)).parameters
    given = flag_words.read(argv, parameters)
    flags = {**_read_config(given.pop("config", None)), **given}
    for name, value in flags.items():
        names.check("flag", name, parameters)
        flag_values.convert(name, value, parameters[name].annotation)
    for name, parameter in parameters.items():
        if parameter.default is parameter.empty and name not in flags:
            raise ValueError(f"--{name} is missing: it has no default")
    return flags


def bind(function, argv: list[str]) -> dict:
    """Returns the keyword arguments that a command line means for a function.

    Args and Raises: as for `parse`.
    """
    return _keywords(function, parse(function, argv))


def split(function, argv: list[str]) -> tuple[list[str], list[str]]:
    """Returns a command line in two: a function's own words, and the rest.

    A word without `--` belongs to a flag before it that has no `=`, else to
    the function.
    """
    parameters = inspect.signature(_flatten(function)).parameters
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
        streams.say(_help(_flatten(lines)), sys.stdout)
        return
    own, passed_on = split(lines, argv)
    try:
        finished = [
            " ".join([line, shlex.join(passed_on)]).strip()
            for line in lines(**bind(lines, own))
        ]
        for line in finished[:1]:  # They differ in values of our own only.
            bind(run_function, shlex.split(line))
    except (ValueError, FileNotFoundError) as error:
        _exit_with_usage(error)
    streams.say("\n".join(finished), sys.stdout)


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


def _flatten(function):
    """Returns a function of flat, textual arguments that calls `function`."""
    parameters = []
    for parameter in inspect.signature(function).parameters.values():
        if dataclasses.is_dataclass(parameter.annotation):
            parameters += _field_parameters(parameter.annotation)
        else:
            parameters.append(parameter.replace(kind=parameter.KEYWORD_ONLY))
    config = inspect.Parameter(
        "config", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=str
    )
    signature = inspect.Signature([*parameters, config])

    @functools.wraps(function)
    def command(**flags):
        return function(**_keywords(function, flags))

    command.__signature__ = signature
    command.__doc__ = _documentation(function)
    del command.__wrapped__  # Fire would look through it, at `function`.
    return command


def _field_parameters(dataclass):
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=field.type,
        )
        for field in dataclasses.fields(dataclass)
        if field.init
    ]


def _keywords(function, flags):
    """Arguments for a function from flags as text, dataclasses made."""
    keywords = {}
    for name, parameter in inspect.signature(function).parameters.items():
        kind = parameter.annotation
        if dataclasses.is_dataclass(kind):
            keywords[name] = kind(**_keywords(kind, flags))
        elif name in flags:
            keywords[name] = flag_values.convert(name, flags[name], kind)
    return keywords


def _documentation(function):
    """Docstring of a function, its Args with those of its dataclasses."""
    text = inspect.cleandoc(function.__doc__ or "")
    before, _, args = text.partition("Args:\n")
    args, *after = args.split("\n\n")
    added = []
    for name, parameter in inspect.signature(function).parameters.items():
        if dataclasses.is_dataclass(parameter.annotation):
            args = re.sub(rf"    {name}: .*\n(        .*\n)*", "", args)
            fields = inspect.cleandoc(parameter.annotation.__doc__)
            added.append(fields.partition("Args:\n")[2])
    added.append(textwrap.indent(_CONFIG_HELP, "    "))
    args = "\n".join(section.rstrip() for section in [args, *added])
    return "\n\n".join([f"{before}Args:\n{args}", *after])


def _read_config(path):
    if path is None:
        return {}
    data = files.read(path)
    try:
        _check_keys(yaml.compose(data, yaml.SafeLoader))
        config = yaml.safe_load(data) or {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())  # It can have several lines.
        raise ValueError(f"{path} is not YAML: {why}") from error
    if not isinstance(config, dict):
        raise ValueError(
            f"{path} must hold one `flag: value` a line. Received: a "
            f"{type(config).__name__}"
        )
    return {
        str(name): flag_values.text(value) for name, value in config.items()
    }


def _check_keys(node):
    """Raises if a flag, or a name in one's pairs, is there twice."""
    if not isinstance(node, yaml.MappingNode):
        return
    keys = [key.value for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"{key} is given twice")
    for _, value in node.value:
        _check_keys(value)
