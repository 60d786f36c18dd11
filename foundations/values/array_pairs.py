"""Two pairs of arrays, as users give data, told from what else comes."""

import collections.abc
import typing

import numpy as np

# Examples and labels.
Pair = tuple[typing.Any, typing.Any]
# Class -> what it is: batches of one set, which could be unpacked like pairs.
_BATCHES = {
    "DatasetV2": "a tf.data.Dataset",
    "PyDataset": "a keras PyDataset",
    "Sequence": "a keras Sequence",
    "DataLoader": "a DataLoader of PyTorch",
}
_LIBRARIES = ("tensorflow", "keras", "tf_keras", "torch")
_COLLECT = "batches of one set. Collect the batches of each set in two arrays"


def train_and_test(given: object) -> tuple[Pair, Pair]:
    """Returns ((x_train, y_train), (x_test, y_test)), as they were given.

    Raises ValueError unless it is two pairs. The error says what it is: one
    pair, sample weights, a tf.data.Dataset. Arrays are looked at elsewhere.
    """
    if _is_of(given, 2, lambda half: _is_of(half, 2, _is_array)):
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
    batches = [_batches(each) for each in (given, *parts, *inner)]
    if any(batches):
        return f"{next(filter(None, batches))}: {_COLLECT}"
    if any(_is_of(half, 3, _is_array) for half in parts):
        return (
            "(x, y, sample_weight) in place of (x, y); examples have no "
            "weights here"
        )
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


def _is_array(value):
    """Whether it may hold examples or labels, a list of rows included."""
    is_single = value is None or np.isscalar(value)
    return not is_single and _batches(value) is None


def _batches(value):
    for base in type(value).__mro__:
        if base.__module__.split(".")[0] in _LIBRARIES:
            if base.__name__ in _BATCHES:
                return _BATCHES[base.__name__]
    is_iterator = isinstance(value, collections.abc.Iterator)
    return "an iterator" if is_iterator else None


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
