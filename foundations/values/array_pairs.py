"""Two pairs of arrays, as users give data, told from what else comes."""

import typing

import numpy as np

from lottery_ticket.foundations.values import sources

# Examples and labels, and weights of examples if there are any.
Pair = tuple[typing.Any, ...]
_WHOLE = "batches of one set. Pass (train, test), each of which may be batches"


def train_and_test(given: object) -> tuple[Pair, Pair]:
    """Returns ((x_train, y_train), (x_test, y_test)), as they were given.

    Behind y, weights of the examples may stand: (x, y, weights). In place of a
    pair there may be what gives batches of it; see `sources`. Raises ValueError
    unless it is two pairs. The error says what it is: one pair, a
    tf.data.Dataset. Arrays are looked at elsewhere.
    """
    if _is_of(given, 2, _is_half):
        train, test = typing.cast(tuple[Pair, Pair], given)
        return train, test
    raise ValueError(
        "dataset must be ((x_train, y_train), (x_test, y_test)) or a "
        f"DatasetBase. Received: {_what(given)}"
    )


def _what(given):
    """What is no two pairs."""
    parts = given if isinstance(given, tuple | list) else []
    inner = [each for half in parts if _is_of(half, 2) for each in half]
    batches = [sources.kind(each) for each in (given, *parts, *inner)]
    if any(batches):
        return f"{next(filter(None, batches))}: {_WHOLE}"
    if _is_of(given, 3, lambda part: _is_of(part, 2)):
        return (
            "3 pairs; examples for validation are taken from those for "
            "training, as many as validation_size says"
        )
    return _named(given, 2)


def _is_of(value, count, is_part=lambda part: True):
    """Whether it is a tuple or list of so many parts, all of one kind."""
    is_several = isinstance(value, tuple | list) and len(value) == count
    return is_several and all(is_part(part) for part in value)


def _is_half(value):
    """Whether it may be one set: a pair of arrays, or batches."""
    is_batches = sources.kind(value) is not None
    return is_batches or any(_is_of(value, n, _is_array) for n in (2, 3))


def _is_array(value):
    """Whether it may hold examples or labels, a list of rows included."""
    is_single = value is None or np.isscalar(value)
    return not is_single and sources.kind(value) is None


def _named(value, depth):
    """A value in words, and of tuples what is in them."""
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, tuple if depth < 2 else (tuple, list)) and value:
        parts = ", ".join(_named(part, depth - 1) for part in value[:4])
        several = f"{type(value).__name__} of {len(value)}: {parts}"
        return several if depth == 2 else f"({parts})"
    name, shape = type(value).__name__, getattr(value, "shape", None)
    return name if shape is None else f"{name} of shape {tuple(shape)}"
