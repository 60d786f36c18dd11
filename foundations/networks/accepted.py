"""Which networks are taken, and what is said of those that are not."""

import inspect
import os
import re
import typing

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.networks import (
    keras_private,
    kernels,
    tracing,
)
from lottery_ticket.foundations.values import examples as examples_lib
from lottery_ticket.foundations.values import nested

# Names that layers may have for TensorFlow.
_SCOPE = re.compile(r"[A-Za-z0-9_.\\/>-]*")
_NO_SCOPE = (
    "must be of the letters a to z, digits and _ . - alone (a network's "
    "does not begin with _ or -): TensorFlow compiles no others. Rename it"
)
# Arrays as text, which layers put into their errors.
_PIXELS = re.compile(r"\[\s*\[.*?\]\s*\]+|\[[^\[\]]{60,}\]")


def check(network: object) -> None:
    """Raises ValueError unless this is a network of Keras 3 that can be kept.

    The error says what it is instead, such as a model of Keras 2.
    """
    if not isinstance(network, keras.Model):
        raise ValueError(
            f"A model must be a keras.Model. Received: {kind(network)}"
        )
    if getattr(network, "name", None) is None:
        raise ValueError(
            f"{type(network).__name__} is no whole keras.Model: its __init__ "
            "must call super().__init__()"
        )
    for variable in network.variables:
        if variable.dtype == "bfloat16":
            raise ValueError(
                f"The variable {variable.path!r} must not be bfloat16, which "
                "no file here can hold. The policy mixed_bfloat16 computes in "
                "it and keeps variables in float32."
            )


def kind(value: object) -> str:
    """Returns what a value is that is no keras.Model, and what to do then."""
    if isinstance(value, type):
        return f"the class {value.__name__}. Pass one model that it makes"
    name = type(value).__name__
    if isinstance(value, str | os.PathLike):
        return (
            f"{name} {str(value)!r}. Read a saved model with "
            "keras.models.load_model"
        )
    modules = [base.__module__ for base in type(value).__mro__]
    if any(
        re.match(r"tf_keras\b|tensorflow\.python\.keras", m) for m in modules
    ):
        return (
            f"{name}, a model of Keras 2 (tf_keras). Make it with `import "
            "keras`, version 3, and without TF_USE_LEGACY_KERAS"
        )
    if any(re.match(r"torch\b", module) for module in modules):
        return f"{name}, a module of PyTorch"
    if isinstance(value, keras.Layer):
        return f"{name}, a layer. Put it into a keras.Sequential"
    if inspect.isroutine(value):
        called = getattr(value, "__name__", name)
        return f"the function {called}. Pass what it returns"
    return name


def outputs(network: keras.Model, examples: typing.Any) -> typing.Any:
    """Returns a network's outputs as float32, in a structure if it gives one.

    Raises ValueError if it does not accept the examples, gives what is no
    tensors, or has layers of names that TensorFlow compiles nothing of, by
    `fit` neither.
    """
    _check_scopes(network)
    refused = (
        f"The network {network.name!r} does not accept examples of shape "
        f"{examples_lib.shapes(examples)}: "
    )
    fault = _fault_of_structure(network, examples)
    if fault:
        raise ValueError(refused + fault)
    try:
        given = network(examples, training=False)
    except Exception as error:  # Layers raise all kinds.
        reason = _reason(network, examples, error)
        raise ValueError(refused + reason) from error
    parts = keras.tree.flatten(given)
    if not parts or not all(tf.is_tensor(part) for part in parts):
        raise ValueError(
            f"The network {network.name!r} must give tensors. Received: "
            f"{type(given).__name__}"
        )
    return keras.tree.map_structure(
        lambda part: part.numpy().astype(np.float32), given
    )


def check_indices(network: keras.Model, examples: typing.Any) -> None:
    """Raises ValueError if a network does not accept examples of indices.

    As `outputs`; so does what an Embedding has no row for. Below 0, rows count
    from the last one in Keras; above, some devices take the last, or zeros.
    """
    found = embeddings(network)
    with tracing.changed((each, {"call": _in_range(each)}) for each in found):
        outputs(network, examples)


def embeddings(network: keras.Model) -> list[keras.layers.Embedding]:
    """Returns the Embeddings of a network."""
    layers = keras_private.layers(network)
    return [x for x in layers if isinstance(x, keras.layers.Embedding)]


