"""Which masked networks are evaluated untrained."""

import dataclasses

from lottery_ticket.experiments import weight_actions
from lottery_ticket.foundations import integers, names, seeds
from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.foundations.scores import criteria as criteria_lib
from lottery_ticket.foundations.selection import quotas

# Those of Zhou et al. 2019 that prune to any density, in the order of its code.
CRITERIA = (
    *("large_final", "small_final", "random", "large_init", "small_init"),
    *("large_init_large_final", "small_init_small_final"),
    *("magnitude_increase", "movement", "snip", "grad"),
    *("large_final_diff_sign", "large_final_same_sign"),
    *("magnitude_increase_diff_sign", "magnitude_increase_same_sign"),
)


@dataclasses.dataclass(frozen=True)
class Grid:
    """Criteria, densities and weights of networks that are never trained.

    Args:
        criteria: What scores weights, such as large_final,random; all is every
            criterion there is. None is the 15 of Zhou et al. that prune to any
            density.
        iterations: Levels 0 (all weights) to this one. Each prunes the dense
            network once, as far as so many prunings of the run's fractions
            would. Criteria that decide by themselves how many weights go have
            no level above 1.
        mask_1_actions: What kept weights are, as of lottery_experiment: rewind
            (as they were drawn), signed_constant, random_reinit, ...
        mask_0_action: What pruned weights are, as of lottery_experiment: zero,
            freeze_final, ...
        signed_constant: Magnitude of signed constants; None is each layer's
            standard deviation.
        rounding: exact, legacy or ceil_plus_one, as of lottery_experiment.
        score_examples: Training examples of each class on which snip, grad and
            grasp score.
        draw_seed: Seed of all that is random; None derives it from the run's
            init_seed.
    """

    criteria: tuple[str, ...] | None = None
    iterations: int = 24
    mask_1_actions: tuple[str, ...] = ("rewind", "signed_constant")
    mask_0_action: str = "zero"
    signed_constant: float | None = None
    rounding: str = "exact"
    score_examples: int = 10
    draw_seed: int | None = None

    def __post_init__(self):
        """Checks all.

        Raises:
            ValueError: If a name is unknown or there twice, or a number is too
                small.
        """
        chosen = CRITERIA if self.criteria is None else self.criteria
        if tuple(chosen) == ("all",):
            chosen = tuple(criteria_lib.CRITERIA)
        _check_several("criteria", chosen)
        _check_several("mask_1_actions", self.mask_1_actions)
        for name in chosen:
            criteria_lib.check(name)
        for name in self.mask_1_actions:
            mask_1.check(name)
        actions = tuple(map(mask_1.resolve, self.mask_1_actions))
        _check_several("mask_1_actions", actions)
        constant = weight_actions.constant(self.signed_constant, *actions)
        for field, value in {
            "criteria": tuple(chosen),
            "mask_1_actions": actions,
            "signed_constant": constant,
        }.items():
            object.__setattr__(self, field, value)
        mask_0.check(self.mask_0_action)
        names.check("rounding", self.rounding, quotas.ROUNDINGS)
        for name in ("iterations", "score_examples"):
            integers.check(name, getattr(self, name), 1)
        if self.draw_seed is not None:
            integers.check("draw_seed", self.draw_seed, 0)

    def resolved(self, init_seed: int) -> "Grid":
        """Returns the same with its seed filled in.

        Args:
            init_seed: What None derives it from.
        """
        if self.draw_seed is not None:
            return self
        seed = seeds.derive(init_seed, "untrained")
        return dataclasses.replace(self, draw_seed=seed)

    def settings(self) -> dict:
        """Returns all that its results depend on, as JSON values."""
        settings = dataclasses.asdict(self)
        del settings["iterations"]
        return {**settings, "levels": list(range(self.iterations + 1))}

    def levels(self, criterion: str) -> list[int]:
        """Returns the levels at which a criterion prunes."""
        if criteria_lib.CRITERIA[criterion].decides:
            return [1]
        return list(range(1, self.iterations + 1))

    def seed(self, *use: str) -> int:
        """Returns the seed of one use of randomness, once resolved."""
        return seeds.derive(self.draw_seed, *use)


def _check_several(name, values):
    is_text = isinstance(values, str)
    if is_text or not values or len(set(values)) < len(values):
        raise ValueError(
            f"{name} must be one or more names, each of them once. Received: "
            f"{values!r}"
        )
