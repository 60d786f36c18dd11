"""Loss and metrics of networks over whole splits."""

import concurrent.futures
import typing

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.networks import network_variables
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.training import batch_norms, batches, trainee
from lottery_ticket.foundations.values import (
    dataset_base,
    dataset_split,
    names,
    nested,
)

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
        self._task = model.task
        self._prepare = dataset.prepare
        numbers = batches.numbers(split)
        self._batch_size = max(1, min(BATCH_SIZE, BATCH_NUMBERS // numbers))
        self._functions = {}  # By whether there are weights.

    def start(
        self,
        split: dataset_split.DatasetSplit,
        tensors: tuple | None = None,
        values: list[tf.Tensor] | None = None,
    ) -> concurrent.futures.Future:
        """Begins to evaluate the network over a whole split.

        It goes on while the next iterations train, on the cores that these
        leave idle. The future is of floats: loss and metrics, as the task of
        the model has them.

        Args:
            tensors: The split on the device, as from `batches.load`, unless it
                is streamed.
            values: Those of `network.variables`, in their order; None means as
                they stand.
        """
        if tensors is None:
            stream = batches.evaluation_stream(split, self._batch_size)
        else:
            stream = [tensors]
        if values is None:  # Variables would be moved by training meanwhile.
            values = [tf.identity(v.value) for v in self._network.variables]

        sum_up = self._function(split)

        def evaluate():
            sums = self._task.start()
            for x, *targets in stream:
                sums = sum_up(x, tuple(targets), values, sums)
            return self._task.result(sums, split.size)

        return _THREAD.submit(evaluate)

    def _function(self, split):
        """The function that sums up batches of any number, compiled once."""
        has_weights = split.weights is not None
        if has_weights not in self._functions:
            variables = self._network.variables
            self._functions[has_weights] = tf.function(
                self._sum_up,
                autograph=False,
                input_signature=[
                    batches.signature(split),
                    batches.signature_of_targets(split),
                    [
                        tf.TensorSpec(each.shape, each.dtype)
                        for each in variables
                    ],
                    [tf.TensorSpec.from_tensor(x) for x in self._task.start()],
                ],
            )
        return self._functions[has_weights]

    def _sum_up(self, x, targets, values, sums):
        """Sums of the task, batch by batch: memory stays bounded."""
        stands = list(zip(self._network.variables, values, strict=True))

        def body(start, *sums):
            end = start + self._batch_size
            part = nested.mapped(lambda each: each[start:end], x)
            examples = batches.prepared(self._prepare, part)
            with (
                keras.StatelessScope(stands),
                batch_norms.fused(self._network),
            ):
                outputs = self._network(examples, training=False)
            y, *weights = nested.mapped(lambda y: y[start:end], targets)
            moved = self._task.add(
                list(sums), y, outputs, *weights, stands=stands
            )
            return end, *moved

        first = nested.leaves(targets)[0]
        _, *sums = tf.while_loop(
            lambda start, *_: start < tf.shape(first)[0], body, (0, *sums)
        )
        return sums


class NetworkEvaluation:
    """Evaluates networks of one model; nothing is compiled twice.

    What is compiled is kept with the model, for all datasets of the same
    shapes; the data are not.

    Attributes:
        tensors: Dict, name of a split -> what `batches.load` gives, of those
            splits that are evaluated and not streamed.
    """

    def __init__(
        self,
        model: typing.Any,
        dataset: dataset_base.DatasetBase,
        splits: tuple[str, ...] | None = None,
    ):
        """Puts the splits on the device; compiles at the first use.

        Data that training had put there for this model, a ModelBase, goes.
        Splits are named in the order wanted; None means all that the dataset
        has. Raises ValueError if it has no such split.
        """
        known = dataset.splits
        for name in splits or ():
            names.check("split", name, known)
        self._splits = {name: known[name] for name in splits or known}
        for program in model.programs.values():
            program.unload()
        self._model = model
        train = dataset.train
        kind = repr(train.specs), repr(dataset.prepare)
        key = "evaluation", *kind, dataset.code
        if key not in model.compiled:
            model.compiled[key] = Evaluation(model, dataset)
        self._evaluation = model.compiled[key]
        self.tensors = {
            name: batches.load(split)
            for name, split in self._splits.items()
            if not split.is_streamed
        }

    def evaluate(
        self, network: dict[str, np.ndarray] | None = None
    ) -> dict[str, dict[str, float]]:
        """Returns loss and metrics over each split.

        Every example counts, none is augmented. The model's own weights and
        masks stay as they are, and masks of the model do not matter: a network
        is evaluated as it is given. Numbers are in float32's shortest exact
        form, as logs have them.

        Args:
            network: Dict, name -> array; what it does not name is as the model
                has it. None is the model as it stands.

        Returns:
            Dict, name of a split -> {"loss": ., metric: ., ...}, such as
            {"loss": in nats, "accuracy": in [0, 1]}.

        Raises:
            ValueError: If a name is not one of the model's, or an array has
                another shape or holds what float32 cannot.
        """
        variables = self._model.variables
        network = network or {}
        network_variables.check_presets(
            network, {name: each.shape for name, each in variables.items()}
        )
        stands = [(variables[name], each) for name, each in network.items()]
        with keras.StatelessScope(stands):
            futures = {
                name: self._evaluation.start(split, self.tensors.get(name))
                for name, split in self._splits.items()
            }
        found = {}
        for name, future in futures.items():
            numbers = map(save_restore.shortest, future.result())  # Sync point.
            columns = self._model.task.columns
            found[name] = dict(zip(columns, numbers, strict=True))
        return found


def in_lists(
    results: list[dict[str, dict[str, float]]],
) -> dict[str, dict[str, list[float]]]:
    """Returns results of several networks, as of `evaluate`, as lists."""
    return {
        split: {name: [each[split][name] for each in results] for name in first}
        for split, first in results[0].items()
    }
