"""Networks of the user's own: a function in a file that builds a Keras model.

`--model=path/to/file.py:build` means the function `build` of that file.
"""

import ast
import hashlib
import inspect
import logging
import os

import numpy as np

from lottery_ticket.foundations.machine import lazy, user_modules
from lottery_ticket.foundations.values import examples as examples_lib
from lottery_ticket.foundations.values import source_code, user_code

with lazy.imports():
    import keras

    from lottery_ticket.foundations import keras_model
    from lottery_ticket.foundations.networks import (
        accepted,
        keras_private,
        kernels,
        network_variables,
    )
    from lottery_ticket.foundations.tasks import network_tasks

_log = logging.getLogger(__name__)


def is_own(name: str | None) -> bool:
    """Whether a model's name is one of a function in a file."""
    name = name or ""
    return ":" in name or name.endswith(".py")


def check(name: str) -> None:
    """Raises unless a name is path/to/file.py:function of a file there is.

    Raises:
        ValueError: If it has another form.
        FileNotFoundError: If there is no such file.
    """
    path, _, function = name.rpartition(":")
    if not path.endswith(".py") or not function.isidentifier():
        raise ValueError(
            "A model of your own must be given as path/to/file.py:function. "
            f"Received: {name}"
        )
    if not os.path.isfile(os.path.expanduser(path)):
        raise FileNotFoundError(f"No such file: {path}")


def fingerprints(name: str) -> dict[str, str]:
    """Returns what a recipe records of the file: "model_code" and "code".

    "code" is of the file and of those it imports beside it. "model_code" is
    what 0.1.0 recorded: of the file alone, docstrings included.

    Raises ValueError if a file is no Python.
    """
    path = os.path.expanduser(name.rpartition(":")[0])
    text = ast.unparse(source_code.parse(path))
    return {
        "model_code": hashlib.sha256(text.encode()).hexdigest(),
        "code": source_code.of_file(path),
    }


def create(
    name: str,
    examples,
    num_classes: int | None,
    outputs: str = "auto",
    task: str = "auto",
    labels=None,
    vocabulary: list[str] | None = None,
    as_0_1_0: bool = False,
    usual_task: str = "classification",
):
    """Returns a keras_model.KerasModel of what the function builds.

    The function is called without arguments, or with those of `input_shape`
    (of one example, in a dict or tuple that of each input), `num_classes`, if
    there are classes, and `vocabulary_size`, if examples are texts, that it
    has; for each draw of fresh weights it is called anew, after
    `keras.utils.set_random_seed`. Constants that it draws are no weights: they
    are the same for all seeds. Examples are a batch of prepared ones; for
    these, and what follows, see KerasModel. The usual task is that of a network
    that is not compiled, if none is given.

    Raises:
        ValueError: If the file cannot be run, has no such function, or the
            function returns no Keras model, or one that does not fit; or if it
            does not build: a new network at each call, of one architecture,
            its weights drawn by the seed.
        FileNotFoundError: If there is no such file.
    """
    check(name)
    path, _, function_name = name.rpartition(":")
    module = user_modules.UserModule(path)
    function = module.function(function_name)
    known = {
        "input_shape": examples_lib.shapes(examples),
        **({} if num_classes is None else {"num_classes": num_classes}),
    }
    if vocabulary is not None:
        known["vocabulary_size"] = len(vocabulary)
    arguments = _arguments(name, function, known)

    def build():
        try:
            with module.importing(), keras_private.fresh_names():
                network = function(**arguments)
        except (Exception, SystemExit) as error:  # It can raise anything.
            raise ValueError(f"{name} failed: {error!r}") from error
        if not isinstance(network, keras.Model):
            raise ValueError(
                f"{name} must return a keras.Model. Received: "
                f"{accepted.kind(network)}"
            )
        if not network.built:
            with module.importing():
                network(examples)
        return network

    drawn = [_Drawn(build, seed) for seed in (0, 1)]
    # Constants that the function draws are the same in every process.
    network = _Drawn(build, 0)
    _check_builds(name, network, *drawn)
    return keras_model.KerasModel(
        network.network,
        examples,
        build,
        outputs=outputs,
        task=network_tasks.said(network.network, task, usual_task),
        labels=labels,
        as_0_1_0=as_0_1_0,
    )


