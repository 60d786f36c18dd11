"""MaskPath: how the way between two masks is gone, as flags."""

import dataclasses
import functools

from lottery_ticket.foundations import integers, interpolation, names, seeds
from lottery_ticket.foundations.supermasks import learned_masks

SPLITS = ("train", "validate", "test")
NORM_STATISTICS = ("interpolated", "recomputed")


@dataclasses.dataclass(frozen=True)
class MaskPath:
    """The way from one mask to another, and what is evaluated on it.

    Args:
        points: Number of points of the way, both ends included.
        way: probabilistic makes each entry of the mask the second one's with a
            probability of alpha; linear makes it the mean
            (1 - alpha) * first + alpha * second, which multiplies the weight.
        draws: How often the probabilistic way is gone, each time with one draw
            that holds for all its points.
        round_masks: Whether the linear way's means are rounded to masks: all
            that differs then changes at alpha = .5, where a weight stays that
            both keep.
        norm_statistics: Of batch normalisations: interpolated between those
            that the two searches ended with; or recomputed, taken anew over
            training examples at every point, both ends included.
        splits: Which of train, validate and test to evaluate; None takes all
            that there are.
        draw_seed: Seed of the draws; None derives it from the first search's
            seed.
    """

    points: int = 101
    way: str = "probabilistic"
    draws: int = 1
    round_masks: bool = False
    norm_statistics: str = "interpolated"
    splits: tuple[str, ...] | None = None
    draw_seed: int | None = None

    def __post_init__(self):
        """Checks all.

        Raises:
            ValueError: If a name is unknown, a number out of its range, or a
                setting is given that the way leaves without effect.
        """
        interpolation.positions(self.points)
        names.check("way", self.way, learned_masks.WAYS)
        names.check("norm_statistics", self.norm_statistics, NORM_STATISTICS)
        for split in self.splits or ():
            names.check("split", split, SPLITS)
        if self.splits is not None:
            ordered = tuple(each for each in SPLITS if each in self.splits)
            object.__setattr__(self, "splits", ordered or None)
        integers.check("draws", self.draws, 1)
        if self.draw_seed is not None:
            integers.check("draw_seed", self.draw_seed, 0)
        self._check_effects()

    @property
    def alphas(self) -> list[float]:
        """Places on the way, from 0 to 1."""
        return interpolation.positions(self.points)

    def resolved(self, seed: int) -> "MaskPath":
        """Returns the same with its draw_seed filled in.

        Args:
            seed: Seed that it derives from.
        """
        if self.draw_seed is not None or self.way == "linear":
            return self
        drawn = seeds.derive(seed, "mask_connectivity")
        return dataclasses.replace(self, draw_seed=drawn)

    def settings(self) -> dict:
        """Returns all that the results depend on, as JSON values."""
        return dataclasses.asdict(self)

    def between(self, first: dict, second: dict) -> list:
        """Returns a function (alpha) -> masks for each draw.

        Args:
            first: Dict, layer name -> mask, at 0.
            second: The masks at 1.
        """
        if self.way == "linear":
            rounded = self.round_masks
            return [
                functools.partial(
                    learned_masks.mixed, first, second, is_rounded=rounded
                )
            ]
        return [
            functools.partial(
                learned_masks.sampled,
                first,
                second,
                seed=seeds.derive(self.draw_seed, "draw", draw),
            )
            for draw in range(self.draws)
        ]

    def _check_effects(self):
        is_linear = self.way == "linear"
        if self.round_masks and not is_linear:
            raise ValueError(
                "round_masks is for way=linear: masks of the probabilistic way "
                "hold 0s and 1s as they are"
            )
        for name, unused in {"draws": 1, "draw_seed": None}.items():
            value = getattr(self, name)
            if is_linear and value != unused:
                raise ValueError(
                    f"{name} is for way=probabilistic: the linear way draws "
                    f"nothing. Received: {name}={value}"
                )
