"""The task of a network: one by name, or what it was compiled with."""

import inspect
import typing

import keras
import numpy as np

from lottery_ticket.foundations.networks import (
    accepted,
    keras_private,
    output_kind,
    own_training,
)
from lottery_ticket.foundations.tasks import keras_task, own_metrics
from lottery_ticket.foundations.values import (
    dataset_base,
    labels,
    names,
    nested,
    task_kinds,
)

# What a network's `compile` may say of loss and metrics.
_COMPILED = ("loss", "loss_weights", "metrics", "weighted_metrics")


class Found(typing.NamedTuple):
    """What a network is trained for, and what its outputs are."""

    task: keras_task.KerasTask | None  # None: ModelBase's own, classification.
    kind: output_kind.Kind | None  # None where it does not matter.


def of(
    network: keras.Model,
    name: str,
    examples: typing.Any,
    values: typing.Any,
    y: typing.Any = None,
    outputs: str = "auto",
) -> Found:
    """Returns the task of a network, and whether it gives probabilities.

    Args:
        name: As `name_of` gives it.
        examples: A batch that the network takes.
        values: What it gives for them: arrays.
        y: Labels of the batch, as a DatasetSplit keeps them, or None.
        outputs: "logits", "probabilities", or "auto" to look.

    Raises:
        ValueError: If outputs or labels do not fit the task, or outputs may be
            logits or probabilities.
    """
    if name == "compiled":
        return Found(by_compile(network, values, y), None)
    if name == "classification":
        accepted.check_one_vector(network, values)
    else:
        _check_shape(name, values)
    kind, activation = None, task_kinds.KINDS[name].activation
    if activation:
        kind = output_kind.of(network, examples, values, outputs, activation)
    gives_probabilities = kind is not None and kind.gives_probabilities
    if name != "classification":
        return Found(by_name(name, values, gives_probabilities), kind)
    own_training.check_logits(network, gives_probabilities)
    return Found(None, kind)


def name_of(
    network: keras.Model, given: str = "auto", y: typing.Any = None
) -> str:
    """Returns the name of a network's task.

    If it is not given, that is "compiled" of a network that is compiled with
    more than cross-entropy and accuracy, and else classification.

    Args:
        given: A name in task_kinds.KINDS, or "auto".
        y: Labels; what are no classes cannot be classified.

    Raises:
        ValueError: If the network is compiled with a loss for something else
            than what is given.
    """
    names.check("task", given, task_kinds.CHOICES)
    is_plain = own_training.is_classification(network)
    is_plain = is_plain and (y is None or labels.are_classes(y))
    has_loss = own_training.has_loss(network)
    if given == "auto":
        return "compiled" if has_loss and not is_plain else "classification"
    is_same = given == "classification" and is_plain
    if has_loss and given != "compiled" and not is_same:
        compiled = keras_private.compiled(network)
        metrics = keras_task.words(compiled["metrics"] or [])
        raise ValueError(
            f"The network {network.name!r} is compiled with the loss "
            f"{keras_task.words(compiled['loss'])}"
            + (f" and the metrics {metrics}" if metrics else "")
            + f". Received: task={given}. Leave one of them out"
        )
    return given


def name_for(
    network: keras.Model, given: str, dataset: dataset_base.DatasetBase
) -> str:
    """Returns the name of a network's task on a dataset.

    As `name_of`; the dataset decides where neither else does.
    """
    task = said(network, given, dataset.task)
    return name_of(network, task, dataset.train.y)


def said(network: keras.Model, given: str, usual: str) -> str:
    """Returns what is given, or the usual where compile() says nothing."""
    is_open = given == "auto" and not own_training.has_loss(network)
    return usual if is_open else given


def by_name(
    name: str, outputs: typing.Any, gives_probabilities: bool
) -> keras_task.KerasTask:
    """Returns a task that has a loss and metrics in task_kinds.KINDS.

    Args:
        name: Its name there.
        outputs: What the network gives for a batch, one array.
        gives_probabilities: Whether these are probabilities, not logits.

    """
    kind = task_kinds.KINDS[name]
    shape = outputs.shape[:-1] if kind.has_classes else outputs.shape
    known = {
        "from_logits": not gives_probabilities,
        # Of what is a 1.
        "threshold": 0.5 if gives_probabilities else 0.0,
        "num_classes": outputs.shape[-1],
        "sparse_y_pred": False,
    }
    return keras_task.KerasTask(
        name,
        {
            "loss": _made(keras.losses, kind.loss, known),
            "metrics": [
                _made(keras.metrics, each, {**known, "name": column})
                for column, each in kind.metrics.items()
            ],
        },
        outputs,
        np.zeros(shape, np.int32 if kind.has_classes else np.float32),
        higher_is_better=kind.higher_is_better,
    )


def of_logits(name: str, count: int) -> keras_task.KerasTask | None:
    """Returns the task of a network that gives logits, by its name.

    None is ModelBase's own, classification. Raises ValueError if one vector of
    so many logits is not what networks of the task give, or it is "compiled",
    as labels are that are no classes where nobody named a task.
    """
    if name == "compiled":
        raise ValueError(
            "Labels are no classes: name the task that they are for, such as "
            "task=regression"
        )
    outputs = np.zeros((1, count), np.float32)
    _check_shape(name, outputs)
    return by_name(name, outputs, False) if name != "classification" else None


def by_compile(
    network: keras.Model, outputs: typing.Any, y: typing.Any
) -> keras_task.KerasTask:
    """Returns what a network was compiled with as a task.

    Args:
        network: keras.Model, compiled with a loss.
        outputs: What it gives for a batch.
        y: Labels of that, as a DatasetSplit keeps them; None if unknown.

    Raises:
        ValueError: If labels are needed and unknown, or as KerasTask.
    """
    if y is None:
        raise ValueError(
            f"The network {network.name!r} is compiled with a loss, which "
            "takes labels: give the KerasModel labels=, a batch of them"
        )
    if not own_training.has_loss(network):
        raise ValueError(
            f"The network {network.name!r} is compiled without a loss. Give "
            "one, or name the task that labels are for, such as task=regression"
        )
    given = keras_private.compiled(network)
    layers = keras_private.output_layers(network)
    _check_keys(outputs, y, [each.name for each in layers])
    several = len(nested.leaves(y)) > 1 or isinstance(outputs, dict)
    return keras_task.KerasTask(
        "compiled",
        {n: given[n] for n in _COMPILED if given[n] is not None},
        outputs,
        y,
        layers if several else (),
    )


def _check_keys(outputs, y, names):
    """Raises unless labels in a dict are of outputs that there are."""
    keys = list(outputs) if isinstance(outputs, dict) else names
    if not isinstance(y, dict) or not keys or set(y) <= {*keys, *names}:
        return
    raise ValueError(
        "Labels in a dict must have the keys of the network's outputs, "
        f"{', '.join(map(repr, keys))}. Received: {', '.join(map(repr, y))}"
    )


def _made(module, name, known):
    """A loss or metric by the name of its class, of what is known it takes."""
    kind = getattr(own_metrics, name, None) or getattr(module, name)
    taken = inspect.signature(kind.__init__).parameters
    return kind(**{n: each for n, each in known.items() if n in taken})


def _check_shape(name, outputs):
    kind = task_kinds.KINDS[name]
    shape = tuple(getattr(outputs, "shape", ()))
    if not kind.fits(shape[1:]):
        raise ValueError(
            f"A network of the task {name} must have one output for labels "
            f"that are {kind.of_one}. Received: "
            f"{f'shape {shape[1:]} of one example' if shape else 'several'}"
        )
