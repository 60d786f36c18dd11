"""Whether a permuted network computes what it did before."""

import typing

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.alignment import permutations
from lottery_ticket.foundations.networks import tracing

TOLERANCE = 1e-4  # Of outputs.


def difference(
    model: typing.Any,
    first: permutations.Network,
    second: permutations.Network,
    x: typing.Any,
) -> float:
    """Returns the largest difference of two networks' outputs, on examples.

    In float64, where the order of sums is no matter: what is left is below
    1e-9, unless the two do not compute the same.

    Args:
        model: ModelBase whose network both are; its variables stay.
        first: Dict, name -> array of all variables; second likewise.
        x: Examples, prepared.
    """
    with tracing.in_precision(model.network):
        one, other = (
            _outputs(model, network, x) for network in (first, second)
        )
    return max(
        float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True)
    )


def check(found: float, directory: str) -> None:
    """Raises ValueError if a difference is not below TOLERANCE."""
    if not found < TOLERANCE:
        raise ValueError(
            f"Expected the permuted network of {directory} to compute what it "
            f"did before, but for less than {TOLERANCE}. Received: outputs "
            f"that differ by {found:.3g}"
        )


def _outputs(model, network, x):
    named = model.variables
    examples: typing.Any = keras.tree.map_structure(_wide, x)
    found = tracing.outputs(
        model.network,
        list(named.values()),
        [_wide(network[name]) for name in named],
        examples,
    )
    return [np.asarray(each, np.float64) for each in tf.nest.flatten(found)]


def _wide(array):
    """In float64, if it is of floats."""
    found = tf.convert_to_tensor(array)
    return tf.cast(found, tf.float64) if found.dtype.is_floating else found
