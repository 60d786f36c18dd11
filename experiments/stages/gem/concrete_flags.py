"""ConcreteSearch: how a mask is found by soft masks, as flags."""

import attrs

from lottery_ticket.experiments.settings import fine_tuning, recipes
from lottery_ticket.foundations.learned_masks import concrete_method
from lottery_ticket.foundations.training import optimizers, schedules
from lottery_ticket.foundations.values import fields, steps

_OF_METHOD = fields.names_of(concrete_method.ConcreteMethod)
_DROP_FACTOR = 0.1


def _of_method(name, **changes):
    return fields.like(concrete_method.ConcreteMethod, name, **changes)


@fields.settings
class ConcreteSearch:
    """How scores of soft masks are trained, with algo=concrete alone.

    Source: Arora & Teuscher 2025 (https://arxiv.org/abs/2512.07142).
    """

    objective: str = _of_method(
        "objective", group="Search by soft masks, of algo=concrete"
    )
    temperature: float = _of_method("temperature")
    sparsity_control: str = _of_method("sparsity_control")
    density_slack: float | None = _of_method("density_slack")
    balance_decay: float = _of_method("balance_decay")
    density_estimate: str = _of_method("density_estimate")
    search_optimizer: str = fields.field(
        "adam",
        "What updates scores. The epsilon of adam is 1e-8 here.",
        choices=optimizers.OPTIMIZERS,
    )
    search_lr: float | None = fields.left_open(
        "Learning rate of scores; None is the recipe's.",
        above=0,
        convert=fields.as_float,
    )
    search_len: str | None = fields.left_open(
        "Its length, such as 20ep; None is the recipe's training_len.",
        convert=steps.text,
    )
    search_drop: float = fields.field(
        0.88,
        "Part of the search after which its rate is a tenth; 1 is never.",
        above=0,
        at_most=1,
        convert=fields.as_float,
    )
    start_iteration: str = fields.field(
        "0it",
        "Length of training that lies before, as of presets that were saved "
        "after it: the weights are trained from there on.",
        convert=steps.text,
    )

    def __attrs_post_init__(self):
        """Raises ValueError if settings do not go together."""
        self.method()
        if self.search_len and not steps.parse(self.search_len)[1]:
            raise ValueError("search_len must be above 0. Received: 0")

    def method(self) -> concrete_method.ConcreteMethod:
        """Returns how masks are drawn, and held to a density."""
        own = {name: getattr(self, name) for name in _OF_METHOD}
        return concrete_method.ConcreteMethod(**own)

    def settings(self, recipe: recipes.Recipe) -> dict:
        """Returns all that shapes the search, filled in, as JSON values."""
        method, own = self.method(), self.recipe(recipe)
        return {
            **fields.as_dict(method),
            "density_slack": method.slack,
            "search_optimizer": self.search_optimizer,
            "search_lr": own.lr,
            "search_len": own.training_len,
            "search_drop": self.search_drop,
        }

    def recipe(self, recipe: recipes.Recipe) -> recipes.Recipe:
        """Returns the recipe of the search, from that of the weights.

        There is no weight decay, no augmentation, no smoothing of labels.

        Raises ValueError if the flags do not fit the recipe.
        """
        rate = self.search_lr or recipe.lr
        if rate is None:
            raise ValueError(
                f"optimizer={recipe.optimizer} has a rate of its own: give "
                "search_lr, that of the search"
            )
        name, length = self.search_optimizer, self.search_len
        length = length or recipe.training_len
        schedule = self._schedule(length)
        has_momentum = name in optimizers.HAVE_MOMENTUM
        return attrs.evolve(
            recipe,
            optimizer=name,
            momentum=0.9 if has_momentum else None,
            epsilon=fine_tuning.EPSILONS.get(name),
            lr=rate,
            schedule=schedule.name,
            lr_drops=schedule.drops,
            lr_drop_factor=schedule.drop_factor if schedule.drops else None,
            warmup="0it",
            weight_decay=0.0,
            decoupled_weight_decay=False,
            label_smoothing=0.0,
            augmentation="none",
            training_len=length,
        )

    def _schedule(self, length):
        """The schedule of a search of a length."""
        unit, number = steps.parse(length)
        drop = int(self.search_drop * number)
        if not 0 < drop < number:
            return schedules.Schedule("constant")
        text = f"{drop}{'ep' if unit == 'epochs' else 'it'}"
        return schedules.Schedule("piecewise", (text,), _DROP_FACTOR)
