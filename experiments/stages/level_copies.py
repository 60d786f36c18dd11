"""Copies of a level, trained in other orders: it is their mean, as in SWAMP."""

import dataclasses
from collections.abc import Callable

import attrs

from lottery_ticket.experiments.settings import level_rules, recipes
from lottery_ticket.experiments.stages import from_recipe, mask_dynamics
from lottery_ticket.foundations.machine import files, lazy, progress
from lottery_ticket.foundations.records import folder_owner, lock
from lottery_ticket.foundations.training import run_settings
from lottery_ticket.foundations.training.hooks import hooks
from lottery_ticket.foundations.values import (
    dataset_base,
    fields,
    interpolation,
    seeds,
    steps,
)

with lazy.imports():
    from lottery_ticket.foundations import model_base
    from lottery_ticket.foundations.training import norm_statistics


@dataclasses.dataclass(frozen=True)
class Copies:
    """How many networks a level is the mean of, and what they are trained by.

    The level's own run is the first. The others start from the same weights,
    under the same masks, each with an order of the examples of its own; where
    all start again later than at 0, those of level 0 part there, too. Once the
    first is trained, it gets the mean of all in whatever training moves by
    gradients, and statistics of batch normalisations are taken anew.

    Source: Choi et al. 2024, SWAMP (https://arxiv.org/abs/2305.14852), of which
    the abstract and reviews were seen. Differs: each copy is what training ends
    with, not an average over its last epochs. How many there are is ours to
    say, and that copies share the seed of augmentation.

    Args:
        number: How many there are, the level's own among them.
        recipe: recipes.Recipe of all, and the order of the first.
        rules: level_rules.LevelRules.
    """

    number: int
    recipe: recipes.Recipe
    rules: level_rules.LevelRules

    def __post_init__(self):
        """Raises a ValueError unless a mean of so many can be pruned."""
        fields.check("copies", self.number, int, at_least=1)
        if self.number == 1:
            return
        mask_dynamics.check_off(
            self.recipe, "Copies whose masks change end under several masks"
        )
        if self.rules.compact_levels:
            raise ValueError(
                "compact_levels is for one network a level. Received: "
                f"copies={self.number}"
            )
        is_late = steps.parse(self.rules.rewind_iteration)[1] > 0
        if hooks.repeating(self.recipe.hooks) and is_late:
            raise ValueError(
                "hooks=cycles is for runs from iteration 0 on: with copies, "
                "expected rewind_iteration=0it. Received: rewind_iteration="
                f"{self.rules.rewind_iteration}"
            )

    def settings(self) -> dict:
        """Returns "copies" as settings have it; nothing of one alone."""
        return {"copies": self.number} if self.number > 1 else {}

    def recipe_of(self, number: int) -> recipes.Recipe:
        """Returns the recipe of a copy, the first being number 1."""
        if number == 1:
            return self.recipe
        seed = seeds.derive(self.recipe.train_order_seed, "copy", number)
        return attrs.evolve(self.recipe, train_order_seed=seed)

    def train(
        self,
        dataset: dataset_base.DatasetBase,
        model: "model_base.ModelBase",
        directory: str,
        settings: dict,
        *,
        level: int,
        course: run_settings.Course,
        label: str,
        bar: progress.Progress,
    ) -> Callable[[], None]:
        """Trains all but the first; returns what makes the first their mean.

        They lie in the folder of the level, in parts, and a call that was
        stopped goes on with them. The model ends as it was given.

        Args:
            dataset: That of the first.
            model: ModelBase, with the weights and masks that a level starts
                from.
            directory: Folder of the level.
            settings: Those of the level's own run.
            level: Its number.
            course: Where its own run starts.
            label: Of the level, for progress.
            bar: Where to show that.

        Returns:
            Function (), for the end of the first: it gives the model the mean.
        """
        weights, masks, holds = model.weights, model.masks, model.holds
        finals = []
        with lock.hold(directory):  # Or its parts might be runs by themselves.
            run = _Part(directory, settings, label, bar)
            start, state = str(course.start_iteration), weights
            late = self.rules.rewind_iteration
            if not level and steps.parse(late)[1]:
                stem = run.train("stem", self.recipe, dataset, model, stop=late)
                start, state = late, stem
            for number in range(2, self.number + 1):
                recipe = self.recipe_of(number)
                # Of dropout; the state leaves nothing else to draw.
                seed = seeds.derive(recipe.train_order_seed, "random layers")
                model.reset(state, masks, seed, holds)
                final = run.train(
                    f"copy{number}",
                    recipe,
                    from_recipe.dataset(recipe),
                    model,
                    start=start,
                    finetune=level > 0 and self.rules.retraining == "finetune",
                )
                finals.append(final)
        model.reset(weights, masks, self.recipe.init_seed, holds)
        return lambda: _average(model, dataset, finals)


@dataclasses.dataclass(frozen=True)
class _Part:
    """Trains what a level is made of, in folders of its own."""

    directory: str
    settings: dict
    label: str
    bar: progress.Progress

    def train(
        self, name, recipe, dataset, model, *, start="0it", stop=None,
        finetune=False,
    ):  # fmt: skip
        """Returns the weights that it ends with."""
        settings = {**self.settings, **recipe.settings(), "part": name}
        _, final = from_recipe.train(
            recipe,
            dataset,
            model,
            files.join(self.directory, folder_owner.PARTS, name),
            label=f"{self.label}, {name}",
            course=run_settings.Course(start),
            stop_iteration=stop,
            finetune=finetune,
            output=run_settings.Output(
                settings, save_summaries=False, bar=self.bar
            ),
            is_first=False,
        )
        return final


def _average(model, dataset, others):
    """Gives a model the mean of its network and others."""
    trained = {name for name, each in model.variables.items() if each.trainable}
    mean = interpolation.mean([model.weights, *others], trained)
    model.restore({"final": mean, "masks": model.masks})
    norm_statistics.NormStatistics(model, dataset).recompute()
