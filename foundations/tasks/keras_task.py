"""Tasks whose loss and metrics are Keras's, or a user's for Keras."""

import re
import typing
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.networks import (
    keras_private,
    network_variables,
)
from lottery_ticket.foundations.tasks import task
from lottery_ticket.foundations.values import dataset_base, nested
from lottery_ticket.foundations.values import headline as headline_lib


class KerasTask(task.Task):
    """A loss and metrics as `keras.Model.compile` takes them.

    They are compiled into a model that has no layers. It computes what `fit`
    would; its metrics' state is a value, never kept in their variables, so that
    batches of training and evaluations do not meet in them.
    """

    def __init__(
        self,
        name: str,
        compiled: dict,
        outputs: typing.Any,
        y: typing.Any,
        output_layers: Sequence[keras.Layer] = (),
        higher_is_better: bool | None = None,
    ):
        """Builds loss and metrics, for an example's outputs and labels.

        Args:
            name: A name in task_kinds.KINDS.
            compiled: Arguments of `compile`: loss, loss_weights, metrics,
                weighted_metrics; all but the loss may be missing.
            outputs: What the network gives for a batch: tensors.
            y: Labels of the batch, as a DatasetSplit keeps them.
            output_layers: Those that several outputs are named by.
            higher_is_better: Whether a higher value of the first metric is;
                None asks the metric.

        Raises:
            ValueError: If loss or metrics do not fit outputs and labels, do not
                give one number each, or it cannot be told whether a higher
                value of the first is better.
        """
        self.name = name
        self._judge: typing.Any = keras.Model()
        if output_layers:
            self._judge.output_names = [each.name for each in output_layers]
        self._judge.compile(optimizer=None, **compiled)
        self._keys = _built(self._judge, outputs, y)
        metrics = keras_private.compiled_metrics(self._judge)
        self.metrics = _columns(self._keys, [*metrics, *output_layers])
        self.headline = headline_lib.Headline("loss", False)
        if metrics:
            self.headline = headline_lib.Headline(
                self.metrics[0], _is_higher_better(metrics[0], higher_is_better)
            )
        self._shapes = _shapes(y)
        self._variables = self._judge.metrics_variables
        self._fresh = [np.asarray(each) for each in self._variables]
        # Of the others, the name says all.
        given = compiled if name == "compiled" else {}
        self.code = tuple(given.values())
        told = {what: _told(each) for what, each in given.items()}
        self.identity = {"task": name, **told}
        self.words = ", ".join([words(compiled["loss"]), *self.metrics])

    def check(
        self, num_outputs: int, dataset: dataset_base.DatasetBase
    ) -> None:
        given = _shapes(dataset.train.y)
        if given != self._shapes:
            raise ValueError(
                f"The task {self.name} of this network takes labels of shape "
                f"{self._shapes}. Received: labels of shape {given}"
            )
        classes = dataset.num_classes or 0
        if self.name != "compiled" and classes > num_outputs:
            raise ValueError(
                f"The network has {num_outputs} outputs, one for each class. "
                f"Received: labels of {classes}"
            )

    def batch(
        self,
        y: typing.Any,
        outputs: typing.Any,
        weights: typing.Any = None,
        **smoothing: float,
    ) -> list:
        stands = zip(self._variables, self._fresh, strict=True)
        with keras.StatelessScope(stands):
            loss = self._loss(y, outputs, weights)
            found = self._judge.compute_metrics(None, y, outputs, weights)
        return [loss, *(found[key] for key in self._keys)]

    def start(self) -> list:
        return [tf.zeros(2, tf.float64), *map(tf.constant, self._fresh)]

    def add(
        self,
        sums: list,
        y: typing.Any,
        outputs: typing.Any,
        weights: typing.Any = None,
        stands: Sequence[tuple] = (),
    ) -> list:
        own = zip(self._variables, sums[1:], strict=True)
        with keras.StatelessScope([*stands, *own]) as scope:
            loss = tf.cast(self._loss(y, outputs, weights), tf.float64)
            self._judge.compute_metrics(None, y, outputs, weights)
            moved = [scope.get_current_value(each) for each in self._variables]
        count = tf.cast(tf.shape(tf.nest.flatten(y)[0])[0], tf.float64)
        return [sums[0] + tf.stack([loss * count, count]), *moved]

    def result(self, sums: list, size: int) -> tuple[float, ...]:
        total, count = sums[0].numpy()  # Sync point.
        own = zip(self._variables, sums[1:], strict=True)
        with keras.StatelessScope(own):
            found = self._judge.get_metrics_result()
        return float(total / count), *(float(found[key]) for key in self._keys)

    def _loss(self, y, outputs, weights):
        """The loss of a batch, or of one replica's share of it.

        Keras divides that by the number of replicas; here, others do.
        """
        loss = self._judge.compute_loss(None, y, outputs, weights)
        count = tf.distribute.get_strategy().num_replicas_in_sync
        return loss * count if count > 1 else loss