def _in_range(layer):
    """The call of an Embedding, which looks at its indices first."""
    call = layer.call

    def checked(indices, *arguments, **options):
        if tf.is_tensor(indices) and not tf.is_symbolic_tensor(indices):
            ends = int(np.min(indices)), int(np.max(indices))
            wrong = [x for x in ends if not 0 <= x < layer.input_dim]
            if wrong:
                raise ValueError(
                    f"the Embedding {layer.name!r} takes whole numbers from 0 "
                    f"to {layer.input_dim - 1}. Received: {wrong[0]}"
                )
        return call(indices, *arguments, **options)

    return checked


def check_one_vector(network: keras.Model, given: typing.Any) -> None:
    """Raises ValueError unless outputs are of one vector for each example."""
    if not isinstance(given, np.ndarray) or given.ndim != 2:
        received = getattr(given, "shape", type(given).__name__)
        raise ValueError(
            f"The network {network.name!r} must have one output, logits or "
            f"probabilities of shape (batch, classes). Received: {received}. "
            "For another task, give it: task="
        )


def trained_kernels(
    network: keras.Model, as_0_1_0: bool = False
) -> list[keras.Variable]:
    """Returns the kernels that get masks; ValueError if there is none."""
    found = kernels.find(network, as_0_1_0=as_0_1_0)
    if not found:
        untrained = kernels.find(network, trained_only=False)
        raise ValueError(
            f"The network {network.name!r} has no kernel to prune: "
            + (
                f"its {len(untrained)} kernels are not trained "
                "(trainable=False)"
                if untrained
                else "no layer is one of "
                + ", ".join(kind.__name__ for kind in kernels.KERNELS)
                + ", or has kernels that are registered by register_kernels"
            )
        )
    return found


def _check_scopes(network):
    if not _SCOPE.fullmatch(f"/{network.name}") or network.name[:1] in "_/\\->":
        raise ValueError(f"The network's name {network.name!r} {_NO_SCOPE}")
    for layer in keras_private.layers(network):
        if not _SCOPE.fullmatch(layer.name):
            raise ValueError(f"The layer's name {layer.name!r} {_NO_SCOPE}")


def _inputs(network):
    """The inputs of a network as it takes them; () if they are unknown."""
    flat = getattr(network, "inputs", None)
    if not flat:
        return ()
    if isinstance(network, keras.Sequential):
        return flat[0]
    given = keras.tree.lists_to_tuples(network.input)
    # As Keras does: a list of one is one.
    return given[0] if isinstance(given, tuple) and len(given) == 1 else given


def _fault_of_structure(network, examples):
    """What is wrong with the names or number of inputs, or None."""
    inputs = _inputs(network)
    if not nested.leaves(inputs):
        return None
    places = sorted(name for name, _ in nested.named(inputs))
    names = sorted(each.name for each in nested.leaves(inputs))
    given = sorted(name for name, _ in nested.named(examples))
    if isinstance(inputs, dict):
        if given == places:
            return None
        return f"it takes a dict of {', '.join(map(repr, places))}"
    if given in (places, names):
        return None
    count = len(places)
    return (
        f"it takes {f'{count} arrays' if count > 1 else 'one array'}, or a "
        f"dict of {', '.join(map(repr, names))}"
    )


def _reason(network, examples, error):
    """Why it does not accept them, without what they hold."""
    needed = _required(network)
    if needed:
        return (
            f"call() needs {', '.join(needed)}; here, all inputs are its first "
            "argument, in a dict or tuple"
        )
    given = dict(nested.named(examples))
    for place, each in nested.named(_inputs(network)):
        name = place if place in given else each.name
        shape, wanted = np.shape(given.get(name, ()))[1:], tuple(each.shape[1:])
        if name in given and not examples_lib.fits(wanted, shape):
            of = f" of input {name!r}" if name else ""
            return f"it takes examples{of} of shape {wanted}"
    text = " ".join(re.sub(r"\x1b\[\d*m", "", str(error)).split())
    text = re.sub(r"Exception encountered when calling \S+\(\)\. ", "", text)
    text = text.split(" Arguments received by ")[0]
    text = re.sub(r"\{\{.*?\}\} | \[Op:\w+\]", "", text)  # TensorFlow's names.
    return _PIXELS.sub("[...]", text)[:300]


def _required(network):
    """Arguments without a default that `call` has besides the examples."""
    arguments = list(inspect.signature(network.call).parameters.values())
    return [
        each.name
        for each in arguments[1:]
        if each.default is each.empty
        and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        and each.name not in ("training", "mask")
    ]
