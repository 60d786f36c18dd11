"""The trained scales and shifts of a network's normalisations."""

import typing

import keras

from lottery_ticket.foundations.networks import keras_private

# Class of layers -> attribute -> value at which it does nothing.
_SCALED = {"gamma": 1.0, "beta": 0.0}
NEUTRAL: dict[type, dict[str, float]] = {
    keras.layers.BatchNormalization: _SCALED,
    keras.layers.LayerNormalization: _SCALED,
    keras.layers.GroupNormalization: _SCALED,
}
if hasattr(keras.layers, "RMSNormalization"):  # A newer Keras has it.
    NEUTRAL[keras.layers.RMSNormalization] = {"scale": 1.0}


def trained(network: keras.Model) -> list[tuple[keras.Variable, float]]:
    """Returns scales and shifts that are trained, each with 1 or 0.

    That is the value at which it does nothing.
    """
    values = {
        id(getattr(layer, attribute)): value
        for layer in keras_private.layers(network)
        for kind, attributes in NEUTRAL.items()
        if isinstance(layer, kind)
        for attribute, value in attributes.items()
    }
    return [
        (variable, values[id(variable)])
        for variable in network.trainable_variables
        if id(variable) in values
    ]


def neutral(model: typing.Any) -> dict[str, float]:
    """Returns dict, name -> value at which it does nothing: 1 or 0.

    Names are those of `ModelBase.variables`, of scales and shifts that are
    trained: a network without any has none.

    Args:
        model: ModelBase.
    """
    values = {id(each): value for each, value in trained(model.network)}
    return {
        name: values[id(variable)]
        for name, variable in model.variables.items()
        if id(variable) in values
    }
