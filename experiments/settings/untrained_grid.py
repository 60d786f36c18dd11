"""The grid of networks that are masked and never trained."""

import attrs

from lottery_ticket.experiments.settings import level_rules, recipes, scoring
from lottery_ticket.foundations.criteria import criteria as criteria_lib
from lottery_ticket.foundations.selection import granularity as granularity_lib
from lottery_ticket.foundations.values import fields, seeds

# Those of Zhou et al. 2019 that prune to any density, in the order of its code.
CRITERIA = (
    *("large_final", "small_final", "random", "large_init", "small_init"),
    *("large_init_large_final", "small_init_small_final"),
    *("magnitude_increase", "movement", "snip", "grad"),
    *("large_final_diff_sign", "large_final_same_sign"),
    *("magnitude_increase_diff_sign", "magnitude_increase_same_sign"),
)


@fields.settings
class Grid:
    """Criteria, densities and weights of networks that are never trained."""

    criteria: recipes.Filled[tuple[str, ...]] = fields.left_open(
        "What scores weights, such as large_final,random; all is every "
        "criterion there is, None the 15 of Zhou et al. that prune to any "
        "density; with a granularity, of both those that it can be had by.",
        choices=("all", *criteria_lib.CRITERIA),
    )
    iterations: int = fields.field(
        24,
        "Levels 0 (all weights) to this one; each prunes the dense network "
        "once, as far as so many prunings by fractions would. With a "
        "granularity of n:m there is one.",
        at_least=1,
    )
    mask_1_actions: tuple[str, ...] = fields.like(
        level_rules.LevelRules,
        "mask_1_action",
        default=("rewind", "signed_constant"),
        help="What kept weights are; rewind is as they were drawn.",
    )
    mask_0_action: str = fields.like(
        level_rules.LevelRules, "mask_0_action", help="What pruned weights are."
    )
    signed_constant: float | None = fields.like(
        level_rules.LevelRules, "signed_constant", used_with={}
    )
    rounding: str = fields.like(level_rules.LevelRules, "rounding")
    score_examples: int = fields.like(scoring.Scoring, "score_examples")
    granularity: str = fields.like(scoring.Scoring, "granularity")
    score_pooling: str | None = fields.like(scoring.Scoring, "score_pooling")
    draw_seed: recipes.Filled[int] = fields.left_open(
        "Seed of all that is random; None derives it from the run's init_seed.",
        at_least=0,
    )

    def __attrs_post_init__(self):
        """Fills in the criteria; raises unless settings go together."""
        fields.put(self, **self._filled_in())
        constants = level_rules.OF_CONSTANTS
        is_used = not set(constants).isdisjoint(self.mask_1_actions)
        if self.signed_constant is not None and not is_used:
            raise ValueError(
                f"signed_constant is for {', '.join(constants)}. Received: "
                f"mask_1_actions={', '.join(self.mask_1_actions)}"
            )
        for name in ("criteria", "mask_1_actions"):
            values = getattr(self, name)
            is_once = len(set(values)) == len(values)
            if not values or not is_once or "all" in values:
                raise ValueError(
                    f"{name} must be one or more names, each of them once. "
                    f"Received: {values!r}"
                )
        for criterion in self.criteria:
            self.scoring(criterion)
        if self._is_n_of_m and self.iterations != 1:
            raise ValueError(
                f"granularity={self.granularity} prunes once: expected "
                f"iterations=1. Received: iterations={self.iterations}"
            )

    def _filled_in(self):
        """The criteria and the number of levels, given or not."""
        chosen = CRITERIA if self.criteria is None else self.criteria
        if chosen == ("all",):
            chosen = tuple(criteria_lib.CRITERIA)
        if self.criteria != chosen:
            kind = granularity_lib.parse(self.granularity)
            chosen = tuple(
                name for name in chosen if not scoring.unfit(name, kind)
            )
        is_usual = self.iterations == attrs.fields(Grid).iterations.default
        once = self._is_n_of_m and is_usual
        return {
            "criteria": chosen,
            "iterations": 1 if once else self.iterations,
        }

    @property
    def _is_n_of_m(self):
        return granularity_lib.parse(self.granularity).is_n_of_m

    def scoring(self, criterion: str, *use: str) -> scoring.Scoring:
        """Returns how a criterion scores, by a seed of its use once resolved.

        Raises ValueError if it does not go with the granularity.
        """
        return scoring.Scoring(
            criterion,
            score_examples=self.score_examples,
            score_seed=self.seed(*use) if use else None,
            granularity=self.granularity,
            score_pooling=self.score_pooling,
        )

    def resolved(self, init_seed: int) -> "Grid":
        """Returns the same, its draw_seed derived from the run's."""
        seed = seeds.derive(init_seed, "untrained")
        return fields.filled(self, {"draw_seed": seed})

    def settings(self) -> dict:
        """Returns all that its results depend on, as JSON values."""
        settings = fields.as_dict(self)
        del settings["iterations"]
        if self.granularity == "weight":  # As before there was a choice.
            del settings["granularity"], settings["score_pooling"]
        return {**settings, "levels": list(range(self.iterations + 1))}

    def levels(self, criterion: str) -> list[int]:
        """Returns the levels at which a criterion prunes."""
        if criteria_lib.CRITERIA[criterion].decides:
            return [1]
        return list(range(1, self.iterations + 1))

    def seed(self, *use: str) -> int:
        """Returns the seed of one use of randomness, once resolved."""
        return seeds.derive(self.draw_seed, *use)
