"""Changes of a recorded recipe: what a branch trains other than its ticket."""

from lottery_ticket.experiments.settings import model_settings, recipes
from lottery_ticket.foundations.training import optimizers
from lottery_ticket.foundations.values import (
    fields,
    json_values,
    names_0_1_0,
    seeds,
)

# Setting -> those that go with its value, and not along to another one.
DEPENDENT = {
    "model": (*model_settings.OPTIONS, "outputs", "task", "fractions", "scope"),
    "dataset": ("validation_size",),
    "optimizer": ("momentum", "epsilon"),
    "schedule": ("lr_drops", "lr_drop_factor"),
}


@fields.optional
class RecipeChanges(recipes.Recipe):
    """Settings of a recipe other than recorded; None leaves them so."""


UNCHANGED = RecipeChanges()


def apply(changes: RecipeChanges, settings: dict) -> recipes.Recipe:
    """Returns the recipe of a finished run, changed.

    What is not given stays as it was there, but for what goes with a setting
    that changes (see DEPENDENT): another optimizer or schedule, and a model or
    dataset of another name, come with their own. Seeds that derive from the
    master seed follow it. Another recipe keeps the run's seeds only.

    Args:
        changes: What is other there.
        settings: Dict, name -> JSON value, as run.json has them. Where the data
            lies is not among them: it must be given again.

    Raises:
        ValueError: If the settings do not fit each other, or are of a network
            of the user's own whose code has changed since.
        FileNotFoundError: If a dataset or model is a path without a file.
    """
    given = fields.given(changes)
    changed = differing(given, settings)
    kept = _kept(settings, changed)
    if given.get("optimizer") in optimizers.HAVE_MOMENTUM:
        kept["momentum"] = settings["momentum"]
    if "recipe" in changed:
        kept = {name: kept[name] for name in kept if name.endswith("seed")}
    recipe = recipes.Recipe(**{**kept, **given})
    if recipe.model == settings["model"]:
        _check_code(recipe, settings)
    return recipe


def differing(values: dict, settings: dict) -> list[str]:
    """Names of values that differ from a finished run's.

    Args:
        values: Dict, name -> value, such as a recipe's settings.
        settings: As for `apply`.
    """
    plain = json_values.read_back(values)  # Tuples are lists on record.
    settings, plain = names_0_1_0.comparable(settings, plain)
    return [
        name
        for name in plain
        if plain[name] != names_0_1_0.value(settings, name)
    ]


def changed(recipe: recipes.Recipe, settings: dict) -> list[str]:
    """Names of settings that differ between a recipe and a finished run's.

    Those that are on record and that the recipe does not record, such as hooks
    that it does without, count, too: as what their absence means.

    Args:
        settings: As for `apply`.
    """
    told = recipe.settings()
    absent = {
        name: names_0_1_0.BEFORE.get(name)
        for name in fields.names_of(recipes.Recipe)
        if name in settings and name not in told
    }
    return differing({**told, **absent}, settings)


def _kept(settings, changed):
    """Arguments of a Recipe that stay although others have changed."""
    names = set(fields.names_of(recipes.Recipe))
    names -= {each for name in changed for each in DEPENDENT.get(name, ())}
    for name in recipes.SEEDS:
        if settings[f"{name}_seed"] == seeds.derive(settings["seed"], name):
            names.remove(f"{name}_seed")
    return {name: settings[name] for name in names if name in settings}


def _check_code(recipe, settings):
    """Raises if a network of the user's own is no longer what it was."""
    if differing(recipe.code(), settings):
        raise ValueError(
            f"The code of {recipe.model} has changed since the ticket was "
            "trained. Put it back as it was, or give another file as --model"
        )
