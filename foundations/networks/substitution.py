"""A call of a network that computes with other values than its variables'."""

import typing
from collections.abc import Iterable

import keras
import tensorflow as tf


def call(
    network: keras.Model,
    x: typing.Any,
    stands: Iterable[tuple[keras.Variable, tf.Tensor]],
    training: bool,
    *,
    keeps_state: bool = True,
) -> tuple[typing.Any, list]:
    """Returns the outputs, and the losses that layers add in this call.

    Losses of weights are not among them: regularisers see the variables, which
    stay as they are.

    Args:
        x: Prepared examples.
        stands: Variables, and tensors that stand for them in this call.
        training: Whether layers train.
        keeps_state: Whether variables that are not trained, such as statistics
            of batch normalisation and states of random layers, take over what
            the call has made of them.
    """
    values = [
        (each, tf.convert_to_tensor(each.value)) for each in network.variables
    ]
    stands = list(stands)
    scope = keras.StatelessScope(collect_losses=True)
    for update in [*values, *stands]:
        scope.add_update(update)  # The last one of a variable holds.
    with scope:
        outputs = network(x, training=training)
    if keeps_state:
        never = {id(variable) for variable, _ in stands}
        never |= {id(each) for each in network.trainable_variables}
        for variable, value in values:
            moved = scope.get_current_value(variable)
            if moved is not value and id(variable) not in never:
                variable.assign(moved)
    return outputs, list(scope.losses)
