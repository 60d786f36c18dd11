"""What each level of a lottery experiment prunes to, and starts from."""

import dataclasses
import logging

from lottery_ticket.experiments import level_densities, weight_actions
from lottery_ticket.foundations import names, pruning, schedules, steps
from lottery_ticket.foundations.mask_actions import mask_1
from lottery_ticket.foundations.scores import criteria
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
        restart: Whether a whole training follows rewinding to above 0it, not
            the rest of one, with the schedule from its start (code of
            Sreenivasan et al. 2022).
        retraining: What kept weights start from: rewind puts them back to
            where they were at rewind_iteration; with lr_rewind they stay as
            they are, and only the learning rate is put back; with finetune
            they stay, and the rate is the last one of the schedule. All three
            train from rewind_iteration to the end.
        mask_1_action: What kept weights start from. rewind (or none) puts them
            back. Others act on each layer anew at every level. random_reinit
            permutes its weights, random_reshuffle only the kept ones;
            signed_reinit and signed_reshuffle permute magnitudes, each sign
            stays in place. signed_constant keeps the signs, and gives all
            weights the layer's standard deviation as magnitude;
            rand_signed_constant permutes them then. random_reinit_rescaling,
            signed_reinit_rescaling, signed_constant_rescaling and
            rand_signed_constant_rescaling do so with level 0's weights, and
            divide by the layer's density. mask_init is rewind, with pruned
            weights set to 0 beforehand. reinit is a fresh draw; reuse samples
            the kept weights' own values, reuse_sign those of the right sign.
        mask_0_action: What pruned weights are, from when they are pruned on.
            zero, or, never trained again, freeze_init (what they started from),
            freeze_reinit (a fresh draw) or freeze_final (what they ended at).
            With freeze_init_zero_mask they are 0 if training brought them
            nearer to 0, else as in freeze_init; freeze_init_zero_all lets kept
            weights start so, too. As controls, freeze_init_zero_reshuffle has
            as many zeros at random, freeze_init_zero_rev those that went away
            from 0.
        signed_constant: Magnitude that an action of constants gives to every
            weight, in place of each layer's standard deviation.
        rounding: What a fraction that is no whole number of weights becomes;
            exact takes the nearest, legacy what the code of Zhou et al. cuts
            off to, which can be one less, and ceil_plus_one one more than the
            next number up, as the code of Sreenivasan et al. Of 235,200
            weights, .2 are 47,040 exactly, 47,039 and 47,041 there.
    """

    densities: tuple[float, ...] = ()
    target_density: float | None = None
    one_shot: bool = False
    rewind_iteration: str = "0it"
    restart: bool = False
    retraining: str = "rewind"
    mask_1_action: str = "rewind"
    mask_0_action: str = "zero"
    signed_constant: float | None = None
    rounding: str = "exact"

    def __post_init__(self):
        """Checks all.

        Raises:
            ValueError: If settings exclude each other or are out of range.
        """
        names.check("retraining", self.retraining, RETRAININGS)
        names.check("rounding", self.rounding, quotas.ROUNDINGS)
        action = mask_1.resolve(self.mask_1_action)
        checked = {
            "rewind_iteration": steps.text(self.rewind_iteration),
            "densities": level_densities.checked(
                self.densities, self.target_density
            ),
            "mask_1_action": action,
            "signed_constant": weight_actions.constant(
                self.signed_constant, action
            ),
        }
        if self.target_density is not None:  # A numpy number is no JSON value.
            checked["target_density"] = float(self.target_density)
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        weight_actions.check(self)
        self._check_restart()
        if self._has_densities and self.rounding != "exact":
            raise ValueError(
                "rounding is for fractions, and densities are exact counts. "
                f"Received: rounding={self.rounding}"
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
            **({"restart": True} if self.restart else {}),  # Older have none.
            "retraining": self.retraining,
            "mask_1_action": self.mask_1_action,
            "mask_0_action": self.mask_0_action,
            "signed_constant": self.signed_constant,
            "rounding": self.rounding,
        }

    def density(self, level: int, levels: int) -> float | None:
        """Density of a level in the layers that it prunes, if one is set.

        Args:
            level: As for `settings`, like `levels`.
            levels: Number of prunings in all.
        """
        return level_densities.of_level(
            level, levels, self.densities, self.target_density
        )

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
        is_exact = self.rounding == "exact"
        if density is None and not (self.one_shot and is_exact):
            return quotas.of_fractions(
                recipe.fractions,
                masks,
                recipe.scope,
                rounding=self.rounding,
                prunings=level if self.one_shot else 1,
            )
        densities = {
            layer: density or (1 - fraction) ** level
            for layer, fraction in self.pruned(recipe, masks).items()
        }
        return quotas.of_densities(densities, masks, recipe.scope)

    def pruned(self, recipe, masks: dict) -> dict[str, float]:
        """Returns dict, layer -> fraction, of the layers that are pruned."""
        fractions = pruning.expand_fractions(recipe.fractions, masks)
        return {layer: part for layer, part in fractions.items() if part > 0}

    def check(self, recipe, criterion: str = "large_final") -> None:
        """Raises unless a recipe can be trained by these rules.

        Args:
            recipe: recipes.Recipe.
            criterion: Name of what scores weights.

        Raises:
            ValueError: If fine-tuning would have a rate of 0, densities come
                with fractions that prune nothing, or the criterion alone
                decides how far levels prune.
        """
        course = schedules.SCHEDULES[recipe.schedule]
        if self.retraining == "finetune" and course.ends_at_0:
            raise ValueError(
                f"finetune trains at the last learning rate, and a "
                f"{recipe.schedule} ends at 0. Use another schedule, or "
                "lr_rewind"
            )
        if self.retraining == "finetune" and course.is_steady:
            _log.warning(
                "The learning rate is constant: finetune is the same as "
                "lr_rewind"
            )
        is_counted = self._has_densities or self.one_shot
        if is_counted and criteria.CRITERIA[criterion].decides:
            raise ValueError(
                f"Criterion {criterion} decides by signs how much goes: it "
                "cannot be asked for densities, and with one_shot all levels "
                "would be the same. Give neither"
            )
        if is_counted and not any(recipe.fractions.values()):
            raise ValueError(
                "What is pruned are the layers whose fraction is above 0. "
                f"Received: fractions={recipe.fractions}"
            )

    def _check_restart(self):
        is_late = steps.parse(self.rewind_iteration)[1] > 0
        if self.restart and not (self.retraining == "rewind" and is_late):
            raise ValueError(
                "restart is for weights that are rewound to above 0it. Received"
                f": {self.retraining}, rewind_iteration={self.rewind_iteration}"
            )

    @property
    def _has_densities(self):
        return bool(self.densities) or self.target_density is not None
