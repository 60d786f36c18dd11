"""The straight line between two networks, and the barrier on it."""

import numpy as np

from lottery_ticket.foundations.values import fields
from lottery_ticket.foundations.values import headline as headline_lib

Network = dict[str, np.ndarray]
# Source: Frankle et al. 2020, https://arxiv.org/abs/1912.05671, sec. 2.
STABLE_BELOW = 0.02  # A lower barrier, in error, counts as none.


def positions(points: int) -> list[float]:
    """Returns evenly spaced places on a line, from 0 to 1, both included.

    Raises ValueError if there are less than 2 points.
    """
    fields.check("points of a line", points, int, at_least=2)
    return [index / (points - 1) for index in range(points)]


def between(
    first: Network, second: Network, alpha: float, names: set[str]
) -> Network:
    """Returns (1 - alpha) * first + alpha * second, computed in float64.

    At 0 and 1 it is the first and the second network themselves. `names` are
    the entries that are interpolated; between the ends, the others are as in
    `first`.
    """
    if alpha in (0, 1):
        return dict(second if alpha else first)
    return {
        name: _mixed(array, second[name], alpha) if name in names else array
        for name, array in first.items()
    }


def mean(networks: list[Network], names: set[str]) -> Network:
    """Returns the mean of one or more networks, computed in float64.

    `names` are the entries that it is taken of; the others are as in the first.
    """
    return {
        name: _mean([each[name] for each in networks])
        if name in names
        else array
        for name, array in networks[0].items()
    }


def barrier(errors: list[float]) -> float:
    """Returns the highest error on a line minus the mean of its two ends.

    Never negative, as the errors are those at all points, ends included.

    Source: Frankle et al. 2020 (https://arxiv.org/abs/1912.05671), sec. 2.
    """
    return float(max(errors) - (errors[0] + errors[-1]) / 2)


def is_stable(
    barriers: dict[str, float],
    errors: dict[str, list[float]],
    headline: headline_lib.Headline = headline_lib.ACCURACY,
) -> bool:
    """Returns whether barriers on the training and test set count as none.

    They do below STABLE_BELOW: 2 points of accuracy. Of another metric, whose
    unit says nothing, 2 % of the mean value that the two ends have.

    Args:
        barriers: Dict, name of a split -> its barrier.
        errors: Dict, name of a split -> error at all points.
        headline: The metric whose errors they are.
    """
    return all(
        barriers[name] < STABLE_BELOW * _unit(errors[name], headline)
        for name in ("train", "test")
    )


def _unit(errors, headline):
    """What a barrier is measured by."""
    if headline.is_percent:
        return 1.0
    # An error is 1 - value where higher is better, and so the other way.
    return abs(sum(headline.error(errors[end]) for end in (0, -1)) / 2)


def _mean(arrays):
    total = sum(map(np.float64, arrays[1:]), np.float64(arrays[0]))
    return (total / len(arrays)).astype(arrays[0].dtype)


def _mixed(first, second, alpha):
    start, end = np.float64(first), np.float64(second)
    return ((1 - alpha) * start + alpha * end).astype(first.dtype)
