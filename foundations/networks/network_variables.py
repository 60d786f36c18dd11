"""The variables of a Keras network: their names, draws and description."""

import collections
import json
import re
import typing
from collections.abc import Iterable

import keras
import numpy as np

from lottery_ticket.foundations.networks import keras_private
from lottery_ticket.foundations.values import names, seeds

_HOLD_NAMES = {"name", "keras_history", "input_layers", "output_layers"}


class Named(typing.NamedTuple):
    """A variable and the layer that owns it."""

    layer: keras.layers.Layer
    variable: keras.Variable


def layers(
    network: keras.Model, given: Iterable[str] = (), as_0_1_0: bool = False
) -> dict[str, keras.layers.Layer]:
    """Returns every layer by its path, those in nested networks included.

    A path is the names from the outside in, joined by '.'. A layer that is used
    several times counts once. Automatic names, such as `dense_7`, count all
    layers of the process; here they count from 0 within their network. Names
    `given` are not automatic, though they may look so. ConvLSTMs and layers
    inside a Bidirectional counted in the process in 0.1.0, and do if that is
    asked for.
    """
    found, seen = {}, set()

    def visit(parent, prefix):
        for child in _children(parent):
            if id(child) not in seen:
                seen.add(id(child))
                if child.name in given and not prefix:
                    path = child.name
                else:
                    own = stem(child, parent, as_0_1_0)
                    path = _new_name(prefix + own, {*found, *given})
                found[path] = child
                visit(child, f"{path}.")

    visit(network, "")
    return found


def named(
    network: keras.Model,
    kernels: Iterable[keras.Variable],
    given: Iterable[str] = (),
    as_0_1_0: bool = False,
) -> dict[str, Named]:
    """Returns all variables by name, but for states of random layers.

    A kernel goes by its layer's path, other variables by path and own name,
    `conv0_bias`; a variable that several layers use, by the first of them.
    Where one layer has two kernels, they are named like other variables.

    Args:
        kernels: The kernels among its variables.
        given: As for `layers`, like as_0_1_0.
    """
    found = {}
    paths = layers(network, given, as_0_1_0)
    for path, layer, variable, is_bare in _walked(network, kernels, paths):
        name = _own_name(path, variable, is_bare)
        name = _new_name(re.sub(r"[^\w.-]", "_", name), found)
        found[name] = Named(layer, variable)
    return found


def seen_names(
    network: keras.Model,
    kernels: Iterable[keras.Variable],
    given: Iterable[str] = (),
    as_0_1_0: bool = False,
) -> dict[str, str]:
    """Returns dict, name -> name by those that Keras shows of the layers.

    Names and arguments are as of `named`. What Keras shows counts all layers
    of a process, and is what users see: `encoder.conv2d_7`.
    """
    keys = named(network, kernels, given, as_0_1_0)
    walked = _walked(network, kernels, layers(network, given, as_0_1_0))
    shown = _shown_paths(network)
    return {
        key: _own_name(shown[id(layer)], variable, is_bare)
        for key, (_, layer, variable, is_bare) in zip(keys, walked, strict=True)
    }


def _walked(network, kernels, paths):
    """Yields path, layer, variable, and whether that goes by the path alone."""
    masked = {id(variable) for variable in kernels}
    seen = set()
    for path, layer in {**paths, "": network}.items():
        own = [v for v in _own_variables(layer) if id(v) not in seen]
        seen |= {id(variable) for variable in own}
        is_only = sum(id(variable) in masked for variable in own) == 1
        for variable in own:
            is_bare = path and is_only and id(variable) in masked
            yield path, layer, variable, is_bare


def _own_name(path, variable, is_bare):
    return path if is_bare else f"{path}_{variable.name}".lstrip("_")


def _shown_paths(network):
    """Dict, id of a layer -> layers' names from the outside in."""
    paths = {id(network): ""}

    def visit(parent, prefix):
        for child in _children(parent):
            if id(child) not in paths:
                paths[id(child)] = f"{prefix}{child.name}"
                visit(child, f"{prefix}{child.name}.")

    visit(network, "")
    return paths


def random_states(network: keras.Model) -> dict:
    """Returns the states of layers that are random in training, by name."""
    weights = {id(variable) for variable in network.weights}
    states = [v for v in network.variables if id(v) not in weights]
    return {f"random{index}": state for index, state in enumerate(states)}


def description(network: keras.Model) -> str:
    """Returns the classes, settings and wiring of all layers, as one text.

    The same in every process: automatic names, which count upwards, are
    numbers here, and seeds, which nothing is drawn from, are left out. Of a
    subclassed network, the code of its `call` is not seen.
    """
    found = [network, *keras_private.layers(network)]
    numbers = _counted_anew(found)
    numbers |= {layer.name: str(index) for index, layer in enumerate(found)}
    text = json.dumps(
        [_config(layer) for layer in found],
        default=lambda value: type(value).__name__,
    )
    return json.dumps(_renamed(json.loads(text), numbers), sort_keys=True)


def _counted_anew(networks):
    """Dict, name of an operation that is no layer -> as if these were alone.

    Masking makes some: `not_equal_7` is `not_equal` in the only network.
    """
    names, counts = {}, collections.Counter()
    for network in networks:
        for operation in getattr(network, "operations", ()):
            if operation.name not in names:
                base = re.sub(r"_\d+$", "", operation.name)
                number = counts[base]
                names[operation.name] = f"{base}_{number}" if number else base
                counts[base] += 1
    return names


