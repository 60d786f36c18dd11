"""Command lines for plain functions: Fire, with names and types checked first.

Fire runs a function before it complains about a flag, and reads values as
Python literals (`--name=1` arrives as an integer). Here every name is checked
against the function's arguments and every value is read as the argument's
annotated type, before the function is called.
"""

import dataclasses
import functools
import inspect
import math
import os
import shlex
import sys
import textwrap
import traceback
import types
import typing

import fire
import yaml

from lottery_ticket.foundations import files, names

_CONFIG_HELP = """config: YAML file of flags, one `name: value` a line; flags
    on the command line win over it."""


def run(function, argv: list[str] | None = None) -> None:
    """Calls a function with the flags of a command line, through Fire.

    Each argument is a flag. An argument annotated with a dataclass becomes one
    flag per field of it. An error raised by this package ends the program with
    one line and exit status 1, a usage error with 2, Ctrl-C with 130.

    Args:
        function: Function with annotated arguments and a docstring with
            an `Args:` section, which becomes the `--help`.
        argv: Words of the command line after the program's name; None takes
            sys.argv's.
    """
    # 3: TensorFlow calls a machine without a GPU an error.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    argv = sys.argv[1:] if argv is None else list(argv)
    command = _flatten(function)
    if {"--help", "-h"} & set(argv):
        _print(_help(command))
        return
    try:
        words = [
            f"--{name}={value!r}"  # Quoted, so that Fire keeps it as text.
            for name, value in parse(function, argv).items()
        ]
    except (ValueError, FileNotFoundError) as error:
        _exit_with_usage(error)
    try:
        fire.Fire(command, command=words, serialize=lambda _: None)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if not _is_ours(error):
            raise
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)


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
    given = _read_words(argv, parameters)
    flags = {**_read_config(given.pop("config", None)), **given}
    for name, value in flags.items():
        names.check("flag", name, parameters)
        _convert(name, value, parameters[name].annotation)
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
    known = inspect.signature(_flatten(function)).parameters
    own, rest = [], []
    part, takes_word = own, False
    for word in argv:
        if word.startswith("-"):
            name = _flag_name(word, known)
            part = own if name in known else rest
            is_boolean = name in known and known[name].annotation is bool
            takes_word = "=" not in word and not is_boolean
        else:
            part, takes_word = (part if takes_word else own), False
        part.append(word)
    return own, rest


def print_lines(lines, run_function, argv: list[str] | None = None) -> None:
    """Prints the lines of an argfile, each checked against its runner's flags.

    Flags that are not the argfile's own go into every line. Errors end the
    program as in `run`.

    Args:
        lines: Function that returns the lines; its arguments are flags.
        run_function: Function whose flags the lines hold.
        argv: As for `run`.
    """
    argv = sys.argv[1:] if argv is None else list(argv)
    if {"--help", "-h"} & set(argv):
        _print(_help(_flatten(lines)))
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
    _print("\n".join(finished))


def _print(text):
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _forget_stdout()


def _forget_stdout():
    """The reader of our output, such as `head`, has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _exit_with_usage(error):
    print(f"Error: {error}\nSee {_program()} --help", file=sys.stderr)
    sys.exit(2)


def _help(command):
    """Fire's help, which reads the docstring and the signature."""
    signature = inspect.signature(command)
    command.__signature__ = signature.replace(
        parameters=[
            parameter.replace(annotation=_kind(parameter.annotation))
            for parameter in signature.parameters.values()
        ]
    )
    trace = fire.trace.FireTrace(command, name=_program())
    text = fire.helptext.HelpText(command, trace=trace)
    return text.replace(shlex.quote(_program()), _program())


def _program():
    return os.path.basename(sys.argv[0]).removesuffix(".py")


