"""Variables that a search keeps beside its scores; checkpoints hold them."""

import keras


def integers(values, name: str) -> keras.Variable:
    """Returns a variable of int64; GPUs have no assignment of smaller ones.

    Args:
        values: Array to start from.
        name: Its name.
    """
    return _variable(values, "int64", name)


def floats(values, name: str) -> keras.Variable:
    """Returns a variable of float32.

    Args:
        values: As for `integers`, like `name`.
        name: See there.
    """
    return _variable(values, "float32", name)


def booleans(values, name: str) -> keras.Variable:
    """Returns a variable of booleans, one byte for each.

    Args:
        values: As for `integers`, like `name`.
        name: See there.
    """
    return _variable(values, "bool", name)


def _variable(values, dtype, name):
    return keras.Variable(
        values,
        dtype=dtype,
        trainable=False,
        name=name,
        # Of several devices, all have the same.
        aggregation="only_first_replica",
    )