def settings(network: keras.Model) -> dict[str, str]:
    """Returns dict, path -> class and settings of a layer, but for seeds.

    Layers that hold layers are left out, and so are Lambdas: these are code.
    """
    return {
        path: json.dumps(
            _renamed(_config(layer), {}), default=lambda each: str(type(each))
        )
        for path, layer in layers(network).items()
        if not _children(layer) and not isinstance(layer, keras.layers.Lambda)
    }


def _renamed(value, numbers, is_name=False):
    """A config without seeds, its layers' names replaced where they stand."""
    if isinstance(value, dict):
        return {
            key: _renamed(inner, numbers, key in _HOLD_NAMES)
            for key, inner in value.items()
            if key != "seed"
        }
    if isinstance(value, list):
        return [_renamed(inner, numbers, is_name) for inner in value]
    return numbers.get(value, value) if is_name else value


def initializer(
    layer: keras.Layer, variable: keras.Variable
) -> keras.initializers.Initializer | None:
    """Returns the Keras initialiser a variable was drawn from, or None.

    None too for biases of an LSTM whose forget gate begins open, at 1.
    """
    if _is_forgetting(layer, variable):
        return None
    stems = [variable.name, variable.name.removesuffix("_kernel")]
    if variable.name == "kernel":
        stems.append("depthwise")  # As DepthwiseConv2D calls it.
    for stem in stems:
        found = getattr(layer, f"{stem}_initializer", None)
        if isinstance(found, keras.initializers.Initializer):
            return found
    return None


def check_presets(presets: dict, shapes: dict) -> None:
    """Raises ValueError unless presets fit variables of these shapes.

    They do not if a name is unknown, a shape differs, or a value is not a
    number that float32 can hold.
    """
    for name, preset in presets.items():
        names.check("preset", name, shapes)
        if np.shape(preset) != tuple(shapes[name]):
            raise ValueError(
                f"The preset {name!r} must have the shape of its variable, "
                f"{tuple(shapes[name])}. Received: {np.shape(preset)}"
            )
        # NaN fails this too.
        if not (np.abs(preset) <= np.finfo(np.float32).max).all():
            raise ValueError(
                f"The preset {name!r} must hold finite float32 numbers. "
                "Received: NaN, infinity or larger ones"
            )


def draw(variables: dict, built: dict, seed: int) -> dict[str, np.ndarray]:
    """Returns a fresh draw of variables, each from a seed of its own.

    Args:
        variables: As from `named`.
        built: Dict, name -> array: the values that they were built with, for
            those that no Keras initialiser draws.
        seed: Each variable's seed derives from it and its name.
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
    """Raises ValueError unless every variable can be drawn from a seed.

    Those can that are constant or drawn by an initialiser; the error names one
    that is neither. Arguments are as for `draw`.
    """
    for name, (layer, variable) in variables.items():
        is_constant = (built[name] == built[name].flat[:1]).all()
        is_constant |= _is_forgetting(layer, variable) and isinstance(
            layer.bias_initializer, keras.initializers.Zeros
        )
        if initializer(layer, variable) is None and not is_constant:
            raise ValueError(
                f"The variable {name!r} cannot be drawn from a seed: its layer "
                f"has no attribute {variable.name}_initializer that is a Keras "
                "initialiser"
            )


def _is_forgetting(layer, variable):
    """Whether biases are 1 for one gate of four, as an LSTM's usually are."""
    return variable.name == "bias" and getattr(layer, "unit_forget_bias", False)


def _children(layer):
    if isinstance(layer, keras.Model):
        return layer.layers
    return keras_private.children(layer)


def _own_variables(layer):
    inner = {id(v) for child in _children(layer) for v in child.weights}
    return [v for v in layer.weights if id(v) not in inner]


def stem(
    layer: typing.Any, parent: typing.Any = None, as_0_1_0: bool = False
) -> str:
    """Returns a layer's or metric's name, or what an automatic one begins with.

    Behind that are numbers by which Keras tells those of a process apart. That
    of a half of a Bidirectional, its parent, has its direction in front.
    """
    class_name = re.sub(r"\W+", "", type(layer).__name__)
    automatic = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", class_name)
    automatic = re.sub(r"([a-z])([A-Z])", r"\1_\2", automatic).lower()
    direction = "()"
    if not as_0_1_0:
        automatic = automatic.replace("conv_lst_m", "conv_lstm")  # As Keras.
        if isinstance(parent, keras.layers.Bidirectional):
            direction = "(forward_|backward_)"
    found = re.fullmatch(rf"{direction}{automatic}(_\d+)?", layer.name)
    return f"{found[1]}{automatic}" if found else layer.name


def _new_name(name, taken):
    """The name, or if it is taken, name_1, name_2, ..."""
    count, new = 0, name
    while new in taken:
        count += 1
        new = f"{name}_{count}"
    return new


def _config(layer):
    """Class and settings of a layer; custom ones may not tell theirs."""
    try:
        return type(layer).__name__, layer.get_config()
    except Exception:  # A stranger's class can raise anything.
        return type(layer).__name__, None