def words(loss: typing.Any) -> str:
    """Returns a loss, as `compile` takes it, in a few words."""
    if isinstance(loss, dict):
        return ", ".join(f"{words(x)} of {name}" for name, x in loss.items())
    if isinstance(loss, list | tuple):
        return ", ".join(map(words, loss))
    told: typing.Any = _told(loss)
    return str(told["class"] if isinstance(told, dict) else told)


def _built(judge, outputs, y):
    """Makes all variables; returns Keras's names of the metrics."""
    try:
        loss = judge.compute_loss(None, y, outputs)
        found = judge.compute_metrics(None, y, outputs)
    except Exception as error:  # Losses raise all kinds.
        raise ValueError(
            "Loss and metrics do not take outputs of shape "
            f"{_shapes(outputs)} and labels of shape {_shapes(y)}: "
            f"{' '.join(str(error).split())[:300]}"
        ) from error
    judge.reset_metrics()
    del found["loss"]
    for what, value in {"loss": loss, **found}.items():
        if isinstance(value, dict) or np.ndim(value):
            raise ValueError(
                f"{what} must be one number for a batch. Received: "
                + ("a dict" if isinstance(value, dict) else f"{value.shape}")
                + ". Set its reduction, or average"
            )
    return list(found)


def _columns(keys, named):
    """Names of metrics, without the numbers of what is named automatically.

    Raises ValueError if one is called as what logs have anyway.
    """
    stems = {each.name: network_variables.stem(each) for each in named}
    found: list[str] = []
    for key in keys:
        if key in ("iteration", "loss"):
            raise ValueError(f"A metric cannot be called {key!r}. Rename it")
        for name, stem in stems.items():
            if name != stem:
                pattern = rf"(^|_){re.escape(name)}(_|$)"
                key = re.sub(pattern, rf"\1{stem}\2", key)
        again = (f"{key}_{number}" for number in range(1, len(keys)))
        found.append(next(n for n in (key, *again) if n not in found))
    return tuple(found)


def _is_higher_better(metric, given):
    """Whether more of a metric is better, as given, said by it, or by Keras."""
    for each in (metric, keras_private.function_of(metric)):
        if given is None:
            given = getattr(each, "higher_is_better", None)
    direction = keras_private.direction(metric)
    if given is None and direction is None:
        raise ValueError(
            f"Whether more of the metric {metric.name!r} is better cannot be "
            "told. Set its attribute higher_is_better to True or False, or "
            "name a metric of Keras's before it"
        )
    return direction == "up" if given is None else bool(given)


def _shapes(y):
    """Shapes of examples of each output."""
    if isinstance(y, list):
        y = tuple(y)
    return nested.mapped(lambda each: tuple(each.shape[1:]), y)


def _told(value):
    """A loss or metric in values of JSON; code of users is told elsewhere."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, dict):
        return {name: _told(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_told(each) for each in value]
    if not hasattr(value, "get_config"):
        return getattr(value, "__name__", type(value).__name__)
    try:
        config = value.get_config()
    except Exception:  # Classes of users raise all kinds.
        config = {}
    config = {**config, **keras_private.arguments(value)}
    told = {n: _told(each) for n, each in config.items() if n != "name"}
    return {"class": type(value).__name__, **told}
