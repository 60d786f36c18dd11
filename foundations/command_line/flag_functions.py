"""Functions as the command line sees them: flat.

An argument annotated with a class of settings stands for one flag per field.
Functions have annotated arguments, and a docstring with an `Args:` section.
"""

import functools
import inspect
import re
import textwrap
from collections.abc import Callable

import attrs

from lottery_ticket.foundations.records import plans
from lottery_ticket.foundations.values import fields

_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_CONFIG_HELP = """config: YAML file of flags, one `name: value` a line, or the
    name of one that comes with the library, such as rare_gems/resnet20_1.44;
    flags on the command line win over it."""
_PROCESS_HELP = """compile_cache: Folder in which XLA keeps what it compiles,
    for later runs on this machine; None is one in the user's cache folder, none
    keeps nothing. A process takes it from its first command.
deterministic: Whether a GPU computes the same bytes at each run; CPUs do
    anyway. A process takes it from its first command."""


def parameters(function: Callable) -> dict[str, inspect.Parameter]:
    """Returns dict, flag -> its type and default."""
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        kind = parameter.annotation
        if not attrs.has(kind):
            found[name] = parameter.replace(kind=_KEYWORD)
            continue
        for each in attrs.fields(kind):
            found[each.name] = inspect.Parameter(
                each.name, _KEYWORD, default=each.default, annotation=each.type
            )
    if plans.makes_plan(function):
        found["compile_cache"] = _flag("compile_cache", None, str | None)
        found["deterministic"] = _flag("deterministic", True, bool)
    return {**found, "config": _flag("config", None, str)}


def flatten(function: Callable) -> Callable:
    """Returns a function of flat arguments that calls `function`.

    Its signature has those of every command as well, and its docstring names
    all.
    """

    @functools.wraps(function)
    def command(**values):
        return function(**keywords(function, values))

    flags = list(parameters(function).values())
    vars(command)["__signature__"] = inspect.Signature(flags)
    command.__doc__ = _documentation(function)
    del command.__wrapped__  # Fire would look through it, at `function`.
    return command


def keywords(function: Callable, values: dict) -> dict:
    """Returns a function's own arguments, settings made.

    Values, by flag, that are of no argument are left out. Raises ValueError if
    settings refuse one.
    """
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        kind = parameter.annotation
        if attrs.has(kind):
            own = [each for each in fields.names_of(kind) if each in values]
            found[name] = kind(**{each: values[each] for each in own})
        elif name in values:
            found[name] = values[name]
    return found


def _flag(name, default, annotation):
    return inspect.Parameter(
        name, _KEYWORD, default=default, annotation=annotation
    )


def _documentation(function):
    """Docstring of a function, its Args with those of its settings."""
    text = inspect.cleandoc(function.__doc__ or "")
    before, _, args = text.partition("Args:\n")
    args, *after = args.split("\n\n")
    added = []
    for name, parameter in inspect.signature(function).parameters.items():
        if attrs.has(parameter.annotation):
            args = re.sub(rf"    {name}: .*\n(        .*\n)*", "", args)
            of_fields = inspect.cleandoc(parameter.annotation.__doc__ or "")
            added.append(of_fields.partition("Args:\n")[2])
    if plans.makes_plan(function):
        added.append(textwrap.indent(_PROCESS_HELP, "    "))
    added.append(textwrap.indent(_CONFIG_HELP, "    "))
    args = "\n".join(section.rstrip() for section in [args, *added])
    return "\n\n".join([f"{before}Args:\n{args}", *after])
