"""Loss and accuracy of a network over a whole split, beside its training."""

import concurrent.futures
import math

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.training import batches, norm_tracing, trainee
from lottery_ticket.foundations.values import dataset_base, dataset_split

BATCH_SIZE = 1000
BATCH_NUMBERS = 1_500_000  # In the inputs: at most 488 CIFAR images at once.
_THREAD = concurrent.futures.ThreadPoolExecutor(1, "evaluation")


class Evaluation:
    """The evaluation of one network, compiled once for all splits."""

    def __init__(
        self, model: trainee.Trainee, dataset: dataset_base.DatasetBase
    ):
        """Prepares, for a dataset's shapes; compiles at the first use."""
        split = dataset.train
        self._network = model.network
        self._loss_and_accuracy = model.create_loss_and_accuracy
        self._prepare = dataset.prepare
        numbers = math.prod(split.x.shape[1:])
        self._batch_size = max(1, min(BATCH_SIZE, BATCH_NUMBERS // numbers))
        self._sums = tf.function(
            self._sum_up,
            autograph=False,
            input_signature=[
                tf.TensorSpec([None, *split.x.shape[1:]], split.x.dtype),
                tf.TensorSpec([None], split.y.dtype),
                [
                    tf.TensorSpec(variable.shape, variable.dtype)
                    for variable in self._network.variables
                ],
            ],
        )

    def start(
        self, split: dataset_split.DatasetSplit, tensors: tuple | None = None
    ) -> concurrent.futures.Future:
        """Begins to evaluate the network as it stands, over a whole split.

        It goes on while the next iterations train, on the cores that these
        leave idle. `tensors` are the split's (x, y) on the device, unless it is
        streamed. The future is of a pair of floats: mean loss and accuracy.
        """
        if tensors is None:
            stream = batches.evaluation_stream(split, self._batch_size)
        else:
            stream = [tensors]
        # Values, not variables: training moves those meanwhile.
        values = [tf.identity(v.value) for v in self._network.variables]

        def evaluate():
            sums = np.zeros(2)
            for x, y in stream:
                sums += self._sums(x, y, values).numpy()  # Sync point.
            loss, accuracy = sums / split.size
            return float(loss), float(accuracy)

        return _THREAD.submit(evaluate)

    def _sum_up(self, x, y, values):
        """Sums of losses and hits, batch by batch: memory stays bounded."""
        stands = list(zip(self._network.variables, values, strict=True))

        def body(start, sums):
            end = start + self._batch_size
            examples = batches.prepared(self._prepare, x[start:end])
            with (
                keras.StatelessScope(stands),
                norm_tracing.fused(self._network),
            ):
                outputs = self._network(examples, training=False)
            labels = y[start:end]
            means = tf.stack(self._loss_and_accuracy(labels, outputs))
            size = tf.cast(tf.size(labels), tf.float64)
            return end, sums + tf.cast(means, tf.float64) * size

        _, sums = tf.while_loop(
            lambda start, _: start < tf.shape(y)[0],
            body,
            (0, tf.zeros(2, tf.float64)),
        )
        return sums
