"""Optimizers by name."""

import functools

from lottery_ticket.foundations import lazy, names

keras = lazy.module("keras")

OPTIMIZERS = {
    "sgd": lambda lr: keras.optimizers.SGD(lr),
    "momentum": lambda lr: keras.optimizers.SGD(lr, momentum=0.9),
    "nesterov": lambda lr: keras.optimizers.SGD(
        lr, momentum=0.9, nesterov=True
    ),
    "adam": lambda lr: keras.optimizers.Adam(lr),
    "rmsprop": lambda lr: keras.optimizers.RMSprop(lr),
}


def optimizer_fn(name: str, lr: float):
    """Returns a function () -> new Keras optimizer.

    Args:
        name: A name in OPTIMIZERS. Momentum is 0.9; all else is Keras's
            default.
        lr: Learning rate, above 0.

    Raises:
        ValueError: If the name is unknown or the rate is not above 0.
    """
    names.check("optimizer", name, OPTIMIZERS)
    if not lr > 0:
        raise ValueError(f"lr must be above 0. Received: {lr}")
    return functools.partial(OPTIMIZERS[name], lr)
