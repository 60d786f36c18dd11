"""How dense a network is to be while it trains: constant, or falling."""

import dataclasses

from lottery_ticket.foundations.selection import layer_shares
from lottery_ticket.foundations.values import fields


@dataclasses.dataclass(frozen=True)
class DensitySchedule:
    """Densities at iterations of training, from `begin` to `end`.

    A point is an iteration after which weights are pruned: `begin`, each
    `every` iterations from there, and `end`, whatever lies between them. With t
    as a point, the density is
    final + (initial - final) (1 - (t - begin) / (end - begin))^power.

    Source: Zhu & Gupta 2017 (https://arxiv.org/abs/1710.01878), equation 1,
    where sparsities, 1 - density, are said; power is 3 there.
    Differs: the last point is `end` even where `every` does not divide the way.

    Args:
        initial: Density at `begin`, in [0, 1].
        final: Density at `end` and after it, at most `initial`.
        begin: First point; 0 is before the first iteration.
        end: Last point, not before `begin`.
        every: Iterations between two points.
        power: How much steeper it falls at first; 1 is linear.
    """

    initial: float
    final: float
    begin: int
    end: int
    every: int = 100
    power: float = 3.0

    def __post_init__(self):
        """Checks the numbers."""
        layer_shares.check("initial density", self.initial)
        layer_shares.check("final density", self.final)
        fields.check("begin", self.begin, int, at_least=0)
        fields.check("end", self.end, int, at_least=self.begin)
        fields.check("every", self.every, int, at_least=1)
        fields.check("power", float(self.power), float, above=0)
        if self.final > self.initial:
            raise ValueError(
                "What is pruned stays pruned: expected a final density up to "
                f"the initial one, {self.initial}. Received: {self.final}"
            )

    def point(self, iteration: int) -> int | None:
        """Returns the latest point up to an iteration; None before `begin`."""
        if iteration < self.begin:
            return None
        past = (iteration - self.begin) // self.every * self.every
        return self.end if iteration >= self.end else self.begin + past

    def next_point(self, iteration: int) -> int | None:
        """Returns the first point after an iteration; None from `end` on."""
        if iteration >= self.end:
            return None
        past = self.point(iteration)
        return self.begin if past is None else min(past + self.every, self.end)

    def density(self, point: int) -> float:
        """Returns the density that is kept after the pruning at a point."""
        if point >= self.end:
            return self.final
        left = 1 - (point - self.begin) / (self.end - self.begin)
        return self.final + (self.initial - self.final) * left**self.power


def constant(density: float, begin: int = 0) -> DensitySchedule:
    """Returns a schedule that prunes once, after iteration `begin`."""
    return DensitySchedule(density, density, begin, begin)


def polynomial_decay(
    final: float,
    begin: int,
    end: int,
    *,
    initial: float = 1.0,
    every: int = 100,
    power: float = 3.0,
) -> DensitySchedule:
    """Returns a schedule that falls; see DensitySchedule."""
    return DensitySchedule(initial, final, begin, end, every, power)
