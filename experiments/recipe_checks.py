"""Checks of a recipe's settings, before any work."""

from lottery_ticket.datasets import augmentation, preparation
from lottery_ticket.datasets import registry as datasets
from lottery_ticket.foundations import (
    devices,
    names,
    optimizers,
    pruning,
    schedules,
    steps,
)
from lottery_ticket.models import registry as models
from lottery_ticket.models import user_model

MODEL_OPTIONS = (
    "hidden_units",
    "width",
    "dropout",
    "shortcut",
    "affine",
    "mask_shortcuts",
    "last_pooling",
    "use_bias",
)
CHOICES = {
    "normalization": preparation.NORMALIZATIONS,
    "augmentation": augmentation.AUGMENTATIONS,
    "scope": pruning.SCOPES,
    "dtype": ("float32", "mixed_bfloat16", "mixed_float16"),
    "strategy": devices.STRATEGIES,
}
LOWEST = {
    "image_size": 1,
    "train_batch_size": 1,
    "validation_size": 0,
    "random_labels": 0,
    "dropout": 0,
    "label_smoothing": 0,
    "test_interval": 1,
    "validate_interval": 1,
    "seed": 0,
    "init_seed": 0,
    "train_order_seed": 0,
    "split_seed": 0,
    "augment_seed": 0,
}
# Where 1 itself would leave nothing.
BELOW_1 = ("dropout", "label_smoothing")
ABOVE_0 = ("width", "subset")


def check_given(given, usual: dict) -> None:
    """Raises if a setting is given that the others leave without effect.

    Args:
        given: recipes.Recipe, None where nothing is given.
        usual: What is to be taken there.

    Raises:
        ValueError: If so, or if layers are given without their fractions.
    """
    units, named = given.hidden_units, usual.get("hidden_units")
    is_named = units is not None and named is not None
    is_other = (
        is_named and len(units) != len(named) and min(units, default=1) > 0
    )
    if is_other and given.fractions is None:
        raise ValueError(
            f"hidden_units={units} makes other layers than recipe "
            f"{given.recipe!r} prunes: give their fractions too, such as "
            "layer0=.2,layer1=.1"
        )
    decay = given.weight_decay
    decay = usual["weight_decay"] if decay is None else decay
    if given.decoupled_weight_decay and not decay:
        raise ValueError("decoupled_weight_decay needs a weight_decay above 0")
    if given.momentum is not None and usual["momentum"] is None:
        raise ValueError(
            "momentum is for the optimizers "
            f"{' and '.join(optimizers.HAVE_MOMENTUM)}. Received: "
            f"{given.momentum} with {given.optimizer or usual['optimizer']}"
        )
    optimizer = given.optimizer or usual["optimizer"]
    if given.epsilon is not None and optimizer not in optimizers.HAVE_EPSILON:
        raise ValueError(
            f"epsilon is for the optimizers "
            f"{' and '.join(optimizers.HAVE_EPSILON)}. Received: "
            f"{given.epsilon} with {optimizer}"
        )
    if given.lr_drop_factor is not None and usual["lr_drop_factor"] is None:
        raise ValueError(
            "lr_drop_factor is for "
            f"schedule={' or '.join(schedules.HAVE_DROPS)}. Received: "
            f"{given.lr_drop_factor} with {given.schedule or usual['schedule']}"
        )


def check(recipe) -> None:
    """Raises unless a recipe's settings are all known and in range.

    Args:
        recipe: recipes.Recipe, filled in.

    Raises:
        ValueError: If a name is unknown or a number out of its range.
        FileNotFoundError: If a dataset or model is a path without a file.
    """
    if recipe.dataset is not None:
        datasets.check(recipe.dataset)
    for name, known in CHOICES.items():
        names.check(name, getattr(recipe, name), known)
    _check_numbers(recipe)
    _check_model(recipe.model, recipe.model_options())
    optimizers.check(
        recipe.optimizer,
        recipe.lr,
        recipe.momentum or 0.0,
        recipe.weight_decay,
        recipe.epsilon,
    )
    recipe.learning_rate_schedule()
    if recipe.jit and recipe.strategy != "none":
        raise ValueError(
            "jit=True is for one device: XLA compiles no training that several "
            f"share. Received: strategy={recipe.strategy}"
        )
    if not steps.parse(recipe.training_len)[1]:
        raise ValueError(
            f"training_len must be above 0. Received: {recipe.training_len}"
        )
    pruning.check_fractions(recipe.fractions, recipe.fractions, recipe.scope)


def _check_model(name, options):
    if name is None:
        return
    if not user_model.is_own(name):
        models.check_options(name, options)
        return
    if options:
        raise ValueError(
            f"{', '.join(options)} cannot be given with a model of your own"
        )
    user_model.check(name)


def _check_numbers(recipe):
    for name, low in LOWEST.items():
        value = getattr(recipe, name)
        if value is not None and not value >= low:
            raise ValueError(
                f"{name} must be at least {low}. Received: {value}"
            )
    for name in ABOVE_0:
        value = getattr(recipe, name)
        if value is not None and not value > 0:
            raise ValueError(f"{name} must be above 0. Received: {value}")
    for name in BELOW_1:
        value = getattr(recipe, name)
        if value is not None and not value < 1:
            raise ValueError(f"{name} must be below 1. Received: {value}")
    if recipe.augment_seed >= 2**31:
        raise ValueError(
            f"augment_seed must be below 2**31. Received: {recipe.augment_seed}"
        )
    if recipe.random_labels > 1:
        raise ValueError(
            f"random_labels must be at most 1. Received: {recipe.random_labels}"
        )
    if recipe.subset is not None and recipe.subset > 1 and recipe.subset % 1:
        raise ValueError(
            "subset must be at most 1, a fraction, or a whole number. "
            f"Received: {recipe.subset}"
        )
    if recipe.hidden_units and min(recipe.hidden_units) < 1:
        raise ValueError(
            f"hidden_units must be positive. Received: {recipe.hidden_units}"
        )
