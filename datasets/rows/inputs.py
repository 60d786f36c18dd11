"""What is done to inputs that are no images: numbers of a kind, normalised."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from lottery_ticket.datasets.images import pixels, preparation
from lottery_ticket.foundations.values import nested

NUMBERS = "biuf"  # Kinds of dtypes.


@dataclasses.dataclass(frozen=True)
class Each:
    """What is done to inputs by their names, and the others as they are."""

    functions: tuple[tuple[str, Callable], ...]

    def __call__(self, x: Any) -> Any:
        """Returns inputs in the same structure."""
        functions = dict(self.functions)
        order = iter([name for name, _ in nested.named(x)])

        def prepare(array):
            function = functions.get(next(order))
            return function(array) if function else array

        return nested.mapped(prepare, x)


def plain(x):
    """Returns numbers as devices take them: float32, int32 or uint8.

    What are none is as it is; DatasetBase refuses it.
    """
    if x.dtype == np.uint8 or x.dtype.kind not in NUMBERS:
        return x
    limits = np.iinfo(np.int32)
    is_index = x.dtype.kind in "iu" and x.size
    if is_index and limits.min <= x.min() and x.max() <= limits.max:
        return x.astype(np.int32)
    return x.astype(np.float32)


def preparation_of(normalization: str, x: Any) -> Callable | None:
    """Returns what is done to a batch, for DatasetBase; None for nothing.

    Args:
        normalization: "scale" divides uint8 arrays of two and more axes by 255
            and leaves all else as it is; "standardize" gives those, and numbers
            that are no integers, mean 0 and deviation 1, by their last axis;
            "l2" divides each example by its Euclidean norm; "none" changes
            nothing. Other integers, which may be indices, are never changed.
        x: Training examples, of one input or several.
    """
    found = {
        name: _of_array(normalization, array) for name, array in nested.named(x)
    }
    if not nested.is_several(x):
        return found[""]
    functions = tuple((n, each) for n, each in found.items() if each)
    return Each(functions) if functions else None


def _of_array(normalization, x):
    if x.dtype.kind not in NUMBERS:
        return None
    are_pixels = x.dtype == np.uint8 and x.ndim > 2
    if normalization == "none" or x.dtype.kind in "iu" and not are_pixels:
        return None
    if normalization == "scale":
        return preparation.Scale(255) if are_pixels else None
    if normalization == "l2":
        return preparation.L2()
    columns = x[:, None] if x.ndim == 1 else x
    mean, std = pixels.mean_and_std(columns, 1)
    return preparation.Standardize(mean, std, 1)
