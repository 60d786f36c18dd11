"""Labels and weights of examples, as users give them and as they are kept."""

import logging
import typing
from collections.abc import Mapping

import numpy as np

from lottery_ticket.foundations.values import examples, nested

_log = logging.getLogger(__name__)
# Labels are int32.
MAX_CLASSES = 2**31


def arrays(given: typing.Any, has_several: bool = False) -> typing.Any:
    """Returns labels as arrays; of several outputs, a dict or tuple of them.

    Args:
        given: Anything that numpy takes, or a dict or list of such.
        has_several: Whether there may be several outputs.

    Raises:
        ValueError: If they are no arrays, or several where one is wanted.
    """
    if isinstance(given, dict) and has_several:
        return {name: arrays(each, True) for name, each in given.items()}
    if isinstance(given, dict):
        raise ValueError(
            "Labels must be one array: only a network that is compiled with "
            f"a loss has several outputs. Received: dict of {len(given)}"
        )
    if has_several and _is_several(given):
        return tuple(arrays(each, True) for each in given)
    return examples.array("Labels", given)


def classes(y: np.ndarray) -> np.ndarray:
    """Returns class indices, int32, shape (n,), of these or of one-hot ones.

    Booleans are 0 and 1.
    """
    if y.ndim == 2 and y.shape[1] == 1:  # As keras.datasets has CIFAR's.
        y = y[:, 0]
    if y.ndim == 2 and _is_one_hot(y):
        y = _indices(y)
    is_indices = y.ndim == 1 and y.dtype.kind in "biu"
    if not is_indices or y.min() < 0 or y.max() >= MAX_CLASSES:
        raise ValueError(
            "Labels must be integers from 0, shape (n,), or one-hot, shape "
            f"(n, classes). Received: {y.dtype} of shape {y.shape}"
            + (f" from {y.min()} to {y.max()}" if is_indices else "")
            + ". What are no classes is for another task, such as "
            "task=regression"
        )
    return y.astype(np.int32)


def are_classes(y: typing.Any) -> bool:
    """Whether labels can be those of classification."""
    try:
        classes(arrays(y))
    except ValueError:
        return False
    return True


def class_maps(y: np.ndarray) -> np.ndarray:
    """Returns a class index for each place of each example, int32.

    They are given so, in one channel, or one-hot in the last axis.
    """
    if y.ndim > 2 and y.shape[-1] == 1:
        y = y[..., 0]
    elif y.ndim > 2 and _is_one_hot(y):
        y = _indices(y)
    is_indices = y.ndim > 1 and np.issubdtype(y.dtype, np.integer)
    if not is_indices or y.min() < 0 or y.max() >= MAX_CLASSES:
        raise ValueError(
            "Labels of segmentation must be integers from 0, one for each "
            "place, shape (n, height, width), or one-hot, shape (n, height, "
            f"width, classes). Received: {_what(y)}"
        )
    return y.astype(np.int32)


def yes_or_no(y: np.ndarray) -> np.ndarray:
    """Returns labels 0 or 1 as float32, shape (n, 1)."""
    y = y[:, None] if y.ndim == 1 else y
    if y.ndim != 2 or y.shape[1] != 1 or not _is_binary(y):
        raise ValueError(
            "Labels of a binary task must be 0 or 1, shape (n,) or (n, 1). "
            f"Received: {_what(y)}"
        )
    return y.astype(np.float32)


def several(y: np.ndarray) -> np.ndarray:
    """Returns several labels 0 or 1 of each example as float32, (n, labels)."""
    if y.ndim != 2 or not _is_binary(y):
        raise ValueError(
            "Labels of a multi_label task must be 0 or 1, shape (n, labels). "
            f"Received: {_what(y)}"
        )
    return y.astype(np.float32)


def targets(y: np.ndarray) -> np.ndarray:
    """Returns numbers as float32; one for each example has shape (n, 1)."""
    return _numbers(y[:, None] if y.ndim == 1 else y).astype(np.float32)


def any_kind(y: typing.Any) -> typing.Any:
    """Returns labels of one output or more, as a loss of the user's takes them.

    Real numbers are float32, whole ones int32.
    """
    return nested.mapped(_kept, y)


def weights(given: typing.Any, y: typing.Any) -> typing.Any:
    """Returns weights of examples as float32, or of places in each.

    Args:
        given: An array of the labels' leading shape: (n,), or up to the shape
            of y; of several outputs, such arrays as the labels lie, or one
            for all.
        y: Labels as they are kept.

    Returns:
        Arrays with as many axes as losses have, such as (n, 1, 1) of maps.

    Raises:
        ValueError: If they have another shape, or are no numbers of 0 or more.
    """
    if isinstance(y, dict) and isinstance(given, dict):
        return {name: weights(given.get(name), y[name]) for name in y}
    if isinstance(y, tuple) and _is_several(given) and len(given) == len(y):
        return tuple(
            weights(each, part) for each, part in zip(given, y, strict=True)
        )
    found = examples.array("Weights of examples", given)
    shapes = {part.shape[: found.ndim] for part in nested.leaves(y)}
    is_number = found.dtype.kind in "biuf"
    if shapes != {found.shape} or not is_number:
        raise ValueError(
            "Weights of examples must be numbers of the labels' leading shape, "
            f"{sorted(part.shape for part in nested.leaves(y))}. Received: "
            f"{found.dtype} of shape {found.shape}"
        )
    if not np.isfinite(found).all() or found.min() < 0:
        raise ValueError(
            f"Weights of examples must be 0 or more. Received: {_what(found)}"
        )
    if found.shape[1:] == (1,):
        found = found[:, 0]
    ranks = {_rank_of_loss(part) for part in nested.leaves(y)}
    if len(ranks) == 1:
        return _at_rank(found, ranks.pop())
    return nested.mapped(lambda part: _at_rank(found, _rank_of_loss(part)), y)


