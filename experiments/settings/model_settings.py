"""What a recipe's settings say of its network, and what goes with another."""

from lottery_ticket.experiments.settings import recipe_table
from lottery_ticket.foundations.values import names
from lottery_ticket.models import registry as models
from lottery_ticket.models import user_model

# Settings that are handed to the network, where it has them.
OPTIONS = (
    "hidden_units",
    "width",
    "dropout",
    "shortcut",
    "affine",
    "mask_shortcuts",
    "last_pooling",
    "activation",
    "use_bias",
)


def of_model(model: str, usual: dict) -> dict:
    """Returns what goes with a model that is not the recipe's own.

    Its fractions and scope are those of the first recipe for it, or for one of
    its kind; its options are the recipe's, where it has them, else theirs.
    """
    no_options = dict.fromkeys(OPTIONS)
    if user_model.is_own(model):  # Nothing is known of it.
        return {**no_options, "fractions": {"*": 0.2}}
    names.check("model", model, models.MODELS)
    entry = models.MODELS[model]
    # Its own recipes first, then those of its kind. Gems have options of their
    # own, such as norms that are not affine.
    alike = (
        recipe
        for recipe in recipe_table.RECIPES.values()
        if recipe["model"] and models.MODELS[recipe["model"]].load is entry.load
    )
    first = min(alike, key=lambda each: each["model"] != model, default={})
    known = {name: first[name] for name in ("fractions", "scope") if first}
    taken = {
        name: usual.get(name, first.get(name))
        for name in no_options
        if name in entry.options
    }
    return {**no_options, **taken, **known}


def check(name: str, options: dict, outputs: str, task: str = "auto") -> None:
    """Raises ValueError unless a model can have such options, outputs and task.

    Networks of this project give one vector of logits, and are not compiled.
    """
    if not user_model.is_own(name):
        models.check_options(name, options)
        if outputs != "auto":
            raise ValueError(
                "outputs is for a network of your own. Received: "
                f"outputs={outputs} with model={name}, which gives logits"
            )
        if task in ("compiled", "segmentation"):
            raise ValueError(
                f"task={task} is for a network of your own. Received: "
                f"model={name}, which gives one vector of logits"
            )
        return
    if options:
        raise ValueError(
            f"{', '.join(options)} cannot be given with a model of your own"
        )
    user_model.check(name)


def check_units(recipe: str, units: tuple | None, named: tuple | None) -> None:
    """Raises ValueError if there are other layers than a recipe prunes.

    The units are those that are given, and the recipe's.
    """
    if units is None or named is None or len(units) == len(named):
        return
    raise ValueError(
        f"hidden_units={units} makes other layers than recipe {recipe!r} "
        "prunes: give their fractions too, such as layer0=.2,layer1=.1"
    )
