"""Settings: classes whose fields declare their type, range, help and source.

    @fields.settings
    class Search:
        "What a search does."

        density: float | None = fields.field(
            None, "Kept part of all weights.", above=0, at_most=1
        )

Checks, `--help` and docs come from there. A setting is None where nothing is
given, if its type says that it may be.
"""

import functools
import math
import numbers
import re
import types
import typing
from collections.abc import Callable, Iterable

import attrs

from lottery_ticket.foundations.values import names

_FACTS = "lottery_ticket"
_PLAIN = {type(None), bool, int, float, str}
Settings = typing.TypeVar("Settings")


@attrs.frozen
class Facts:
    """What is known of a field beside its type and default.

    Attributes:
        help: What it means, in a line or two.
        choices: Names that it may be, or an empty tuple: any value.
        at_least: Number that it, or each of its entries, must not be below.
        above: Number that it must be above.
        at_most: Number that it must not be above.
        below: Number that it must be below.
        source: Paper and section that it is from.
        used_with: Dict, name of another field -> those of its values without
            which this field has no effect.
        convert: Function (value) -> value in the one way of several to write
            it; of a tuple, it takes each entry. None stays None.
        group: Heading of help that it and the fields after it stand under.
    """

    help: str
    choices: tuple[str, ...] = ()
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    source: str | None = None
    used_with: dict[str, tuple] = attrs.field(factory=dict)
    convert: Callable | None = None
    group: str | None = None

    def range(self) -> str:
        """Returns the range in words, such as "above 0 and at most 1"."""
        bounds = {
            "at least": self.at_least,
            "above": self.above,
            "at most": self.at_most,
            "below": self.below,
        }
        return " and ".join(
            f"{words} {f'{bound:.3g}' if isinstance(bound, float) else bound}"
            for words, bound in bounds.items()
            if bound is not None
        )

    def has(self, number: float) -> bool:
        """Whether a number is in the range."""
        return (
            (self.at_least is None or number >= self.at_least)
            and (self.above is None or number > self.above)
            and (self.at_most is None or number <= self.at_most)
            and (self.below is None or number < self.below)
        )

    def sentences(self) -> str:
        """Returns the help, with what else is known, in one line."""
        said = [self.help]
        if self.range():
            said.append(f"{self.range().capitalize()}.")
        if not set(self.choices) <= set(re.findall(r"\w+", self.help)):
            said.append(f"One of {', '.join(self.choices)}.")
        for other, values in self.used_with.items():
            said.append(f"Only with {other}={' or '.join(map(str, values))}.")
        if self.source:
            said.append(f"Source: {self.source}.")
        return " ".join(said)


def field(
    default: typing.Any,
    help: str,
    *,
    choices: Iterable[str] = (),
    **facts: typing.Any,
) -> typing.Any:
    """Returns a field of a class of settings.

    Args:
        default: Its value where nothing is given.
        help: As of Facts.
        choices: Names, or a table that has them as keys.
        **facts: The rest of Facts.
    """
    return _field(default, {_FACTS: Facts(help, tuple(choices), **facts)})


def left_open(help: str, **facts: typing.Any) -> typing.Any:
    """Returns a field that is None where nothing is given; see `field`."""
    return field(None, help, **facts)


def like(cls: type, name: str, **changes: typing.Any) -> typing.Any:
    """Returns a field that means what one of another class means.

    Args:
        cls: Class of settings.
        name: Its field.
        **changes: The default, or what else of Facts differs.
    """
    theirs = getattr(attrs.fields(cls), name)
    default = changes.pop("default", theirs.default)
    return _field(default, {_FACTS: attrs.evolve(facts(theirs), **changes)})


if typing.TYPE_CHECKING:
    settings = optional = attrs.frozen