def weighed(
    y: typing.Any, given: Mapping[int, float], before: np.ndarray | None = None
) -> np.ndarray:
    """Returns weights of labels by their classes, times those they have.

    As `class_weight` of Keras's `fit`. A class that is not named has weight 1.

    Args:
        y: Labels as they are kept: class indices, one-hot as floats, or 0
            and 1.
        given: Dict, class -> weight, 0 or more.
        before: Their weights so far, float32, shape (n, ...).

    Raises:
        ValueError: If it is no dict, labels are not of classes, a class is not
            an index, or a weight not a number.
    """
    if not isinstance(given, Mapping):
        raise ValueError(
            f"class_weight must be a dict, class -> weight. Received: {given!r}"
        )
    indices = _classes_of(y)
    there = set(np.unique(indices).tolist())
    found = np.ones(indices.shape, np.float32)
    for index, weight in given.items():
        is_index = isinstance(index, int | np.integer) and index >= 0
        is_number = isinstance(weight, int | float | np.number)
        if not is_index or not is_number or not 0 <= weight < np.inf:
            raise ValueError(
                "class_weight must map indices of classes to weights, 0 or "
                f"more. Received: {index!r}: {weight!r}"
            )
        if index not in there:
            _log.warning("class_weight: no training label is %r", index)
        found[indices == index] = weight
    if before is None:
        return found
    return found * _at_rank(before, found.ndim)


def _classes_of(y):
    """The class of each label, of shape (n, ...)."""
    if isinstance(y, np.ndarray):
        if y.shape[1:] == (1,):
            y = y[:, 0]
        elif y.dtype.kind == "f" and y.ndim == 2 and _is_one_hot(y):
            return y.argmax(axis=1)
        if y.dtype.kind == "i" or y.ndim == 1 and _is_binary(y):
            return y
    raise ValueError(
        "class_weight is for labels that are classes, of one output. Give "
        "weights of examples instead: (x, y, weights)"
    )


def _rank_of_loss(y):
    """Axes of losses before their mean; of indices, one for each place."""
    return y.ndim if y.dtype.kind == "i" else max(1, y.ndim - 1)


def _at_rank(found, rank):
    """Weights with as many axes as losses: (n,) would be of their last one."""
    missing = max(0, rank - found.ndim)
    return found.reshape(*found.shape, *[1] * missing).astype(np.float32)


def _is_several(given):
    """Whether it is a list or tuple of arrays, not rows of one."""
    is_list = isinstance(given, list | tuple) and len(given) > 0
    return is_list and all(
        isinstance(each, dict) or hasattr(each, "shape") and np.ndim(each)
        for each in given
    )


def _is_binary(y):
    return y.dtype.kind in "biuf" and bool(np.isin(y, (0, 1)).all())


def _is_one_hot(y):
    return _is_binary(y) and bool((y.sum(axis=-1) == 1).all())


def _indices(y):
    """Of one-hot labels; classes behind the highest are named."""
    number, y = y.shape[-1], y.argmax(axis=-1)
    if y.max() + 1 < number:
        _log.warning(
            "No one-hot label is %s, of classes from 0 to %d",
            ", ".join(str(each) for each in range(y.max() + 1, number)),
            number - 1,
        )
    return y


def _kept(y):
    is_whole = _numbers(y).dtype.kind in "biu"
    if is_whole and np.abs(y.astype(float)).max(initial=0) >= MAX_CLASSES:
        raise ValueError(
            f"Labels that are integers must be int32. Received: {_what(y)}"
        )
    return y.astype(np.int32 if is_whole else np.float32)


def _numbers(y):
    if y.dtype.kind not in "biuf":
        raise ValueError(f"Targets must be real numbers. Received: {_what(y)}")
    if not np.abs(y.astype(float)).max(initial=0) <= np.finfo(np.float32).max:
        raise ValueError(
            "Targets must not hold NaN or infinity, nor numbers that float32 "
            f"cannot hold. Received: {_what(y)}"
        )
    return y


def _what(y):
    """An array in words: its type, its shape and between what it lies."""
    told = f"{y.dtype} of shape {y.shape}"
    is_told = y.size and y.dtype.kind in "biuf"
    return f"{told} from {y.min()} to {y.max()}" if is_told else told
