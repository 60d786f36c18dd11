"""Pixel arrays: checked, of a type that devices take, and measured."""

import math

import numpy as np

from lottery_ticket.foundations.values import dataset_split

# Of streamed images, that many give mean and standard deviation.
SAMPLE = 1000
CHUNK = 1000
# Below, 6 digits after the point would be wrong by more than half a percent.
SMALL = 1e-4


def plain(x):
    """Returns images as uint8 where their values allow it, else float32.

    Integers beyond 255 become int32, where they fit. Values stay the same but
    for the rounding of 64-bit floats. Streamed ones are as they are.
    """
    if dataset_split.is_streamed(x) or x.dtype == np.uint8:
        return x
    if x.dtype.kind == "f":
        return x.astype(np.float32)
    low, high = int(x.min()), int(x.max())
    for dtype in (np.uint8, np.int32):
        limits = np.iinfo(dtype)
        if limits.min <= low and high <= limits.max:
            return x.astype(dtype)
    return x.astype(np.float32)


def check(x, max_value: float, is_scaled: bool) -> None:
    """Raises ValueError unless images are finite and in a pixel's range.

    Streamed ones are not looked at. Unless they are to be scaled by max_value,
    the largest a pixel can have, only infinite ones and NaN are an error.
    """
    if dataset_split.is_streamed(x):
        return
    low, high = x.min(), x.max()  # NaN, if there is one.
    if not np.isfinite([low, high]).all():
        raise ValueError("Images must not hold NaN or infinite values")
    if is_scaled and (low < 0 or high > max_value):
        raise ValueError(
            f"Pixels must be in [0, {max_value}] for this normalization. "
            f"Received: values from {low} to {high}"
        )


def mean_and_std(x, max_value: float):
    """Returns mean and standard deviation of each channel, as two tuples.

    Of pixels in [0, 1], that is divided by max_value, rounded to 6 digits after
    the point; of floats whose deviation is below SMALL, to 6 digits of that. A
    channel of one value has the deviation 1. Of streamed images, 1,000 evenly
    spread ones count.
    """
    if dataset_split.is_streamed(x):
        x = x[:: -(-len(x) // SAMPLE)].decode_all()
    totals = np.zeros((2, x.shape[-1]))
    for start in range(0, len(x), CHUNK):
        part = x[start : start + CHUNK].astype(np.float64) / max_value
        axes = tuple(range(x.ndim - 1))
        totals += part.sum(axes), np.square(part).sum(axes)
    mean, square = totals / np.prod(x.shape[:-1])
    std = np.sqrt(np.maximum(square - mean**2, 0))
    small = np.flatnonzero(std < SMALL) if x.dtype.kind == "f" else ()
    std[std < 1e-6] = 1
    means, deviations = (each.round(6).tolist() for each in (mean, std))
    for channel in small:
        part = x[..., channel].astype(np.float64) / max_value
        if part.std() > np.finfo(np.float32).tiny and np.ptp(part):
            means[channel], deviations[channel] = _finely(part)
    return tuple(means), tuple(deviations)


def _finely(x):
    """Mean and standard deviation to 6 digits of the latter."""
    mean, std = float(x.mean()), float(x.std())
    digits = 5 - math.floor(math.log10(std))
    return round(mean, digits), round(std, digits)
