"""The task of a network: one by name, or what it was compiled with."""

import inspect
import typing

import keras
import numpy as np

from lottery_ticket.foundations.networks import keras_private
from lottery_ticket.foundations.tasks import keras_task, own_metrics
from lottery_ticket.foundations.values import labels, task_kinds

# What a network's `compile` may say of loss and metrics.
_COMPILED = ("loss", "loss_weights", "metrics", "weighted_metrics")


def by_name(
    name: str, outputs: typing.Any, gives_probabilities: bool
) -> keras_task.KerasTask:
    """Returns a task that has a loss and metrics in task_kinds.KINDS.

    Args:
        name: Its name there.
        outputs: What the network gives for a batch, one array.
        gives_probabilities: Whether these are probabilities, not logits.

    Raises:
        ValueError: If a network of this task has outputs of another shape.
    """
    kind = task_kinds.KINDS[name]
    _check_shape(name, outputs)
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


def compiled(
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
            f"The network {network.name!r} is compiled with a loss, which is "
            "looked at with labels: give a KerasModel labels, a batch of them"
        )
    given = keras_private.compiled(network)
    if given["loss"] is None:
        raise ValueError(
            f"The network {network.name!r} is compiled without a loss. Give "
            "one, or a task"
        )
    several = len(labels.parts(y)) > 1 or isinstance(outputs, dict)
    return keras_task.KerasTask(
        "compiled",
        {n: given[n] for n in _COMPILED if given[n] is not None},
        outputs,
        y,
        keras_private.output_layers(network) if several else (),
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
