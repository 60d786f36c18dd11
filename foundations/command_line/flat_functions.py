"""Functions as the command line sees them: flat, and of texts.

An argument annotated with a class of settings stands for one flag per field.
"""

import dataclasses
import functools
import inspect
import re
import textwrap

import attrs

from lottery_ticket.foundations import fields
from lottery_ticket.foundations.command_line import flag_values

_CONFIG_HELP = """config: YAML file of flags, one `name: value` a line, or the
    name of one that comes with the library, such as rare_gems/resnet20_1.44;
    flags on the command line win over it."""


def flatten(function):
    """Returns a function of flat, textual arguments that calls `function`.

    Its signature has one more argument, config, and its docstring names all.

    Args:
        function: Function with annotated arguments and a docstring with an
            `Args:` section.
    """
    parameters = []
    for parameter in inspect.signature(function).parameters.values():
        if _is_settings(parameter.annotation):
            parameters += _field_parameters(parameter.annotation)
        else:
            parameters.append(parameter.replace(kind=parameter.KEYWORD_ONLY))
    config = inspect.Parameter(
        "config", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=str
    )
    signature = inspect.Signature([*parameters, config])

    @functools.wraps(function)
    def command(**texts):
        return function(**keywords(function, texts))

    command.__signature__ = signature
    command.__doc__ = _documentation(function)
    del command.__wrapped__  # Fire would look through it, at `function`.
    return command


def keywords(function, texts: dict[str, str]) -> dict:
    """Returns a function's own arguments, dataclasses made.

    Args:
        function: As for `flatten`.
        texts: Dict, flag -> text of its value. Those of no argument are left
            out.

    Raises:
        ValueError: If a text is no value of its flag's type, or a dataclass
            refuses one.
    """
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        kind = parameter.annotation
        if _is_settings(kind):
            own = {each.name: each.type for each in _fields(kind)}
            found[name] = kind(
                **{
                    each: flag_values.convert(each, texts[each], own[each])
                    for each in own
                    if each in texts
                }
            )
        elif name in texts:
            found[name] = flag_values.convert(name, texts[name], kind)
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
    return dataclasses.fields(kind)


def _field_parameters(kind):
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=field.type,
        )
        for field in _fields(kind)
        if field.init
    ]


def _documentation(function):
    """Docstring of a function, its Args with those of its dataclasses."""
    text = inspect.cleandoc(function.__doc__ or "")
    before, _, args = text.partition("Args:\n")
    args, *after = args.split("\n\n")
    added = []
    for name, parameter in inspect.signature(function).parameters.items():
        if _is_settings(parameter.annotation):
            args = re.sub(rf"    {name}: .*\n(        .*\n)*", "", args)
            fields = inspect.cleandoc(parameter.annotation.__doc__)
            added.append(fields.partition("Args:\n")[2])
    added.append(textwrap.indent(_CONFIG_HELP, "    "))
    args = "\n".join(section.rstrip() for section in [args, *added])
    return "\n\n".join([f"{before}Args:\n{args}", *after])
