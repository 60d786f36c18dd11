"""What a recipe takes over for a network that is not its own."""

from lottery_ticket.experiments import recipe_checks, recipe_table
from lottery_ticket.foundations import names
from lottery_ticket.models import registry as models
from lottery_ticket.models import user_model


def settings(model: str, usual: dict) -> dict:
    """Returns what goes with a model that is not the recipe's own.

    Its fractions and scope are those of the first recipe for it, or for one of
    its kind; its options are the recipe's, where it has them, else theirs.

    Args:
        model: Name of the network, or path of a function that makes one.
        usual: The recipe's settings.

    Raises:
        ValueError: If the model is unknown.
    """
    no_options = dict.fromkeys(recipe_checks.MODEL_OPTIONS)
    if user_model.is_own(model):  # Nothing is known of it.
        return {**no_options, "fractions": {"*": 0.2}}
    names.check("model", model, models.MODELS)
    entry = models.MODELS[model]
    # Its own recipes first, then those of its kind: sorting is stable. Gems
    # have options of their own, such as norms that are not affine.
    alike = sorted(
        (
            recipe
            for recipe in recipe_table.RECIPES.values()
            if recipe["model"]
            and models.MODELS[recipe["model"]].load is entry.load
        ),
        key=lambda recipe: recipe["model"] != model,
    )
    first = alike[0] if alike else {}
    known = {name: first[name] for name in ("fractions", "scope") if first}
    taken = {
        name: usual.get(name, first.get(name))
        for name in no_options
        if name in entry.options
    }
    return {**no_options, **taken, **known}
