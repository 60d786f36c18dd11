"""Functions as the command line sees them: flat.

An argument annotated with a class of settings stands for one flag per field.
"""

import dataclasses
import functools
import inspect
import re
import textwrap

import attrs

from lottery_ticket.foundations import fields

_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_CONFIG_HELP = """config: YAML file of flags, one `name: value` a line, or the
    name of one that comes with the library, such as rare_gems/resnet20_1.44;
    flags on the command line win over it."""


def parameters(function) -> dict[str, inspect.Parameter]:
    """Returns dict, flag -> its type and default.

    Args:
        function: Function with annotated arguments and a docstring with an
            `Args:` section.
    """
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        kind = parameter.annotation
        if not _is_settings(kind):
            found[name] = parameter.replace(kind=_KEYWORD)
            continue
        for each in _fields(kind):
            found[each.name] = inspect.Parameter(
                each.name, _KEYWORD, default=each.default, annotation=each.type
            )
    config = inspect.Parameter("config", _KEYWORD, default=None, annotation=str)
    return {**found, "config": config}


def flatten(function):
    """Returns a function of flat arguments that calls `function`.

    Its signature has one more argument, config, and its docstring names all.

    Args:
        function: As for `parameters`.
    """

    @functools.wraps(function)
    def command(**values):
        return function(**keywords(function, values))

    command.__signature__ = inspect.Signature(parameters(function).values())
    command.__doc__ = _documentation(function)
    del command.__wrapped__  # Fire would look through it, at `function`.
    return command


def keywords(function, values: dict) -> dict:
    """Returns a function's own arguments, settings made.

    Args:
        function: As for `parameters`.
        values: Dict, flag -> its value. Those of no argument are left out.

    Raises:
        ValueError: If settings refuse a value.
    """
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        kind = parameter.annotation
        if _is_settings(kind):
            own = [each.name for each in _fields(kind) if each.name in values]
            found[name] = kind(**{each: values[each] for each in own})
        elif name in values:
            found[name] = values[name]
    return found


def is_given(flags, name: str) -> bool:
    """Whether a flag is not at its default.

    Args:
        flags: Dataclass of flags.
        name: One of them.
    """
    if attrs.has(type(flags)):
        return fields.is_given(flags, name)
    default = type(flags).__dataclass_fields__[name].default
    return getattr(flags, name) != default


def filled(flags, usual: dict):
    """Returns flags with values in place of those that are None.

    Args:
        flags: Dataclass of flags.
        usual: Dict, name of one -> value; what is given stays.
    """
    if attrs.has(type(flags)):
        return fields.filled(flags, usual)
    missing = {
        name: value
        for name, value in usual.items()
        if getattr(flags, name) is None
    }
    return dataclasses.replace(flags, **missing)


def _is_settings(kind):
    return attrs.has(kind) or dataclasses.is_dataclass(kind)


def _fields(kind):
    if attrs.has(kind):
        return attrs.fields(kind)
    return [each for each in dataclasses.fields(kind) if each.init]


def _documentation(function):
    """Docstring of a function, its Args with those of its dataclasses."""
    text = inspect.cleandoc(function.__doc__ or "")
    before, _, args = text.partition("Args:\n")
    args, *after = args.split("\n\n")
    added = []
    for name, parameter in inspect.signature(function).parameters.items():
        if _is_settings(parameter.annotation):
            args = re.sub(rf"    {name}: .*\n(        .*\n)*", "", args)
            of_fields = inspect.cleandoc(parameter.annotation.__doc__)
            added.append(of_fields.partition("Args:\n")[2])
    added.append(textwrap.indent(_CONFIG_HELP, "    "))
    args = "\n".join(section.rstrip() for section in [args, *added])
    return "\n\n".join([f"{before}Args:\n{args}", *after])
