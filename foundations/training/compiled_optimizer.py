"""The optimizer that a network was compiled with, made anew for each run."""

import typing
from collections.abc import Callable

import keras

from lottery_ticket.foundations.networks import keras_private
from lottery_ticket.foundations.training import optimizer_identity, optimizers


def optimizer_fn(
    network: typing.Any, *, starts_later: bool = False
) -> Callable[[], keras.optimizers.Optimizer]:
    """Returns a function () -> new optimizer of the compiled one's config.

    Its state, if `fit` has used it, is not taken along.

    Args:
        network: keras.Model.
        starts_later: Whether training starts within a schedule, or at the rate
            where it ends: then there may be none.

    Raises:
        ValueError: If the network is not compiled, or its optimizer is more
            than its config says.
    """
    given = getattr(network, "optimizer", None)
    if not isinstance(given, keras.optimizers.Optimizer):
        raise ValueError(
            f"optimizer={optimizers.COMPILED} is for a network of your own "
            "that is compiled"
        )
    rate = keras_private.learning_rate(given)
    is_schedule = isinstance(
        rate, keras.optimizers.schedules.LearningRateSchedule
    )
    if starts_later and is_schedule:
        raise ValueError(
            "The schedule of a compiled optimizer begins with each run. Give a "
            "recipe with an optimizer and a schedule to start within it: for "
            "rewind_iteration and retraining=finetune"
        )
    _check_config(given, network.trainable_variables)
    config = given.get_config()
    return lambda: type(given).from_config(config)


def is_plain(network: typing.Any, make: Callable) -> bool:
    """Whether the compiled optimizer is what a function () makes, or none is.

    None is counted if the network is not compiled at all.
    """
    if not getattr(network, "compiled", False):
        return True
    own = optimizer_fn(network)()
    return optimizer_identity.config(own) == optimizer_identity.config(make())


def _check_config(given, variables):
    """Raises if another of its config would train otherwise."""
    if given.built:
        trained = keras_private.trained_variables(given)
        told = keras_private.attributes(given, trained)
        beyond = [n for n in told if n.startswith("_exclude_from")]
    else:
        found = optimizer_identity.recorded(given, variables)
        beyond = sorted(found["optimizer"].get("beyond", ()))
    if beyond:
        raise ValueError(
            "Of a compiled optimizer only the config counts. Received: "
            f"{type(given).__name__} with {', '.join(beyond)} set beside it. "
            "Pass trainer.train a function that makes it, or give a recipe"
        )
