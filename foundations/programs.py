"""The compiled training loop and evaluation of one network."""

import concurrent.futures
import json

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations import mask_constraint

EVALUATION_BATCH_SIZE = 1000
_EVALUATOR = concurrent.futures.ThreadPoolExecutor(1, "evaluation")
MAX_PROGRAMS = 4  # A sweep over learning rates compiles one for each.


def program(model, optimizer_fn, dataset, jit=None) -> "Program":
    """Returns the program of a model, with a fresh optimizer's state and data.

    One that was compiled for the same model, optimizer settings and shapes is
    used again; a model keeps the last few, and the data of one.

    Args:
        model: ModelBase.
        optimizer_fn: Function () -> keras optimizer, not built.
        dataset: DatasetBase to train on and to evaluate.
        jit: Whether to compile with XLA; None decides by `uses_xla`.

    Raises:
        ValueError: If optimizer_fn returns one that has been used.
    """
    optimizer = optimizer_fn()
    if optimizer.built:
        raise ValueError(
            "optimizer_fn must return a new optimizer each time. Received: one "
            "that has been used"
        )
    split = dataset.train
    jit = uses_xla(model.network) if jit is None else jit
    key = (
        json.dumps(optimizer_config(optimizer), sort_keys=True),
        split.batch_size,
        split.partial_size,
        split.x.shape[1:],
        split.x.dtype,
        tuple(variable.path for variable in model.network.trainable_variables),
        jit,
    )
    chosen = model.programs.pop(key, None)
    if chosen is None:
        chosen = Program(model, optimizer, split, jit)
    else:
        chosen.reset_optimizer(optimizer)
    for other in model.programs.values():
        other.unload()
    chosen.load(dataset)
    kept = list(model.programs.items())[-(MAX_PROGRAMS - 1) :]
    model.programs = {**dict(kept), key: chosen}
    return chosen


def optimizer_config(optimizer) -> dict:
    """Returns the class and settings of an optimizer as JSON values."""
    config = keras.optimizers.serialize(optimizer)["config"]
    config["name"] = f"{type(optimizer).__module__}.{type(optimizer).__name__}"
    # Names of what is no JSON: its text may hold an address in memory.
    text = json.dumps(config, default=lambda value: type(value).__name__)
    return json.loads(text)


def uses_xla(network) -> bool:
    """Whether a network trains faster with XLA, by device and layers.

    Measured on 2 cores of a Xeon: XLA on a CPU more than halves the time of
    dense networks, and makes convolutions inside the loop 50 times slower.
    """
    has_convolutions = any(
        "Conv" in type(layer).__name__
        for layer in network._flatten_layers(include_self=False)
    )
    has_cuda = tf.test.is_built_with_cuda()
    on_gpu = has_cuda and bool(tf.config.list_physical_devices("GPU"))
    return on_gpu or not has_convolutions


