"""The variables of a Keras network: their names, draws and description."""

import json
import re

import keras
import numpy as np

from lottery_ticket.foundations import names, seeds


def named(network, kernels) -> dict:
    """Returns dict, name -> (layer, variable), of all but random states.

    Args:
        network: keras.Model.
        kernels: Names of the layers whose kernel goes by the layer's name.

    Raises:
        ValueError: If two variables would have one name, or a layer has none
            of its own.
    """
    named = {}
    for layer in network.layers:
        if layer.name not in kernels:
            _check_has_own_name(layer)
        for variable in layer.weights:
            is_kernel = layer.name in kernels and variable is layer.kernel
            name = layer.name + ("" if is_kernel else f"_{variable.name}")
            if name in named:
                raise ValueError(
                    f"Two variables would be saved as {name!r}. Give their "
                    "layers other names, and use no networks inside networks."
                )
            named[name] = layer, variable
    return named


def random_states(network) -> dict:
    """Returns the states of layers that are random in training, by name."""
    weights = {id(variable) for variable in network.weights}
    states = [v for v in network.variables if id(v) not in weights]
    return {f"random{index}": state for index, state in enumerate(states)}


def description(network) -> str:
    """Returns the classes and settings of all layers, as one text.

    The same in every process: automatic names, which count upwards, are left
    out.
    """
    layers = list(network._flatten_layers(include_self=False))
    text = json.dumps(
        [_config(layer) for layer in layers],
        default=lambda value: type(value).__name__,
        sort_keys=True,
    )
    for index, layer in enumerate(layers):
        text = text.replace(f'"{layer.name}"', f'"{index}"')
    return text


def _config(layer):
    """Class and settings of a layer; custom ones may not tell theirs."""
    try:
        return type(layer).__name__, layer.get_config()
    except NotImplementedError:
        return type(layer).__name__, None


def initializer(layer, variable):
    """Returns the Keras initialiser a variable was drawn from, or None."""
    found = getattr(layer, f"{variable.name}_initializer", None)
    return found if isinstance(found, keras.initializers.Initializer) else None


def _check_has_own_name(layer):
    """Automatic names count upwards, so they would differ between runs."""
    class_name = re.sub(r"\W+", "", type(layer).__name__)
    automatic = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", class_name)
    automatic = re.sub(r"([a-z])([A-Z])", r"\1_\2", automatic).lower()
    if layer.weights and re.fullmatch(rf"{automatic}(_\d+)?", layer.name):
        raise ValueError(
            f"Layer {layer.name!r} has weights, which are saved by its name: "
            f"give it one, such as {type(layer).__name__}(..., name='hidden')."
        )


def check_presets(presets: dict, shapes: dict) -> None:
    """Raises unless presets fit the variables of a network.

    Args:
        presets: Dict, name -> array.
        shapes: Dict, name -> shape of the variable.

    Raises:
        ValueError: If a name is unknown, a shape differs, or a value is not a
            finite number.
    """
    for name, preset in presets.items():
        names.check("preset", name, shapes)
        if np.shape(preset) != tuple(shapes[name]):
            raise ValueError(
                f"The preset {name!r} must have the shape of its variable, "
                f"{tuple(shapes[name])}. Received: {np.shape(preset)}"
            )
        if not np.isfinite(preset).all():
            raise ValueError(
                f"The preset {name!r} must hold finite numbers. Received: NaN "
                "or infinity"
            )


def draw(variables: dict, built: dict, seed: int) -> dict[str, np.ndarray]:
    """Returns a fresh draw of variables, each from a seed of its own.

    Args:
        variables: Dict as from `named`.
        built: Dict, name -> array: the values that they were built with, for
            those that no Keras initialiser draws.
        seed: An integer; each variable's seed derives from it and its name.
    """
    network = dict(built)
    for name, (layer, variable) in variables.items():
        known = initializer(layer, variable)
        if known is not None:
            config = known.get_config()
            if "seed" in config:
                config["seed"] = seeds.derive(seed, name)
            drawn = type(known).from_config(config)
            network[name] = np.asarray(drawn(variable.shape, "float32"))
    return network


def check_can_be_drawn(variables: dict, built: dict) -> None:
    """Raises unless every variable is constant or drawn by an initialiser.

    Args:
        variables: Dict as from `named`.
        built: As for `draw`.

    Raises:
        ValueError: Naming one that is neither, so that no seed would give it
            again.
    """
    for name, (layer, variable) in variables.items():
        is_constant = (built[name] == built[name].flat[:1]).all()
        if initializer(layer, variable) is None and not is_constant:
            raise ValueError(
                f"The variable {name!r} cannot be drawn from a seed: its layer "
                f"has no attribute {variable.name}_initializer that is a Keras "
                "initialiser"
            )
