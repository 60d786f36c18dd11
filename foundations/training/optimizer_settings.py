"""The settings of a Keras optimizer, and what training asks of them."""

import json

import keras

from lottery_ticket.foundations.networks import keras_private


def config(optimizer: keras.optimizers.Optimizer) -> dict:
    """Returns the class and settings of an optimizer as JSON values."""
    settings = keras.optimizers.serialize(optimizer)["config"]
    settings["name"] = (
        f"{type(optimizer).__module__}.{type(optimizer).__name__}"
    )
    # Names of what is no JSON: its text may hold an address in memory.
    text = json.dumps(settings, default=lambda value: type(value).__name__)
    return json.loads(text)


def check_is_new(optimizer: keras.optimizers.Optimizer) -> None:
    """Raises ValueError unless an optimizer is fresh and can be recorded.

    It must not have been used, nor have a learning rate that is a function
    whose settings cannot be told.
    """
    if optimizer.built:
        raise ValueError(
            "optimizer_fn must return a new optimizer each time. Received: one "
            "that has been used"
        )
    rate = keras_private.learning_rate(optimizer)
    schedules = keras.optimizers.schedules.LearningRateSchedule
    if callable(rate) and not isinstance(rate, schedules | keras.Variable):
        raise ValueError(
            "A learning rate that changes must be a LearningRateSchedule: its "
            f"settings can be recorded. Received: {rate!r}"
        )


def check_does_not_clip(optimizer: keras.optimizers.Optimizer) -> None:
    """Raises ValueError if an optimizer clips, and says by what.

    Several devices cannot together.
    """
    limits = ("clipnorm", "clipvalue", "global_clipnorm")
    clipped = [each for each in limits if getattr(optimizer, each, None)]
    if clipped:
        raise ValueError(
            f"On several devices an optimizer cannot clip: each would clip its "
            f"own share of the gradient. Received: {', '.join(clipped)}"
        )
