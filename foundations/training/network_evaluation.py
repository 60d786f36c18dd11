"""Loss and metrics of networks over whole splits."""

import concurrent.futures
import functools
import operator
import typing

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.networks import network_variables
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.training import (
    batch_norms,
    batches,
    trainee,
    training_step,
)
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
    """The evaluation of one network, compiled once for all splits.

    Attributes:
        is_compiled: Whether by XLA.
    """

    def __init__(
        self,
        model: trainee.Trainee,
        dataset: dataset_base.DatasetBase,
        jit: bool | None = None,
    ):
        """Prepares, for a dataset's shapes; compiles at the first use.

        Args:
            jit: Whether training is compiled with XLA; None decides as there.
                On GPUs, evaluation then is, too (untried); on CPUs it takes
                longer so.
        """
        split = dataset.train
        policy = training_step.choose_policy(model.network, jit)
        self.is_compiled = policy.loop and devices.sees_gpu()
        self._network = model.network
        self._task = model.task
        self._prepare = dataset.prepare
        numbers = batches.numbers(split)
        self._batch_size = max(1, min(BATCH_SIZE, BATCH_NUMBERS // numbers))
        self._functions = {}  # By forms of labels, and of weights if any.
        self._traced = set()  # Sizes of splits, and these forms.

    def start(
        self,
        split: dataset_split.DatasetSplit,
        tensors: tuple | None = None,
        values: list[tf.Tensor] | None = None,
    ) -> concurrent.futures.Future:
        """Begins to evaluate the network over a whole split.

        It goes on while the next iterations train, on the cores that these
        leave idle; but for the first, which traces the network, as training
        does: it is over when this returns. The future is of floats: loss and
        metrics, as the task of the model has them.

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

        def evaluate():
            sum_up, sums = self._function(split), self._task.start()
            for x, *targets in stream:
                sums = sum_up(x, tuple(targets), values, sums)
            return self._task.result(sums, split.size)

        def evaluate_somehow():
            try:
                return evaluate()
            except tf.errors.OpError:
                if not self.is_compiled:
                    raise
                self.is_compiled = False  # XLA cannot.
                self._functions.clear()
                return evaluate()

        future = _THREAD.submit(evaluate_somehow)
        traced = split.size, _form(split)
        if traced not in self._traced:
            self._traced.add(traced)
            concurrent.futures.wait([future])
        return future

    def _function(self, split):
        """The function that sums up batches of any number, compiled once.

        With XLA, once for each number.
        """
        form = _form(split)
        if form not in self._functions and self.is_compiled:
            self._functions[form] = tf.function(
                self._sum_up_sizes, autograph=False, jit_compile=True
            )
        elif form not in self._functions:
            variables = self._network.variables
            # A partial, as of `programs`: many networks are evaluated.
            self._functions[form] = tf.function(
                functools.partial(self._sum_up),
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
        return self._functions[form]

    def _sum_up(self, x, targets, values, sums):
        """Sums of the task, batch by batch: memory stays bounded."""

        def body(start, *sums):
            end = start + self._batch_size
            take = operator.itemgetter(slice(start, end))
            return end, *self._add(take, x, targets, values, sums)

        first = nested.leaves(targets)[0]
        _, *sums = tf.while_loop(
            lambda start, *_: start < tf.shape(first)[0], body, (0, *sums)
        )
        return sums

    def _sum_up_sizes(self, x, targets, values, sums):
        """The same, of batches whose sizes XLA knows: the last has its own."""
        size = nested.leaves(targets)[0].shape[0]
        count, rest = divmod(size, self._batch_size)

        def add(batch, batch_size, sums):
            def take(each):
                start = [batch * self._batch_size, *[0] * (each.shape.rank - 1)]
                return tf.slice(each, start, [batch_size, *each.shape[1:]])

            return self._add(take, x, targets, values, sums)

        if count:  # Else a batch would be larger than all.
            _, *sums = tf.while_loop(
                lambda batch, *_: batch < count,
                lambda batch, *sums: (
                    batch + 1,
                    *add(batch, self._batch_size, sums),
                ),
                (0, *sums),
            )
        return add(count, rest, sums) if rest else sums

    def _add(self, take, x, targets, values, sums):
        """Sums with those of another batch: what `take` takes of tensors."""
        stands = list(zip(self._network.variables, values, strict=True))
        examples = batches.prepared(self._prepare, nested.mapped(take, x))
        with keras.StatelessScope(stands), batch_norms.fused(self._network):
            outputs = self._network(examples, training=False)
        y, *weights = nested.mapped(take, targets)
        return self._task.add(list(sums), y, outputs, *weights, stands=stands)


class NetworkEvaluation:
    """Evaluates networks of one model; nothing is compiled twice.

    What is compiled is kept with the model, the last few, for all datasets of
    the same shapes; the data are not.

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
        self._evaluation = trainee.kept(
            model, key, lambda: Evaluation(model, dataset)
        )
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


def _form(split):
    """Of labels, and of weights if there are any: what is traced for them."""
    return repr(batches.signature_of_targets(split))
