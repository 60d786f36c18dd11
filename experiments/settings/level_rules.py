"""What each level of a lottery experiment prunes to, and starts from."""

import logging

import numpy as np

from lottery_ticket.foundations.criteria import criteria
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.foundations.selection import (
    granularity,
    layer_shares,
    quotas,
)
from lottery_ticket.foundations.training import optimizers, schedules
from lottery_ticket.foundations.training.hooks import hooks
from lottery_ticket.foundations.values import entries, fields, seeds, steps

with lazy.imports():
    from lottery_ticket.experiments.settings import recipes

Network = dict[str, np.ndarray]
USUAL_ITERATIONS = 30
# Mask-1 actions that give all weights one magnitude, and what float32 can hold
# of one without losing digits, and at all.
OF_CONSTANTS = tuple(
    name for name, each in mask_1.MASK_1_ACTIONS.items() if each.takes_constant
)
SMALLEST = float(np.finfo(np.float32).tiny)
LARGEST = float(np.finfo(np.float32).max)
_log = logging.getLogger(__name__)
# Where kept weights go, and with which learning rate they are trained.
RETRAININGS = ("rewind", "lr_rewind", "finetune")


@fields.settings
class LevelRules:
    """How far levels prune, and where their training starts."""

    densities: tuple[float, ...] = fields.field(
        (),
        "Densities of levels 1, 2 and so on, such as .5,.2,.1, in place of the "
        "fractions: the part that is kept of all weights of the layers that "
        "have a fraction above 0.",
        above=0,
        at_most=1,
        convert=fields.as_float,
    )
    target_density: float | None = fields.left_open(
        "Density of the last level, in place of the fractions; level l of n "
        "has a density of d^(l/n).",
        above=0,
        at_most=1,
        convert=fields.as_float,
    )
    one_shot: bool = fields.field(
        False,
        "Whether each level prunes the dense network, once, to the density of "
        "that level, and not what the level before has left.",
    )
    rewind_iteration: str = fields.field(
        "0it",
        "Length of level 0's training after which its weights are those that "
        "every level starts from, such as 500it or 2ep; the rest of training "
        "follows.",
        convert=steps.text,
    )
    restart: bool = fields.field(
        False,
        "Whether a whole training follows rewinding to above 0it, not the rest "
        "of one, with the schedule from its start.",
        source=entries.SREENIVASAN,
    )
    retraining: str = fields.field(
        "rewind",
        "What is put back to rewind_iteration before a level is trained, "
        "rewind (weights and learning rate), lr_rewind (the rate) or finetune "
        "(neither: the rate is the last one of the schedule).",
        choices=RETRAININGS,
    )
    mask_1_action: str = fields.field(
        "rewind",
        "What kept weights start from, made anew at every level; none is "
        "rewind.",
        choices=mask_1.MASK_1_ACTIONS,
        convert=mask_1.resolve,
        source=entries.ZHOU,
    )
    mask_0_action: str = fields.field(
        "zero",
        "What pruned weights are, from when they are pruned on: 0, or values "
        "that are never trained again.",
        choices=mask_0.MASK_0_ACTIONS,
        source=entries.ZHOU,
    )
    signed_constant: float | None = fields.left_open(
        "Magnitude that an action of constants gives to every weight, in place "
        "of each layer's standard deviation.",
        at_least=SMALLEST,
        at_most=LARGEST,
        convert=fields.as_float,
        used_with={"mask_1_action": OF_CONSTANTS},
    )
    rounding: str = fields.field(
        "exact",
        "What a fraction that is no whole number of weights becomes, the "
        "nearest one (exact), or as the code of Zhou et al. (legacy) or of "
        "Sreenivasan et al. (ceil_plus_one) counts.",
        choices=quotas.COUNT_ROUNDINGS,
    )
    compact_levels: bool = fields.field(
        False,
        "Whether levels from 1 on are trained as smaller networks, without the "
        "units that nothing reads: the same but for rounding, for "
        "granularity=unit.",
    )

    def __attrs_post_init__(self):
        """Raises a ValueError unless settings go together."""
        fields.check_uses(self)
        if self.densities and self.target_density is not None:
            raise ValueError("Give densities or target_density, not both")
        if list(self.densities) != sorted(set(self.densities), reverse=True):
            raise ValueError(
                "densities must fall from level to level. Received: "
                f"{', '.join(map(str, self.densities))}"
            )
        if self._has_densities and self.rounding != "exact":
            raise ValueError(
                "rounding is for fractions, and densities are exact counts. "
                f"Received: rounding={self.rounding}"
            )
        self._check_start()

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
        own = fields.as_dict(self)
        del own["densities"], own["target_density"]
        if not self.restart:
            del own["restart"]  # Older runs have none.
        if not (self.compact_levels and level):
            del own["compact_levels"]  # Level 0 has all units.
        return {
            "density": self.density(level, levels),
            "densities_before": list(before) or None,
            **own,
        }

    def density(self, level: int, levels: int) -> float | None:
        """Density of a level in the layers that it prunes, if one is set."""
        if not level:
            return None
        if self.densities:
            return self.densities[level - 1]
        if self.target_density is not None:
            return self.target_density ** (level / levels)
        return None

    def kept(
        self,
        recipe: "recipes.Recipe",
        level: int,
        levels: int,
        masks: dict,
        pruned_at_once: granularity.Granularity = granularity.WEIGHT,
    ) -> list[quotas.Quota]:
        """Returns how many weights a level keeps of masks, by a recipe.

        Where groups of weights are pruned at once, masks are of those, and so
        are counts; groups that went with others count as pruned already. With
        n:m, the layers that are pruned keep n of every m weights.

        Raises:
            ValueError: If a fraction is of no layer, or a layer would keep
                more than it still has.
        """
        if pruned_at_once.is_n_of_m:
            return quotas.of_each(
                self.pruned(recipe, masks), *pruned_at_once.size, masks
            )
        density = self.density(level, levels)
        is_exact = self.rounding == "exact"
        if density is None and not (self.one_shot and is_exact):
            return quotas.of_fractions(
                recipe.fractions,
                masks,
                recipe.scope,
                count_rounding=self.rounding,
                prunings=level if self.one_shot else 1,
            )
        densities = {
            layer: density or (1 - fraction) ** level
            for layer, fraction in self.pruned(recipe, masks).items()
        }
        return quotas.of_densities(
            densities, masks, recipe.scope, clip=pruned_at_once.is_grouped
        )

    def pruned(self, recipe: "recipes.Recipe", masks: dict) -> dict[str, float]:
        """Returns dict, layer -> fraction, of the layers that are pruned."""
        fractions = layer_shares.expand("fraction", recipe.fractions, masks)
        return {layer: part for layer, part in fractions.items() if part > 0}

    def start(
        self, pruned: mask_0.Pruning, dense: Network, seed: int, level: int
    ) -> tuple[Network, Network]:
        """Returns what a level starts from, and what the next level acts on.

        First the pruned weights get what they are held at, which may change the
        others too, then the kept ones what they start from.

        Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067), sec. 3, 4.

        Args:
            pruned: mask_0.Pruning, whose `initial` is what this returned second
                at the level before; at level 0, the weights it started from.
            dense: Dict, name -> array that level 0 started from.
            seed: Seed that the level's draws derive from.
            level: Number of prunings so far, this one included.

        Returns:
            Pair of dicts, name -> array. The first has what pruned weights are
            held at where they are held, and may have anything where they are
            0. The second is what the actions have made of all weights, pruned
            ones included.
        """
        seed_0, seed_1 = (
            seeds.derive(seed, which, level) for which in ("mask_0", "mask_1")
        )
        weights, held = mask_0.apply(self.mask_0_action, pruned, seed_0)
        given = mask_1.Start(
            weights=weights,
            masks=pruned.masks,
            dense=dense,
            draw=pruned.draw,
            constant=self.signed_constant,
            final=pruned.final,
        )
        weights = mask_1.apply(self.mask_1_action, given, seed_1)
        if held is None:
            return weights, weights
        kernels = {
            name: np.where(mask == 1, weights[name], held[name])
            for name, mask in pruned.masks.items()
        }
        return {**weights, **kernels}, weights

    def check(
        self, recipe: "recipes.Recipe", criterion: str = "large_final"
    ) -> None:
        """Raises unless a recipe can be trained by these rules.

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
        is_late = steps.parse(self.rewind_iteration)[1] > 0
        if hooks.repeating(recipe.hooks) and is_late and not self.restart:
            raise ValueError(
                "hooks=cycles is for runs from iteration 0 on: expected "
                "rewind_iteration=0it, or restart. Received: rewind_iteration="
                f"{self.rewind_iteration}"
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

    def check_granularity(
        self, recipe: "recipes.Recipe", chosen: granularity.Granularity
    ) -> None:
        """Raises a ValueError unless what is pruned at once fits the rules.

        n:m says itself how many weights stay, so nothing else may; and what
        reads a unit is pruned with it only where that is 0.
        """
        self._check_compact(recipe, chosen)
        if chosen.kind == "unit" and mask_0.holds(self.mask_0_action):
            raise ValueError(
                "granularity=unit prunes what reads a unit, as that gives 0: "
                "expected mask_0_action=zero. Received: mask_0_action="
                f"{self.mask_0_action}"
            )
        if not chosen.is_n_of_m:
            return
        if self._has_densities:
            raise ValueError(
                f"granularity={chosen} says itself how many weights stay. Give "
                "no densities and no target_density"
            )
        n, m = chosen.size
        given = {*recipe.fractions.values()} - {0.0, 1 - n / m}
        if given and not recipe.has_usual_fractions():
            raise ValueError(
                f"granularity={chosen} says itself how many weights stay. "
                f"Expected no fractions, or {1 - n / m:g} for layers that are "
                f"pruned and 0 for others. Received: {recipe.fractions}"
            )

    def _check_compact(self, recipe, chosen):
        """Raises unless smaller levels are trained the same."""
        if not self.compact_levels:
            return
        if chosen.kind != "unit":
            raise ValueError(
                "compact_levels leaves out units: expected granularity=unit. "
                f"Received: granularity={chosen}"
            )
        if recipe.optimizer == optimizers.COMPILED:
            raise ValueError(
                "compact_levels needs an optimizer that moves each weight by "
                f"itself: expected one of {', '.join(optimizers.OPTIMIZERS)}. "
                f"Received: optimizer={recipe.optimizer}"
            )
        seeing = hooks.seeing_masks(recipe.hooks)
        if seeing:
            raise ValueError(
                f"hooks={seeing[0]} looks at masks, which the smaller networks "
                "of compact_levels are without. Give one of them"
            )

    def _check_start(self):
        """Raises unless actions and restart fit where kept weights start."""
        is_late = steps.parse(self.rewind_iteration)[1] > 0
        received = (
            f"Received: retraining={self.retraining}, "
            f"rewind_iteration={self.rewind_iteration}"
        )
        if self.restart and not (self.retraining == "rewind" and is_late):
            raise ValueError(
                "restart is for weights that are rewound to above 0it. "
                f"{received}"
            )
        actions = self.mask_1_action, self.mask_0_action
        is_put_back = self.retraining == "rewind" and not is_late
        if actions != ("rewind", "zero") and not is_put_back:
            raise ValueError(
                f"mask_1_action={actions[0]} with mask_0_action={actions[1]} "
                "is of weights that are put back to where level 0 began: "
                "expected retraining=rewind and rewind_iteration=0it. "
                f"{received}"
            )

    @property
    def _has_densities(self):
        return bool(self.densities) or self.target_density is not None