else:

    def settings(cls: type) -> type:
        """Returns a class with fields: frozen, checked, its docstring whole."""
        made = attrs.frozen(cls, field_transformer=_checked)
        made.__doc__ = f"{cls.__doc__.rstrip()}\n\nArgs:\n{documentation(made)}"
        return made

    def optional(cls: type) -> type:
        """Returns a class of its base's settings, each None unless given.

        It has nothing else of its base, whose checks are of whole settings.
        """
        left_open = {
            each.name: _field(None, each.metadata, type=each.type | None)
            for each in attrs.fields(cls.__base__)
        }
        made = attrs.make_class(
            cls.__name__, left_open, frozen=True, field_transformer=_checked
        )
        made.__doc__ = f"{cls.__doc__.rstrip()}\n\nArgs:\n{documentation(made)}"
        return made


def documentation(cls: type) -> str:
    """Returns the `Args:` of settings, a line a field.

    Fire would take a colon on a second line for that of an argument.
    """
    return "\n".join(
        f"    {each.name}: {facts(each).sentences()}"
        for each in attrs.fields(cls)
        if each.init
    )


def facts(attribute: attrs.Attribute) -> Facts:
    """Returns what is known of a field of settings."""
    return attribute.metadata[_FACTS]


def names_of(settings: typing.Any) -> list[str]:
    """Returns the names of the fields of settings, or of a class of them."""
    cls = settings if isinstance(settings, type) else type(settings)
    return list(_defaults(cls))


def is_given(settings: typing.Any, name: str) -> bool:
    """Whether a setting is not at its default."""
    return getattr(settings, name) != _defaults(type(settings))[name]


@functools.cache
def _defaults(cls):
    """Dict, name of a setting -> its default."""
    return {each.name: each.default for each in attrs.fields(cls)}


def given(settings: typing.Any) -> dict:
    """Returns dict, name -> value, of the settings not at their default."""
    usual = _defaults(type(settings))
    return {
        name: value
        for name, value in as_dict(settings).items()
        if value != usual[name]
    }


def filled(settings: Settings, usual: dict) -> Settings:
    """Returns settings with values in place of those that are None.

    Those are by name; what is given stays.
    """
    missing = {
        name: value
        for name, value in usual.items()
        if getattr(settings, name) is None
    }
    return attrs.evolve(settings, **missing)


def put(settings: typing.Any, **values: typing.Any) -> None:
    """Sets fields of settings that are being made, frozen as they are."""
    for name, value in values.items():
        object.__setattr__(settings, name, value)


def check_uses(settings: typing.Any, usual: dict | None = None) -> None:
    """Raises if a setting is given that the others leave without effect.

    `usual` is dict, name of a setting -> what None stands for. The ValueError
    names the setting, and what uses it.
    """
    for name, other, values in _uses(type(settings)):
        if not is_given(settings, name):
            continue
        theirs = getattr(settings, other)
        theirs = (usual or {}).get(other) if theirs is None else theirs
        if theirs not in values:
            raise ValueError(
                f"{name} is for {other}={' or '.join(map(str, values))}. "
                f"Received: {name}={getattr(settings, name)} with "
                f"{other}={theirs}"
            )


@functools.cache
def _uses(cls):
    """Of settings that others may leave without effect: it, the other, when."""
    return [
        (each.name, other, values)
        for each in attrs.fields(cls)
        for other, values in facts(each).used_with.items()
    ]


def as_dict(settings: typing.Any) -> dict:
    """Returns dict, name -> value, of all settings."""
    return {name: getattr(settings, name) for name in _defaults(type(settings))}


def as_float(value: typing.Any) -> typing.Any:
    """Returns a number as a float, for `convert`; all else as it is."""
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    return float(value) if is_number else value


def as_bool(value: typing.Any) -> typing.Any:
    """Returns True or False written so, in any case, as one; all else as is."""
    return {"true": True, "false": False}.get(str(value).lower(), value)


