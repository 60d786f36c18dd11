"""Values in dicts and tuples, as networks of several inputs take them.

A leaf is all that is neither a dict nor a tuple; one alone is nested, too.
"""

import typing
from collections.abc import Callable, Iterator


def mapped(
    function: Callable, first: typing.Any, *others: typing.Any
) -> typing.Any:
    """Returns values of the same structure: a function of each leaf.

    It is called in the order of `named`. Others have the structure of the
    first; the function gets a leaf of each.
    """
    if isinstance(first, dict):
        return {
            key: mapped(function, first[key], *(each[key] for each in others))
            for key in sorted(first, key=str)
        }
    if isinstance(first, tuple):
        parts = zip(first, *others, strict=True)
        return tuple(mapped(function, *part) for part in parts)
    return function(first, *others)


def named(
    value: typing.Any, name: str = ""
) -> Iterator[tuple[str, typing.Any]]:
    """Yields (name, leaf): keys and places, as in "left/0"; "" for one alone.

    Those of a dict in the order of their names.
    """
    if not isinstance(value, dict | tuple):
        yield name, value
        return
    items = value.items() if isinstance(value, dict) else enumerate(value)
    parts = {str(key): part for key, part in items}
    for key in sorted(parts) if isinstance(value, dict) else parts:
        yield from named(parts[key], f"{name}/{key}" if name else key)


def leaves(value: typing.Any) -> list:
    """Returns the leaves, in the order of `named`."""
    return [leaf for _, leaf in named(value)]


def is_several(value: object) -> bool:
    """Whether it is a structure, not one leaf."""
    return isinstance(value, dict | tuple)
