"""FineTuning: how weights are trained under the mask found, as flags."""

import attrs

from lottery_ticket.experiments.settings import recipes
from lottery_ticket.foundations.training import optimizers, schedules
from lottery_ticket.foundations.values import fields, steps

# Of the authors' code; what is not here has Keras's.
EPSILONS = {"adam": 1e-8}
NORM_STATISTICS = ("search", "recomputed")
_TUNED = {"skip_fine_tune": (False,)}
_DROPPING = {**_TUNED, "fine_tune_schedule": schedules.HAVE_DROPS}


@fields.settings
class FineTuning:
    """How the network found is trained; all else is as the recipe says."""

    fine_tune_optimizer: str = fields.field(
        "momentum",
        "What updates weights. The epsilon of adam is 1e-8 here, whatever the "
        "recipe's, as published.",
        choices=optimizers.OPTIMIZERS,
        used_with=_TUNED,
    )
    fine_tune_momentum: float = fields.like(
        recipes.Recipe,
        "momentum",
        default=0.9,
        used_with={
            **_TUNED,
            "fine_tune_optimizer": optimizers.HAVE_MOMENTUM,
        },
    )
    fine_tune_lr: float = fields.like(
        recipes.Recipe, "lr", default=0.01, used_with=_TUNED
    )
    fine_tune_schedule: str = fields.field(
        "piecewise",
        "How the rate changes; piecewise drops at fine_tune_lr_drops.",
        choices=schedules.SCHEDULES,
        used_with=_TUNED,
    )
    fine_tune_lr_drops: tuple[str, ...] | None = fields.left_open(
        "When the rate drops, such as 80ep,120ep. None is as published for "
        "that number of epochs, such as 80 and 120 of 150, or after a half and "
        "two thirds.",
        used_with=_DROPPING,
    )
    fine_tune_lr_drop_factor: float = fields.like(
        recipes.Recipe, "lr_drop_factor", default=0.1, used_with=_DROPPING
    )
    fine_tune_weight_decay: float = fields.like(
        recipes.Recipe, "weight_decay", default=1e-4, used_with=_TUNED
    )
    fine_tune_len: str | None = fields.left_open(
        "Its length, such as 150ep; None is the recipe's training_len.",
        convert=steps.text,
        used_with=_TUNED,
    )
    norm_statistics: str = fields.field(
        "search",
        "Statistics of batch normalisations to start from: those of the "
        "search, where a loss with them is finite, or recomputed from training "
        "examples, of the weights as they are, as always with concrete and "
        "gates.",
        choices=NORM_STATISTICS,
        used_with=_TUNED,
    )
    skip_fine_tune: bool = fields.field(
        False,
        "Whether to end with the mask, and how well it does before any "
        "training of weights.",
    )

    def __attrs_post_init__(self):
        """Raises unless flags go together, as far as no recipe tells."""
        fields.check_uses(self)
        self._schedule("1ep")
        if self.fine_tune_len and not steps.parse(self.fine_tune_len)[1]:
            raise ValueError("fine_tune_len must be above 0. Received: 0")

    def recipe(self, recipe: recipes.Recipe) -> recipes.Recipe:
        """Returns the recipe of the fine-tuning, from that of the search.

        Raises ValueError if the flags do not fit the recipe.
        """
        length = self.fine_tune_len or recipe.training_len
        schedule = self._schedule(length)
        has_momentum = self.fine_tune_optimizer in optimizers.HAVE_MOMENTUM
        return attrs.evolve(
            recipe,
            optimizer=self.fine_tune_optimizer,
            momentum=self.fine_tune_momentum if has_momentum else None,
            epsilon=EPSILONS.get(self.fine_tune_optimizer),
            lr=self.fine_tune_lr,
            schedule=schedule.name,
            lr_drops=schedule.drops,
            lr_drop_factor=schedule.drop_factor if schedule.drops else None,
            warmup="0it",
            weight_decay=self.fine_tune_weight_decay,
            decoupled_weight_decay=False,
            training_len=length,
        )

    def _schedule(self, length):
        """The schedule of a training of a length."""
        drops = self.fine_tune_lr_drops
        if not schedules.SCHEDULES[self.fine_tune_schedule].has_drops:
            return schedules.Schedule(self.fine_tune_schedule)
        drops = published_drops(length) if drops is None else drops
        if not drops:
            return schedules.Schedule("constant")
        return schedules.Schedule(
            self.fine_tune_schedule, drops, self.fine_tune_lr_drop_factor
        )


def published_drops(length: str) -> tuple[str, ...]:
    """Returns when the rate drops, as published for a length in epochs.

    A length in iterations has drops after a half and two thirds of it.
    """
    unit, number = steps.parse(length)
    if unit == "epochs":
        return schedules.published_drops(number)
    drops = {number // 2, 2 * number // 3} - {0}
    return tuple(f"{drop}it" for drop in sorted(drops))