def check(
    name: str, value: typing.Any, kind: type, **facts: typing.Any
) -> None:
    """Raises unless a value that is no field's is of a type, and in a range.

    `name` is what the ValueError calls it; of int, float, bool and str, kind is
    one; and facts are as of Facts, such as at_least=1.
    """
    _check_entry(name, _plain(value), kind, Facts("", **facts))


@functools.cache
def kinds(annotation: typing.Any) -> tuple:
    """Returns the types of a union, or the one that there is."""
    is_union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    return typing.get_args(annotation) if is_union else (annotation,)


def _field(default, metadata, **options):
    return attrs.field(default=default, metadata=metadata, **options)


def _checked(cls, attributes):
    """Fields that convert and check what they are given, each by its type.

    That is told once: thousands of settings are made for the lines of a sweep.
    """
    del cls
    return [
        each.evolve(converter=_converter(each), validator=_validator(each))
        for each in attributes
    ]


def _converter(attribute):
    """Function (value) -> a field's value as it is kept.

    One text is one of several.
    """
    name, convert = attribute.name, facts(attribute).convert
    kind = kinds(attribute.type)[0]
    is_several = typing.get_origin(kind) is tuple
    if convert is None and kind != tuple[str, ...]:
        return _plain

    def converted(value):
        value = _plain(value)
        if kind == tuple[str, ...] and isinstance(value, str):
            value = (value,)
        if value is None or convert is None:
            return value
        try:
            if not is_several:
                return convert(value)
            _check_is(name, value, tuple, "several values")
            return tuple(map(convert, value))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error

    return converted


def _plain(value) -> typing.Any:
    """A value as JSON and a hash can take it: no list, nothing of numpy."""
    if type(value) in _PLAIN:
        return value
    if hasattr(value, "tolist"):
        value = value.tolist()
    return (
        tuple(map(_plain, value)) if isinstance(value, list | tuple) else value
    )


def _validator(attribute):
    """Function (settings, field, value) that raises unless a value fits.

    It must be of the field's type, and in its range. None where any fits.
    """
    name, known, allowed = attribute.name, facts(attribute), attribute.type
    may_be_none = type(None) in kinds(allowed)
    kind = float if float in kinds(allowed) else kinds(allowed)[0]
    if kind is str and not known.choices:
        return None
    check = _CHECKS.get(typing.get_origin(kind), _check_entry)

    def validate(settings, field, value):
        del settings, field
        if value is not None or not may_be_none:
            check(name, value, kind, known)

    return validate


def _check_entries(name, value, kind, known):
    """Raises unless a value is several ones, each of a type, and in a range."""
    _check_is(name, value, tuple, "several values")
    each = name if known.choices else f"each of {name}"
    for entry in value:
        _check_entry(each, entry, typing.get_args(kind)[0], known)


def _check_named(name, value, kind, known):
    """Raises unless a value is numbers by name, each in a range."""
    del kind
    _check_is(name, value, dict, "a dict, name -> value")
    for key, entry in value.items():
        _check_is(f"The names in {name}", key, str, "text")
        _check_entry(f"{name} of {key!r}", entry, float, known)


_CHECKS = {tuple: _check_entries, dict: _check_named}


def _check_is(name, value, kind, words):
    if not isinstance(value, kind):
        raise ValueError(f"{name} must be {words}. Received: {value!r}")


def _check_entry(name, value, kind, known):
    if known.choices and value not in known.choices:
        names.check(name, value, known.choices)
    if kind is bool:
        _check_is(name, value, bool, "True or False")
    if kind not in (int, float):
        return
    number = numbers.Integral if kind is int else numbers.Real
    is_number = isinstance(value, number) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not known.has(value):
        raise ValueError(
            f"{name} must be {'an integer' if kind is int else 'a number'}"
            f"{', ' if known.range() else ''}{known.range()}"
            f"{'' if not is_number or math.isfinite(value) else ', finite'}. "
            f"Received: {value!r}"
        )
