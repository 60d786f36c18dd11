"""What each level of a lottery experiment prunes to, and starts from."""

import dataclasses
import logging

from lottery_ticket.foundations import names, pruning, steps
from lottery_ticket.foundations.selection import quotas

USUAL_ITERATIONS = 30
_log = logging.getLogger(__name__)
# Where kept weights go, and with which learning rate they are trained.
RETRAININGS = ("rewind", "lr_rewind", "finetune")


@dataclasses.dataclass(frozen=True)
class LevelRules:
    """How far levels prune, and where their training starts.

    Args:
        densities: Densities of levels 1, 2 and so on, such as .5,.2,.1, in
            place of the fractions. Each is the part that is kept of all
            weights of the layers that have a fraction above 0.
        target_density: Density of the last level, in place of the fractions.
            Each of n levels leaves the same part of the one before, level l a
            density of d^(l/n).
        one_shot: Whether each level prunes the dense network, once, to the
            density of that level, and not what the level before has left.
        rewind_iteration: Length of level 0's training after which its weights
            are those that every level starts from, such as 500it or 2ep;
            0it is the start. The rest of training follows, with the learning
            rates from there on.
        retraining: What kept weights start from: rewind puts them back to
            where they were at rewind_iteration; with lr_rewind they stay as
            they are, and only the learning rate is put back; with finetune
            they stay, and the rate is the last one of the schedule. All three
            train from rewind_iteration to the end.
    """

    densities: tuple[float, ...] = ()
    target_density: float | None = None
    one_shot: bool = False
    rewind_iteration: str = "0it"
    retraining: str = "rewind"

    def __post_init__(self):
        """Checks all.

        Raises:
            ValueError: If settings exclude each other or are out of range.
        """
        names.check("retraining", self.retraining, RETRAININGS)
        rewind_iteration = steps.text(self.rewind_iteration)
        object.__setattr__(self, "rewind_iteration", rewind_iteration)
        if isinstance(self.densities, str | float | int):
            raise ValueError(
                "densities must be several numbers, such as (.5, .2). "
                f"Received: {self.densities!r}"
            )
        densities = tuple(float(each) for each in self.densities)
        object.__setattr__(self, "densities", densities)
        if self.target_density is not None:  # A numpy number is no JSON value.
            target = float(self.target_density)
            object.__setattr__(self, "target_density", target)
        if densities and self.target_density is not None:
            raise ValueError("Give densities or target_density, not both")
        given = densities
        if self.target_density is not None:
            given = (self.target_density,)
        for density in given:
            if not 0 < density <= 1:
                raise ValueError(
                    "A density must be above 0 and at most 1: the part of the "
                    f"weights that is kept. Received: {density}"
                )
        if list(densities) != sorted(set(densities), reverse=True):
            raise ValueError(
                "densities must fall from level to level. Received: "
                f"{', '.join(map(str, densities))}"
            )

    def levels(self, iterations: int | None) -> int:
        """Returns the number of prunings.

        Args:
            iterations: As asked for; None is 30, or one for each density.

        Raises:
            ValueError: If it is negative, or not the number of densities.
        """
        if self.densities and iterations not in (None, len(self.densities)):
            raise ValueError(
                f"There are {len(self.densities)} densities, one for each "
                f"level from 1 on. Received: iterations={iterations}"
            )
        if iterations is None:
            return len(self.densities) or USUAL_ITERATIONS
        if iterations < 0:
            raise ValueError(
                f"iterations must be 0 or more. Received: {iterations}"
            )
        return iterations

    def settings(self, level: int, levels: int) -> dict:
        """Returns all that shapes a level beside its recipe, as JSON values.

        Args:
            level: Number of prunings so far.
            levels: Number of prunings in all.
        """
        # Those of levels that it is pruned from, which shape its masks too.
        before = () if self.one_shot else self.densities[: max(level - 1, 0)]
        return {
            "density": self.density(level, levels),
            "densities_before": list(before) or None,
            "one_shot": self.one_shot,
            "rewind_iteration": self.rewind_iteration,
            "retraining": self.retraining,
        }

    def density(self, level: int, levels: int) -> float | None:
        """Density of a level in the layers that it prunes, if one is set.

        Args:
            level: As for `settings`, like `levels`.
            levels: Number of prunings in all.
        """
        if not level:
            return None
        if self.densities:
            return self.densities[level - 1]
        if self.target_density is not None:
            return self.target_density ** (level / levels)
        return None

    def kept(
        self, recipe, level: int, levels: int, masks: dict
    ) -> list[quotas.Quota]:
        """Returns how many weights a level keeps.

        Args:
            recipe: recipes.Recipe, for its fractions and scope.
            level: Number of prunings so far, this one included.
            levels: Number of prunings in all.
            masks: Dict, layer name -> mask to be pruned.

        Raises:
            ValueError: If a fraction is of no layer, or a layer would keep
                more than it still has.
        """
        density = self.density(level, levels)
        if density is None and not self.one_shot:
            return quotas.of_fractions(recipe.fractions, masks, recipe.scope)
        densities = {
            layer: density or (1 - fraction) ** level
            for layer, fraction in self.pruned(recipe, masks).items()
        }
        return quotas.of_densities(densities, masks, recipe.scope)

    def pruned(self, recipe, masks: dict) -> dict[str, float]:
        """Returns dict, layer -> fraction, of the layers that are pruned."""
        fractions = pruning.expand_fractions(recipe.fractions, masks)
        return {layer: part for layer, part in fractions.items() if part > 0}

    def check(self, recipe) -> None:
        """Raises unless a recipe can be trained by these rules.

        Raises:
            ValueError: If fine-tuning would have a rate of 0, or densities
                come with fractions that prune nothing.
        """
        if self.retraining == "finetune" and recipe.schedule == "cosine":
            raise ValueError(
                "finetune trains at the last learning rate, and a cosine ends "
                "at 0. Use another schedule, or lr_rewind"
            )
        if self.retraining == "finetune" and recipe.schedule == "constant":
            _log.warning(
                "The learning rate is constant: finetune is the same as "
                "lr_rewind"
            )
        is_set = self.densities or self.target_density is not None
        if (is_set or self.one_shot) and not any(recipe.fractions.values()):
            raise ValueError(
                "What is pruned are the layers whose fraction is above 0. "
                f"Received: fractions={recipe.fractions}"
            )