class Program:
    """Training steps and evaluation, each compiled once."""

    def __init__(self, model, optimizer, split, jit):
        """Builds the optimizer; compilation happens at the first use.

        Args:
            model: ModelBase.
            optimizer: Keras optimizer, not built.
            split: DatasetSplit to train on, for its batch sizes.
            jit: Whether to compile with XLA.
        """
        self.network = model.network
        self.optimizer = optimizer
        self._loss_and_accuracy = model.create_loss_and_accuracy
        self._batch_size = split.batch_size
        self._partial_size = split.partial_size
        self._dataset, self._tensors = None, {}
        optimizer.build(self.network.trainable_variables)
        # AutoGraph is not needed, and does not run on every Python.
        self._train = tf.function(
            self._train_steps, jit_compile=jit, autograph=False
        )
        self._evaluate = tf.function(
            self._evaluate_all,
            autograph=False,
            input_signature=[
                tf.TensorSpec([None, *split.x.shape[1:]], split.x.dtype),
                tf.TensorSpec([None], split.y.dtype),
                _specs(self.network.trainable_variables),
                _specs(self.network.non_trainable_variables),
            ],
        )

    @property
    def state(self) -> dict:
        """All variables that training moves, by a name that is stable."""
        moving = {
            "network": self.network.variables,
            "optimizer": self.optimizer.variables,
        }
        return {
            f"{kind}/{index}": variable
            for kind, variables in moving.items()
            for index, variable in enumerate(variables)
        }

    def reset_optimizer(self, fresh) -> None:
        """Gives the optimizer the state of a fresh one with its settings."""
        fresh.build(self.network.trainable_variables)
        pairs = zip(self.optimizer.variables, fresh.variables, strict=True)
        for variable, initial in pairs:
            variable.assign(initial.value)

    def load(self, dataset) -> None:
        """Puts all splits of a dataset on the device, unless they are there."""
        if self._dataset is not dataset:
            self._dataset = dataset
            self._tensors = {
                name: (tf.constant(split.x), tf.constant(split.y))
                for name, split in dataset.splits.items()
            }

    def unload(self) -> None:
        """Lets go of the data."""
        self._dataset, self._tensors = None, {}

    def train(self, start: int, count: int, capacity: int):
        """Trains on consecutive batches of the loaded dataset.

        Args:
            start: Iteration of the first batch, counted from 0.
            count: Number of iterations.
            capacity: Number of iterations to compile for; at least count. Each
                new one costs a compilation.

        Returns:
            Pair of float32 arrays, shape (count,): loss and accuracy of each
            batch before its update.
        """
        rows, sizes = self._dataset.train.batches(start, count)
        rows = np.pad(rows, [(0, capacity - count), (0, 0)])
        sizes = np.pad(sizes, (0, capacity - count))
        # A Python number would be compiled in.
        results = self._train(
            *self._tensors["train"], rows, sizes, np.int32(count)
        )
        return results.numpy()[:, :count]  # Sync point.

    def start_evaluation(self, split_name: str) -> concurrent.futures.Future:
        """Begins to evaluate the network as it stands, over a whole split.

        It goes on while the next iterations train, on the cores that these
        leave idle.

        Args:
            split_name: "train", "validate" or "test".

        Returns:
            Future of a pair of floats: mean loss and accuracy.
        """
        x, y = self._tensors[split_name]
        # Values, not variables: training moves those meanwhile.
        values = [
            [tf.identity(variable.value) for variable in variables]
            for variables in (
                self.network.trainable_variables,
                self.network.non_trainable_variables,
            )
        ]

        def evaluate():
            sums = self._evaluate(x, y, *values).numpy()  # Sync point.
            loss, accuracy = sums / len(y)
            return float(loss), float(accuracy)

        return _EVALUATOR.submit(evaluate)

    def _train_steps(self, x, y, rows, sizes, count):
        results = tf.zeros((2, rows.shape[0]))

        def body(iteration, results):
            result = self._train_on_rows(
                x, y, rows[iteration], sizes[iteration]
            )
            index = tf.stack([[0, iteration], [1, iteration]])
            results = tf.tensor_scatter_nd_update(results, index, result)
            return iteration + 1, results

        _, results = tf.while_loop(
            lambda iteration, _: iteration < count, body, (0, results)
        )
        return results

    def _train_on_rows(self, x, y, rows, size):
        def on(rows):
            return self._train_step(tf.gather(x, rows), tf.gather(y, rows))

        if not self._partial_size:
            return on(rows)
        return tf.cond(
            tf.equal(size, self._batch_size),
            lambda: on(rows),
            lambda: on(rows[: self._partial_size]),
        )

    def _train_step(self, x, y):
        variables = self.network.trainable_variables
        with tf.GradientTape() as tape:
            logits = self.network(x, training=True)
            loss, accuracy = self._loss_and_accuracy(y, logits)
            objective = tf.add_n([loss, *self.network.losses])
        gradients = tape.gradient(objective, [v.value for v in variables])
        self.optimizer.apply(
            [
                _masked(gradient, variable.constraint)
                for gradient, variable in zip(gradients, variables, strict=True)
            ],
            variables,
        )
        return tf.stack([loss, accuracy])

    def _evaluate_all(self, x, y, trainable, non_trainable):
        def body(start, sums):
            end = start + EVALUATION_BATCH_SIZE
            logits, _ = self.network.stateless_call(
                trainable, non_trainable, x[start:end], training=False
            )
            labels = y[start:end]
            means = tf.stack(self._loss_and_accuracy(labels, logits))
            size = tf.cast(tf.size(labels), tf.float64)
            return end, sums + tf.cast(means, tf.float64) * size

        _, sums = tf.while_loop(
            lambda start, _: start < tf.shape(y)[0],
            body,
            (0, tf.zeros(2, tf.float64)),
        )
        return sums


def _specs(variables):
    return [tf.TensorSpec(each.shape, each.dtype) for each in variables]


def _masked(gradient, constraint):
    """Gradient without pruned entries, so that their slots stay exactly 0."""
    if not isinstance(constraint, mask_constraint.MaskConstraint):
        return gradient
    return tf.where(constraint.mask, gradient, tf.zeros_like(gradient))
