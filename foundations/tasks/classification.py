"""One of several classes, by the loss and the accuracy of a ModelBase."""

import typing
from collections.abc import Callable

import tensorflow as tf

from lottery_ticket.foundations.tasks import task
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.foundations.values import headline as headline_lib


class Classification(task.Task):
    """Softmax cross-entropy, or what a subclass of ModelBase has in its place.

    Metrics of batches add up to those of a split: each is a mean.
    """

    smooths_labels = True

    def __init__(self, loss_and_accuracy: Callable):
        """Takes `create_loss_and_accuracy` of a ModelBase."""
        self._loss_and_accuracy = loss_and_accuracy
        self.name, self.words = "classification", "cross-entropy, accuracy"
        self.metrics, self.headline = ("accuracy",), headline_lib.ACCURACY
        self.identity, self.code = {}, ()

    def check(
        self, num_outputs: int, dataset: dataset_base.DatasetBase
    ) -> None:
        classes = dataset.num_classes or 0
        if num_outputs < classes:
            raise ValueError(
                f"The network has logits for {num_outputs} classes. "
                f"Received: labels of {classes}"
                + ("; yes or no are two" if num_outputs == 1 else "")
            )

    def batch(
        self,
        y: typing.Any,
        outputs: typing.Any,
        weights: typing.Any = None,
        **smoothing: float,
    ) -> tuple:
        given = {} if weights is None else {"weights": weights}
        return self._loss_and_accuracy(y, outputs, **given, **smoothing)

    def start(self) -> list:
        return [tf.zeros(2, tf.float64)]

    def add(
        self,
        sums: list,
        y: typing.Any,
        outputs: typing.Any,
        weights: typing.Any = None,
        stands: typing.Sequence[tuple] = (),
    ) -> list:
        means = self.batch(y, outputs, weights)
        wide = tf.stack([tf.cast(each, tf.float64) for each in means])
        return [sums[0] + wide * tf.cast(tf.size(y), tf.float64)]

    def result(self, sums: list, size: int) -> tuple[float, ...]:
        loss, accuracy = sums[0].numpy() / size  # Sync point.
        return float(loss), float(accuracy)
