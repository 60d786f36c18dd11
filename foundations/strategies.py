"""How many devices train one network."""

import typing

from lottery_ticket.foundations import lazy, names

tf = lazy.module("tensorflow")
STRATEGIES = ("none", "mirrored")


def create(name: str) -> typing.Any:
    """Returns a tf.distribute.Strategy; what is made in its scope uses it.

    Args:
        name: "none", one device; or "mirrored", each batch shared by all GPUs
            that are visible, or without GPUs by all logical CPU devices.

    Raises:
        ValueError: If the name is unknown.
    """
    names.check("strategy", name, STRATEGIES)
    if name == "none":
        return tf.distribute.get_strategy()
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    devices = tf.config.list_logical_devices(kind)
    return tf.distribute.MirroredStrategy([each.name for each in devices])
