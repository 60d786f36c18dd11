"""Functions as the command line sees them: flat.

An argument annotated with a class of settings stands for one flag per field.
Functions have annotated arguments, and a docstring with an `Args:` section.
"""

import functools
import inspect
from collections.abc import Callable

import attrs

from lottery_ticket.foundations.records import plans
from lottery_ticket.foundations.values import fields

_KEYWORD = inspect.Parameter.KEYWORD_ONLY


def parameters(function: Callable) -> dict[str, inspect.Parameter]:
    """Returns dict, flag -> its type and default."""
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        kind = parameter.annotation
        if not attrs.has(kind):
            found[name] = parameter
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

    Its signature has those of every command as well.
    """

    @functools.wraps(function)
    def command(**values):
        return function(**keywords(function, values))

    flags = [
        each.replace(kind=_KEYWORD) for each in parameters(function).values()
    ]
    vars(command)["__signature__"] = inspect.Signature(flags)
    del command.__wrapped__  # Fire would look through it, at `function`.
    return command


def keywords(function: Callable, values: dict) -> dict:
    """Returns a function's own arguments, settings made.

    Values, by flag, that are of no argument are left out. Raises ValueError if
    settings refuse one.
    """
    found = {}
    for name, kind in _kinds(function).items():
        if attrs.has(kind):
            own = [each for each in fields.names_of(kind) if each in values]
            found[name] = kind(**{each: values[each] for each in own})
        elif name in values:
            found[name] = values[name]
    return found


@functools.lru_cache(maxsize=16)  # Lines of a sweep are of one function.
def _kinds(function):
    """Dict, argument of a function -> its annotation."""
    arguments = inspect.signature(function).parameters
    return {name: each.annotation for name, each in arguments.items()}


def _flag(name, default, annotation):
    return inspect.Parameter(
        name, _KEYWORD, default=default, annotation=annotation
    )
