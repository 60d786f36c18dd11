"""Examples as a network takes them: an array, a stream, or several arrays."""

import dataclasses
import typing

import numpy as np

from lottery_ticket.foundations.values import nested


@dataclasses.dataclass(frozen=True)
class Spec:
    """What one array of examples is like, whatever their number."""

    shape: tuple[int, ...]  # Of one example.
    dtype: str

    def __str__(self) -> str:
        """Returns both in words."""
        return f"{self.dtype} of shape {self.shape}"


def is_streamed(x: object) -> bool:
    """Whether examples are read batch by batch, not held in an array."""
    return hasattr(x, "read")


def count(x: typing.Any) -> int:
    """Number of examples."""
    return len(nested.leaves(x)[0])


def specs(x: typing.Any) -> typing.Any:
    """Returns the Spec of an array or a stream, or of each of several.

    A stream of several inputs has them as its `specs`.
    """
    if hasattr(x, "specs"):
        return x.specs
    return nested.mapped(lambda a: Spec(tuple(a.shape[1:]), str(a.dtype)), x)


def shapes(x: typing.Any) -> typing.Any:
    """Returns the shape of one example, or of each of its inputs."""
    return nested.mapped(lambda spec: spec.shape, specs(x))


def is_one(shape: typing.Any) -> bool:
    """Whether a shape, as of `shapes`, is of one input and known."""
    is_tuple = isinstance(shape, tuple) and bool(shape)
    return is_tuple and all(isinstance(size, int) for size in shape)


def fits(wanted: typing.Any, shape: typing.Any) -> bool:
    """Whether a shape is as wanted, None being any size; of several, each."""
    if isinstance(wanted, dict) and isinstance(shape, dict):
        is_alike = wanted.keys() == shape.keys()
        return is_alike and all(fits(wanted[k], shape[k]) for k in wanted)
    if isinstance(wanted, tuple) and isinstance(shape, tuple):
        is_alike = len(wanted) == len(shape)
        return is_alike and all(map(fits, wanted, shape))
    return wanted in (None, shape)


def take(x: typing.Any, rows: typing.Any) -> typing.Any:
    """Returns some of the examples, by an array of rows or a slice."""
    return nested.mapped(lambda array: array[rows], x)


def checked(given: typing.Any, size: int) -> typing.Any:
    """Returns examples as they are kept: an array, or several in a structure.

    Lists of several inputs become tuples, as in `fit`. A list of rows is one
    array.

    Args:
        size: How many there should be. A list of other length, of arrays of
            this length each, is one of inputs; so is such a tuple of any.

    Raises:
        ValueError: If they are no arrays of finite real numbers, all of one
            length.
    """
    if is_streamed(given):
        return given
    x = _inputs(given, size)
    arrays = dict(nested.named(x))
    if not arrays:
        raise ValueError("Examples must have at least one input. Received: {}")
    for name, array in arrays.items():
        _check_finite(_what(name), array)
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{n} of {name!r}" for name, n in lengths.items())
        raise ValueError(
            f"All inputs must have as many examples. Received: {listed}"
        )
    return x


def arrays(value: typing.Any) -> typing.Any:
    """Returns arrays of what a library gives, in dicts and tuples as it lies.

    What is no array becomes one of the dtype object.
    """
    if isinstance(value, dict):
        return {str(name): arrays(each) for name, each in value.items()}
    if isinstance(value, tuple | list) and all(
        isinstance(each, dict) or hasattr(each, "shape") for each in value
    ):
        return tuple(map(arrays, value))
    try:
        return np.asarray(value)
    except Exception:  # Each library has its own.
        return np.asarray(None)


def array(what: str, given: typing.Any) -> np.ndarray:
    """Returns anything that numpy takes for one array, nothing of it hidden.

    Raises ValueError, with `what` in front, if it is none.
    """
    try:
        made = np.atleast_1d(np.asarray(given))
    except Exception as error:  # Each library has its own.
        raise ValueError(
            f"{what} must be one array, with rows of one shape. Received: "
            f"{type(given).__name__}"
        ) from error
    if np.ma.is_masked(given):
        raise ValueError(
            f"{what} must not be a masked array, whose masked entries would "
            "count. Use .filled(value)"
        )
    return made


def _inputs(given, size, name=""):
    """Arrays, in dicts and tuples where there are several inputs."""
    if isinstance(given, dict):
        parts = {str(key): part for key, part in given.items()}
        return {k: _inputs(parts[k], size, _below(name, k)) for k in parts}
    if _are_inputs(given, size):
        return tuple(
            _inputs(part, size, _below(name, str(place)))
            for place, part in enumerate(given)
        )
    return _numbers(_what(name), given)


def _are_inputs(given, size):
    """Whether a list or tuple is one of inputs, not of rows."""
    if not isinstance(given, list | tuple):
        return False
    if any(isinstance(part, dict) for part in given):
        return True
    may_be_rows = len(given) == size
    if may_be_rows and isinstance(given, list):
        return False
    try:
        lengths = {np.shape(part)[:1] for part in given}
    except ValueError:  # Of parts that are no arrays.
        return False
    are_arrays = all(hasattr(part, "shape") for part in given)
    return lengths == {(size,)} or (
        are_arrays and not may_be_rows and () not in lengths
    )


def _below(name, key):
    return f"{name}/{key}" if name else key


def _what(name):
    return f"Examples of input {name!r}" if name else "Examples"


def _numbers(what, given):
    x = array(what, given)
    if x.dtype.kind not in "biuf" or x.dtype.itemsize > 8:
        is_array = isinstance(given, np.ndarray) or x.dtype != object
        received = x.dtype if is_array else type(given).__name__
        raise ValueError(
            f"{what} must be real numbers of up to 64 bits, in a dense "
            f"array. Received: {received}"
        )
    return x


def _check_finite(what, x):
    highest = np.finfo(np.float32).max
    if x.dtype.kind != "f" or not x.size:
        return
    if not (-highest <= x.min() and x.max() <= highest):
        raise ValueError(
            f"{what} must not hold NaN or infinity, nor numbers that float32 "
            "cannot hold"
        )