class _Drawn:
    """What a function built from a seed, and its variables by name."""

    def __init__(self, build, seed):
        with keras_model.seeded(seed):
            self.network = build()
        self.kernels = kernels.find(self.network)
        self.variables = network_variables.named(self.network, self.kernels)
        self.settings = network_variables.settings(self.network)
        layers = network_variables.layers(self.network).values()
        self.code = user_code.identity(self.network, *layers)
        self.values = {
            name: np.asarray(variable)
            for name, (_, variable) in self.variables.items()
        }

    @property
    def trained(self):
        """Ids of the variables that training changes."""
        return {
            id(variable)
            for layer, variable in self.variables.values()
            if variable.trainable
            or (
                layer.trainable
                and isinstance(layer, keras.layers.BatchNormalization)
            )
        }

    @property
    def random_kernels(self):
        """Names of kernels that another seed should draw otherwise."""
        known = {id(kernel) for kernel in self.kernels}
        return [
            name
            for name, (layer, variable) in self.variables.items()
            if id(variable) in known
            and _is_random(network_variables.initializer(layer, variable))
            and (self.values[name] != self.values[name].flat[:1]).any()
        ]


def _is_random(initializer):
    return initializer is None or "seed" in initializer.get_config()


def _check_builds(name, first, again, other):
    """Raises unless three calls, the first two of one seed, each built anew."""
    if first.network is again.network:
        raise ValueError(
            f"{name} returns the same network at each call: make it inside "
            "the function"
        )
    for key, (_, variable) in again.variables.items():
        if id(variable) in first.trained & again.trained:
            raise ValueError(
                f"{name} returns networks that share the variable {key!r}: "
                "make all trained layers inside the function"
            )
    shapes = [
        {key: array.shape for key, array in drawn.values.items()}
        for drawn in (first, again, other)
    ]
    for others in shapes[1:]:
        if shapes[0] != others:
            raise ValueError(
                f"{name} builds another architecture at each call: "
                f"{_differing(shapes[0], others)}, then "
                f"{_differing(others, shapes[0])}"
            )
    changed = [
        key
        for key, text in first.settings.items()
        if again.settings.get(key) != text
    ]
    if changed or first.code != again.code:
        where = f"the layer {changed[0]!r}" if changed else "the layers' code"
        raise ValueError(
            f"{name} builds another network at each call: what is set in "
            f"{where} changes, by a counter or the time"
        )
    for key, array in first.values.items():
        if array.tobytes() != again.values[key].tobytes():
            raise ValueError(
                f"{name} draws other values of {key!r} from the same seed: "
                "draw by Keras's initialisers without seeds, keras.random, or "
                "numpy's global generator (np.random.random), which are seeded"
            )
    _check_seeds_differ(name, first, other)


def _check_seeds_differ(name, first, other):
    random = first.random_kernels
    alike = [
        key
        for key in random
        if first.values[key].tobytes() == other.values[key].tobytes()
    ]
    if not alike:
        return
    if alike == random:
        raise ValueError(
            f"{name} draws the same weights from two seeds "
            f"({', '.join(alike)}): leave seeds to us, so no seed=... of an "
            "initialiser, no initialiser made outside the function, no "
            "set_random_seed or default_rng(...). A network that is to start "
            "from weights of its own is one for find_ticket"
        )
    _log.warning(
        "%s: no seed draws %s anew; they start from the same weights in "
        "every draw",
        name,
        ", ".join(alike),
    )


def _differing(shapes, others):
    found = [
        f"{key!r} {shape}"
        for key, shape in shapes.items()
        if others.get(key) != shape
    ]
    return ", ".join(found[:3]) or "fewer variables"


def _arguments(name, function, known):
    """What of the known arguments a function has; no other is needed."""
    parameters = inspect.signature(function).parameters
    needed = [
        key
        for key, each in parameters.items()
        if each.default is each.empty
        and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        and key not in known
    ]
    if needed:
        raise ValueError(
            f"{name} must need no arguments but {' and '.join(known)}. "
            f"Received: a function of {', '.join(needed)}"
        )
    return {key: known[key] for key in known if key in parameters}
