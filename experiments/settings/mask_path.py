"""MaskPath: how the way between two masks is gone, as flags."""

import functools

from lottery_ticket.experiments.settings import recipes
from lottery_ticket.foundations.learned_masks import learned_masks
from lottery_ticket.foundations.values import (
    entries,
    fields,
    interpolation,
    seeds,
)

SPLITS = ("train", "validate", "test")
NORM_STATISTICS = ("interpolated", "recomputed")


@fields.settings
class MaskPath:
    """The way from one mask to another, and what is evaluated on it."""

    points: int = fields.field(
        101, "Number of points of the way, both ends included.", at_least=2
    )
    way: str = fields.field(
        "probabilistic",
        "How masks change: each entry is the second mask's with a probability "
        "of alpha (probabilistic), or (1 - alpha) * first + alpha * second "
        "(linear).",
        choices=learned_masks.WAYS,
        source=entries.SREENIVASAN,
    )
    draws: int = fields.field(
        1,
        "How often the probabilistic way is gone, each time with one draw for "
        "all its points.",
        at_least=1,
        used_with={"way": ("probabilistic",)},
    )
    round_masks: bool = fields.field(
        False,
        "Whether the linear way's means are rounded to masks: all that differs "
        "then changes at alpha = .5, where a weight stays that both keep.",
        used_with={"way": ("linear",)},
    )
    norm_statistics: str = fields.field(
        "interpolated",
        "Statistics of batch normalisations, interpolated between those that "
        "the two searches ended with, or recomputed over training examples at "
        "every point, ends included.",
        choices=NORM_STATISTICS,
    )
    splits: tuple[str, ...] | None = fields.left_open(
        "Which of train, validate and test to evaluate; None takes all that "
        "there are.",
        choices=SPLITS,
    )
    draw_seed: recipes.Filled[int] = fields.left_open(
        "Seed of the draws; None derives it from the first search's seed.",
        at_least=0,
        used_with={"way": ("probabilistic",)},
    )

    def __attrs_post_init__(self):
        """Puts splits in order; raises if a setting has no effect."""
        given = self.splits or ()
        ordered = tuple(each for each in SPLITS if each in given)
        fields.put(self, splits=ordered or None)
        fields.check_uses(self)

    @property
    def alphas(self) -> list[float]:
        """Places on the way, from 0 to 1."""
        return interpolation.positions(self.points)

    def resolved(self, seed: int) -> "MaskPath":
        """Returns the same, its draw_seed derived from a seed."""
        if self.way == "linear":
            return self
        drawn = seeds.derive(seed, "mask_connectivity")
        return fields.filled(self, {"draw_seed": drawn})

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