def _is_ours(error):
    """Whether the line that raised an error is in this package."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return frame.f_globals.get("__name__", "").startswith("lottery_ticket.")


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
    keywords = {}
    for parameter in inspect.signature(function).parameters.values():
        kind = parameter.annotation
        if dataclasses.is_dataclass(kind):
            fields = inspect.signature(kind).parameters
            own = {name: flags[name] for name in fields if name in flags}
            keywords[parameter.name] = kind(
                **{
                    name: _convert(name, value, fields[name].annotation)
                    for name, value in own.items()
                }
            )
        elif parameter.name in flags:
            value = flags[parameter.name]
            keywords[parameter.name] = _convert(parameter.name, value, kind)
    return keywords


def _documentation(function):
    """Docstring of a function, its Args with those of its dataclasses."""
    text = inspect.cleandoc(function.__doc__ or "")
    before, _, args = text.partition("Args:\n")
    args, *after = args.split("\n\n")
    added = [
        inspect.cleandoc(kind.annotation.__doc__).partition("Args:\n")[2]
        for kind in inspect.signature(function).parameters.values()
        if dataclasses.is_dataclass(kind.annotation)
    ]
    added.append(textwrap.indent(_CONFIG_HELP, "    "))
    args = "\n".join(section.rstrip() for section in [args, *added])
    return "\n\n".join([f"{before}Args:\n{args}", *after])


def _read_words(argv, parameters):
    """Returns dict, flag name -> text, from words of a command line."""
    given = {}
    positional = iter(parameters)
    words = list(argv)
    while words:
        word = words.pop(0)
        if not word.startswith("-"):
            name, value = next(positional, None), word
        else:
            name = _flag_name(word, parameters)
            names.check("flag", name, parameters)
            takes_word = words and not words[0].startswith("-")
            if "=" in word:
                value = word.split("=", 1)[1]
            elif parameters[name].annotation is bool:
                is_plain = len(word.lstrip("-")) <= len(name)
                value = str(is_plain)
            elif takes_word:
                value = words.pop(0)
            else:
                raise ValueError(f"--{name} is missing its value")
        if name is None:
            raise ValueError(f"Too many words on the line: {word!r}")
        if name in given:
            raise ValueError(f"--{name} is given twice")
        given[name] = value
    return given


def _flag_name(word, parameters):
    """Name in `--name=value`, `--name`, `-n` or, for a boolean, `--noname`."""
    name = word.lstrip("-").split("=", 1)[0].replace("-", "_")
    starting = [known for known in parameters if known.startswith(name)]
    if len(name) == 1 and not word.startswith("--") and len(starting) == 1:
        return starting[0]
    without = name.removeprefix("no")
    is_negated = name not in parameters and without in parameters
    return without if is_negated and "=" not in word else name


def _read_config(path):
    if path is None:
        return {}
    try:
        config = yaml.safe_load(files.read(path)) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {error}") from error
    if not isinstance(config, dict):
        raise ValueError(
            f"{path} must hold one `flag: value` a line. Received: a "
            f"{type(config).__name__}"
        )
    return {str(name): _text(value) for name, value in config.items()}


def _text(value):
    """A value from YAML as it would be written on the command line."""
    if isinstance(value, dict):
        return ",".join(f"{key}={entry}" for key, entry in value.items())
    if isinstance(value, list):
        return ",".join(str(entry) for entry in value)
    return str(value)


def _convert(name, text, kind):
    """Returns a flag's text as a value of its annotated type."""
    kinds = typing.get_args(kind) if _is_union(kind) else (kind,)
    if text == "None" and type(None) in kinds:
        return None
    kind = next(kind for kind in kinds if kind is not type(None))
    read = _READERS.get(kind)
    try:
        return read(text) if read else text
    except ValueError:
        raise ValueError(
            f"--{name} must be {_EXPECTED[kind]}. Received: {text!r}"
        ) from None


def _is_union(kind):
    return typing.get_origin(kind) in (typing.Union, types.UnionType)


def _kind(annotation):
    """The first type of an annotation: `float` in `float | None`."""
    if _is_union(annotation):
        annotation = typing.get_args(annotation)[0]
    return typing.get_origin(annotation) or annotation


def _read_float(text):
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _read_bool(text):
    if text.lower() not in ("true", "false"):
        raise ValueError
    return text.lower() == "true"


def _read_integers(text):
    return tuple(int(part) for part in text.strip("()[], ").split(","))


def _read_fractions(text):
    pairs = [part.split("=") for part in text.strip("{} ").split(",")]
    if len({name for name, *_ in pairs}) < len(pairs):
        raise ValueError
    return {name.strip(): _read_float(value) for name, value in pairs}


_READERS = {
    int: int,
    float: _read_float,
    bool: _read_bool,
    tuple[int, ...]: _read_integers,
    dict[str, float]: _read_fractions,
}
_EXPECTED = {
    int: "an integer",
    float: "a number",
    bool: "True or False",
    tuple[int, ...]: "integers such as 300,100",
    dict[str, float]: "pairs such as layer0=.2,layer1=.1, each name once",
}
