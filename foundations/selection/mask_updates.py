"""Masks that change in training: when, how many weights move, and which."""

import dataclasses
import math
import typing

import numpy as np

from lottery_ticket.foundations.selection import pruning
from lottery_ticket.foundations.values import entries, fields

NOISE = 1e-5  # Standard deviation of what is added to magnitudes.
FRACTION, INTERVAL, END = 0.3, "100it", 0.75  # Evci et al. 2020.
_SPARSE = "Evci et al. 2020 (https://arxiv.org/abs/1911.11134)"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Method(entries.Entry):
    """A function (gradient, uniform) -> scores; the highest are grown.

    Both are arrays of a kernel's shape: the dense gradient of a batch's loss,
    None where it is not needed, and numbers drawn from [0, 1).
    """

    needs_gradients: bool = False  # Of a batch, in place of the step on it.


METHODS = {
    "rigl": Method(
        lambda gradient, uniform: np.abs(gradient),
        "RigL",
        "grows the largest |gradient| of a batch, in place of the step on it",
        _SPARSE,
        needs_gradients=True,
    ),
    "set": Method(
        lambda gradient, uniform: uniform,
        "SET",
        "grows weights at random, after a step",
        "Mocanu et al. 2018 (https://arxiv.org/abs/1707.04780), with the "
        "schedule and the drops of Evci et al. 2020 "
        "(https://arxiv.org/abs/1911.11134)",
    ),
}


@dataclasses.dataclass(frozen=True)
class Schedule:
    """When masks change, and how large a part of the kept weights moves.

    That part falls from `fraction` to 0 as half a cosine, which ends at `end`.

    Source: Evci et al. 2020 (https://arxiv.org/abs/1911.11134), section 3.

    Args:
        fraction: Share of a layer's kept weights that would move at iteration
            0, in (0, 1].
        interval: Iterations between two updates, of which the first is after
            that many.
        end: Iteration from which on there is no update; need not be whole.
    """

    fraction: float
    interval: int
    end: float

    def __post_init__(self):
        """Checks the numbers."""
        fields.check("fraction", self.fraction, float, above=0, at_most=1)
        fields.check("interval", self.interval, int, at_least=1)
        fields.check("end", self.end, float, above=0)

    def at(self, iteration: int) -> float:
        """Returns the share of kept weights that moves at an iteration."""
        return (
            self.fraction / 2 * (1 + math.cos(math.pi * iteration / self.end))
        )

    def count(self, iteration: int, kept: int) -> int:
        """Returns how many of so many kept weights move: the whole ones.

        What the cosine lacks by rounding, such as 27 - 4e-15, counts.
        """
        return int(round(self.at(iteration) * kept, 6))

    def iterations(self, start: int, end: int) -> tuple[int, ...]:
        """Returns the iterations of updates, after a start and before an end.

        All of them are counted from the beginning of the whole training.
        """
        last = min(end, math.ceil(self.end))
        first = start - start % self.interval + self.interval
        return tuple(range(first, last, self.interval))


class Update(typing.NamedTuple):
    """What becomes of a layer's mask.

    Args:
        kept: Boolean array, true where weights are kept from now on.
        stays: The same, where they were kept before, too: those keep value and
            slots; all others of `kept` start from 0.
        dropped: How many of the kept weights were dropped.
        grown: How many were grown that had not been kept.
        grown_back: How many were grown that had just been dropped.
    """

    kept: np.ndarray
    stays: np.ndarray
    dropped: int
    grown: int
    grown_back: int

    @property
    def counts(self) -> dict[str, int]:
        """The three counts by name, as JSON values."""
        names = "dropped", "grown", "grown_back"
        return {name: getattr(self, name) for name in names}


def update(
    mask: np.ndarray,
    count: int,
    drop_scores: np.ndarray,
    grow_scores: np.ndarray,
) -> Update:
    """Returns a mask of which some weights were dropped, and as many grown.

    First the `count` kept ones of the lowest `drop_scores` go; then, among all
    that are not kept now, as many of the highest `grow_scores` come. Of ties,
    the earlier (C order) goes, or comes, first.

    Source: Evci et al. 2020 (https://arxiv.org/abs/1911.11134), algorithm 1.

    Args:
        mask: Boolean array, true where a weight is kept.
        count: How many move; at most as many as are kept.
        drop_scores: Of the mask's shape.
        grow_scores: Likewise.
    """
    dropped = _lowest(count, mask, drop_scores)
    left = mask & ~dropped
    grown = _lowest(count, ~left, -grow_scores)
    kept = left | grown
    back = int(np.count_nonzero(grown & dropped))
    return Update(kept, kept & mask, count, count - back, back)


def _lowest(count, among, scores):
    """Where the lowest scores are, among some weights; of ties the earlier."""
    size = int(np.count_nonzero(among))
    left = pruning.cut(size - count, {"": among}, {"": scores})[""]
    return among & ~left
