"""Statistics of batch normalisations, taken anew for the weights at hand."""

import typing

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.networks import tracing
from lottery_ticket.foundations.training import batch_norms, batches
from lottery_ticket.foundations.values import dataset_base

EXAMPLES = 10_000  # Enough for 78 batches of 128.


class NormStatistics:
    """Moving statistics of one network, compiled once for any weights.

    Weights that no training has led to, such as those between two networks,
    have running statistics of nothing. Here each batch normalisation gets

        moving_mean     = mean over batches b of mean_b
        moving_variance = mean over batches b of variance_b

    where mean_b and variance_b (the biased one, as Keras keeps) are those of
    its inputs in batch b, all layers before it being in training mode as well.
    So far as weights stand still, this is what training's running averages
    tend to. Only batch normalisations are in training mode: dropout is off,
    and examples are not augmented. Those that are frozen keep their statistics;
    one that is used several times has those of its last use.

    Batches are the first whole ones of the dataset's training order.

    Attributes:
        examples: Number of examples that statistics are taken over; 0 if the
            network has none to take.
    """

    def __init__(
        self,
        model: typing.Any,
        dataset: dataset_base.DatasetBase,
        tensors: tuple | None = None,
        examples: int = EXAMPLES,
    ):
        """Prepares; compilation happens at the first use.

        Args:
            model: ModelBase.
            dataset: Whose training examples are taken.
            tensors: They on the device, x first, as from `batches.load`; None
                loads them, unless they are streamed.
            examples: How many to use at most; one batch is always used.
        """
        self._network = model.network
        self._norms = [
            norm for norm in tracing.norms(model.network) if norm.trainable
        ]
        self._moving: list[typing.Any] = [
            variable
            for layer in self._norms
            for variable in (layer.moving_mean, layer.moving_variance)
        ]
        split = dataset.train
        self._split, self._prepare = split, dataset.prepare
        whole = min(examples, split.size) // split.batch_size
        self._rows, _ = split.batches(0, max(whole, 1))
        self.examples = self._rows.size if self._norms else 0
        self._x = None if tensors is None else tensors[0]
        if self._norms and tensors is None and not split.is_streamed:
            self._x, *_ = batches.load(split)
        self._of_batch = tf.function(
            self._statistics,
            autograph=False,
            input_signature=[
                batches.signature(split),
                [
                    tf.TensorSpec(v.shape, v.dtype)
                    for v in self._network.variables
                ],
            ],
        )

    def recompute(self) -> None:
        """Gives the network's batch normalisations, if any, new statistics."""
        if not self._norms:
            return
        values = [tf.identity(v.value) for v in self._network.variables]
        total = sum(
            self._of_batch(x, values).numpy()  # Sync point.
            for x in self._batches()
        )
        sizes = [np.prod(variable.shape) for variable in self._moving]
        means = np.split(total / len(self._rows), np.cumsum(sizes)[:-1])
        for variable, mean in zip(self._moving, means, strict=True):
            variable.assign(mean.reshape(variable.shape).astype(np.float32))

    def _batches(self):
        if self._x is not None:
            return map(batches.taker(self._x), self._rows)
        found = tf.data.Dataset.from_tensor_slices(self._rows)
        return batches.in_background(
            found, lambda rows: batches.stream(self._split, rows)
        )

    def _statistics(self, x, values):
        """All statistics of one batch, end to end, in float64."""
        stands = list(zip(self._network.variables, values, strict=True))
        with (
            keras.StatelessScope(stands) as scope,
            batch_norms.fused(self._network),
            tracing.changed(map(_in_training, self._norms)),
        ):
            self._network(batches.prepared(self._prepare, x), training=False)
            found = [scope.get_current_value(each) for each in self._moving]
        wide = [keras.ops.cast(each, "float64") for each in found]
        return keras.ops.concatenate([keras.ops.reshape(x, [-1]) for x in wide])


def _in_training(norm):
    """The layer, and what traces it in training mode, with momentum 0."""
    before = norm.call  # As `batch_norms.fused` has set it.

    def call(inputs, training=None, mask=None):
        return before(inputs, training=True, mask=mask)

    return norm, {"call": call, "momentum": 0.0}
