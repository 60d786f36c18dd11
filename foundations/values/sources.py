"""Batches, as Keras's `fit` takes them, read once into arrays."""

import collections.abc
import inspect
import itertools
import logging
import typing

import numpy as np

from lottery_ticket.foundations.values import batch_stream, examples, nested

LIMIT_BYTES = 2 * 10**9  # As of image folders.
# Class -> what it is.
_KINDS = {
    "DatasetV2": "a tf.data.Dataset",
    "PyDataset": "a keras PyDataset",
    "Sequence": "a keras Sequence",
    "DataLoader": "a DataLoader of PyTorch",
}
_LIBRARIES = ("tensorflow", "keras", "tf_keras", "torch")
_WAYS_OUT = (
    "Pass arrays (a np.memmap does), or a keras.utils.PyDataset, which is read "
    "batch by batch; of an endless one a part, by .take(n) or itertools.islice"
)
_log = logging.getLogger(__name__)


def kind(value: object) -> str | None:
    """Returns what gives batches of one set, in words; None for all else."""
    for base in type(value).__mro__:
        if base.__module__.split(".")[0] in _LIBRARIES:
            if base.__name__ in _KINDS:
                return _KINDS[base.__name__]
    if inspect.isgeneratorfunction(value):
        return "a generator function"
    is_iterator = isinstance(value, collections.abc.Iterator)
    return "an iterator" if is_iterator else None


def collected(given: typing.Any, limit_bytes: int = LIMIT_BYTES) -> typing.Any:
    """Returns (x, y) or (x, y, weights) of batches; all else as it is.

    They are read once, so that each epoch has an order of its own and what was
    stopped goes on to the same bytes, as for arrays. A PyDataset that does not
    fit into memory is streamed; see `batch_stream`. If a second pass would give
    other batches, a warning says so.

    Args:
        limit_bytes: Of all arrays, in memory.

    Raises:
        ValueError: If they are no batches (x, y) or (x, y, weights), all alike,
            or are too many.
    """
    what = kind(given)
    if what is None:
        return given
    read = _reader(given, what)
    first = next(read(), None)
    if first is None:
        raise ValueError(f"{what} has no batch (an iterator is read but once)")
    if "iterator" in what:
        batches = itertools.chain([first], read())
    else:
        _warn_of_another_pass(what, first, next(read()))
        batches = read()
    if "keras" in what and _length(given) * _size(first) > limit_bytes:
        return batch_stream.streamed(given, batches)
    return _joined(what, batches, limit_bytes)


def said(given: typing.Any, x: typing.Any) -> str:
    """Returns a line on how batches were taken, x being what they became."""
    if examples.is_streamed(x):
        how = (
            "streamed: batches come in an order of each epoch's own, as in fit"
        )
    else:
        size = _size((x,)) / 1e6
        how = f"read once into memory ({size:.0f} MB): shuffled anew each epoch"
    return f"{kind(given)} of {examples.count(x):,} examples is {how}"


def _reader(given, what):
    """Function () -> iterator over all batches, checked."""
    items: typing.Any = lambda: iter(given)  # noqa: E731
    if what == "a generator function":
        items = given
    elif "keras" in what:
        count = _length(given)
        if not count:
            raise ValueError(f"{what} must have a __len__. {_WAYS_OUT}")
        items = lambda: (given[place] for place in range(count))  # noqa: E731
    elif hasattr(given, "as_numpy_iterator"):
        if int(given.cardinality()) == -1:
            raise ValueError(f"{what} must end. {_WAYS_OUT}")
        items = given.as_numpy_iterator
    return lambda: (_batch(what, item) for item in items())


def _length(given):
    """How many batches a PyDataset has; 0 if it does not say."""
    try:
        return given.num_batches or 0
    except NotImplementedError:
        return 0


def _batch(what, item):
    """One batch, (x, y) or (x, y, weights), of arrays of one length."""
    is_batch = isinstance(item, tuple | list) and len(item) in (2, 3)
    batch = tuple(map(examples.arrays, item)) if is_batch else ()
    found = nested.leaves(batch)
    if not found or any(each.dtype.kind not in "biuf" for each in found):
        raise ValueError(
            f"{what} must give batches (x, y) or (x, y, sample_weight), dense "
            f"arrays of numbers. Received: {_named(item)}"
        )
    if len({each.shape[:1] for each in found}) > 1 or not found[-1].ndim:
        shapes = ", ".join(str(each.shape) for each in found)
        raise ValueError(
            f"{what} must give batches whose arrays have one length (.batch(n) "
            f"makes some of single examples). Received: shapes {shapes}"
        )
    return batch


def _joined(what, batches, limit_bytes):
    """All batches as one; what a reader gives may have no end."""
    found, total = [], 0
    for batch in batches:
        total += _size(batch)
        if total > limit_bytes:
            raise ValueError(
                f"{what} holds more than {limit_bytes / 1e9:g} GB, too much to "
                f"be read into memory once. {_WAYS_OUT}"
            )
        found.append(batch)
    try:
        return nested.mapped(lambda *each: np.concatenate(each), *found)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{what} must give batches that are alike but for their length. "
            f"Received: {error}"
        ) from error


def _warn_of_another_pass(what, first, second):
    pairs = zip(nested.named(first), nested.named(second), strict=False)
    if all(np.array_equal(a, b, equal_nan=True) for (_, a), (_, b) in pairs):
        return
    _log.warning(
        "%s gives other batches at a second pass: results cannot be made again,"
        " and what is stopped does not go on, as that is another dataset. "
        "Shuffle by a seed with reshuffle_each_iteration=False; augment by "
        "DatasetBase(augment=...)",
        what,
    )


def _size(batch):
    return sum(each.nbytes for each in nested.leaves(batch))


def _named(item):
    if isinstance(item, tuple | list):
        return f"({', '.join(type(each).__name__ for each in item)})"
    return type(item).__name__
