"""FineTuning: how weights are trained under the mask found, as flags."""

import dataclasses

from lottery_ticket.foundations import names, optimizers, schedules, steps
from lottery_ticket.foundations.command_line import flat_functions

# Of the authors' code; what is not here has Keras's.
EPSILONS = {"adam": 1e-8}
NORM_STATISTICS = ("search", "recomputed")


@dataclasses.dataclass(frozen=True)
class FineTuning:
    """How the network found is trained; all else is as the recipe says.

    Args:
        fine_tune_optimizer: sgd, momentum, nesterov, adam or rmsprop. The
            epsilon of adam is 1e-8 here, whatever the recipe's, as published.
        fine_tune_momentum: Of the optimizers momentum and nesterov.
        fine_tune_lr: Learning rate, the highest one of its schedule.
        fine_tune_schedule: constant, piecewise (drops at fine_tune_lr_drops),
            cosine (falls to 0, at each iteration) or cosine_by_epoch (falls
            after each epoch).
        fine_tune_lr_drops: When the rate drops, such as 80ep,120ep. None is as
            published for its number of epochs, 50 and 80 of 100, 80 and 120 of
            150 or 160, 100 and 150 of 200, 150 and 250 of 300; else after a
            half and two thirds.
        fine_tune_lr_drop_factor: What each drop multiplies the rate by.
        fine_tune_weight_decay: This times each trained variable is added to
            its gradient.
        fine_tune_len: Its length, such as 150ep; None is the recipe's
            training_len.
        norm_statistics: Which statistics of batch normalisations it starts
            from. search has left them, where a loss with them is finite;
            recomputed are means over batches of training examples, of the
            weights it starts from.
        skip_fine_tune: Whether to end with the mask, and how well it does
            before any training of weights.
    """

    fine_tune_optimizer: str = "momentum"
    fine_tune_momentum: float = 0.9
    fine_tune_lr: float = 0.01
    fine_tune_schedule: str = "piecewise"
    fine_tune_lr_drops: tuple[str, ...] | None = None
    fine_tune_lr_drop_factor: float = 0.1
    fine_tune_weight_decay: float = 1e-4
    fine_tune_len: str | None = None
    norm_statistics: str = "search"
    skip_fine_tune: bool = False

    def __post_init__(self):
        """Checks all that needs no recipe.

        Raises:
            ValueError: If a name is unknown, a number out of its range, or a
                flag is given that others leave without effect.
        """
        optimizers.check(
            self.fine_tune_optimizer,
            self.fine_tune_lr,
            self.fine_tune_momentum,
            self.fine_tune_weight_decay,
        )
        names.check("norm_statistics", self.norm_statistics, NORM_STATISTICS)
        self._check_uses()
        if self.fine_tune_lr_drops is not None:
            drops = tuple(self.fine_tune_lr_drops)
            object.__setattr__(self, "fine_tune_lr_drops", drops)
        if self.fine_tune_len is not None:
            text = steps.text(self.fine_tune_len)
            object.__setattr__(self, "fine_tune_len", text)
        schedules.Schedule(
            self.fine_tune_schedule,
            (self.fine_tune_lr_drops or ("1ep",)) if self._has_drops else (),
            self.fine_tune_lr_drop_factor,
        )
        if self.fine_tune_len and not steps.parse(self.fine_tune_len)[1]:
            raise ValueError("fine_tune_len must be above 0. Received: 0")

    def given(self) -> list[str]:
        """Returns the names of all flags that are not at their default."""
        flags = [field.name for field in dataclasses.fields(self)]
        return [each for each in flags if flat_functions.is_given(self, each)]

    def recipe(self, recipe):
        """Returns the recipe of the fine-tuning.

        Args:
            recipe: recipes.Recipe of the search.

        Raises:
            ValueError: If the flags do not fit each other or the recipe.
        """
        length = self.fine_tune_len or recipe.training_len
        changes = {
            "schedule": self.fine_tune_schedule,
            "lr_drops": (),
            "lr_drop_factor": None,
        }
        if self._has_drops:
            drops = self.fine_tune_lr_drops
            drops = published_drops(length) if drops is None else drops
            if not drops:
                changes["schedule"] = "constant"
            changes["lr_drops"] = drops
            if drops:
                changes["lr_drop_factor"] = self.fine_tune_lr_drop_factor
        if self.fine_tune_optimizer in optimizers.HAVE_MOMENTUM:
            changes["momentum"] = self.fine_tune_momentum
        else:
            changes["momentum"] = None
        return dataclasses.replace(
            recipe,
            optimizer=self.fine_tune_optimizer,
            epsilon=EPSILONS.get(self.fine_tune_optimizer),
            lr=self.fine_tune_lr,
            warmup="0it",
            weight_decay=self.fine_tune_weight_decay,
            decoupled_weight_decay=False,
            training_len=length,
            **changes,
        )

    def settings(self) -> dict:
        """Returns all flags, as JSON values."""
        return dataclasses.asdict(self)

    @property
    def _has_drops(self):
        names.check("schedule", self.fine_tune_schedule, schedules.SCHEDULES)
        return schedules.SCHEDULES[self.fine_tune_schedule].has_drops

    def _check_uses(self):
        given = self.given()
        has_momentum = self.fine_tune_optimizer in optimizers.HAVE_MOMENTUM
        if "fine_tune_momentum" in given and not has_momentum:
            raise ValueError(
                "fine_tune_momentum is for the optimizers "
                f"{' and '.join(optimizers.HAVE_MOMENTUM)}. Received: "
                f"{self.fine_tune_momentum} with {self.fine_tune_optimizer}"
            )
        for name in ("fine_tune_lr_drops", "fine_tune_lr_drop_factor"):
            if name in given and not self._has_drops:
                raise ValueError(
                    f"{name} is for fine_tune_schedule="
                    f"{' or '.join(schedules.HAVE_DROPS)}. Received: "
                    f"{getattr(self, name)} with {self.fine_tune_schedule}"
                )
        if self.skip_fine_tune and len(given) > 1:
            raise ValueError(
                f"skip_fine_tune leaves {given[0]} without effect. Give one "
                "of the two"
            )


def published_drops(length: str) -> tuple[str, ...]:
    """Returns when the rate drops, as published for a number of epochs.

    A length in iterations has drops after a half and two thirds of it.

    Args:
        length: Length of the training; see `steps.parse`.
    """
    unit, number = steps.parse(length)
    if unit == "epochs":
        return schedules.published_drops(number)
    drops = {number // 2, 2 * number // 3} - {0}
    return tuple(f"{drop}it" for drop in sorted(drops))
