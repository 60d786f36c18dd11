"""The compiled training loop and evaluation of one network."""

import concurrent.futures
import functools
import itertools
import logging
import re
import typing
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.networks import (
    keras_private,
    mask_constraint,
)
from lottery_ticket.foundations.training import (
    batches,
    network_evaluation,
    optimizer_identity,
    step_hooks,
    trainee,
    training_step,
)
from lottery_ticket.foundations.values import dataset_base, examples

MAX_PROGRAMS = 4  # A sweep over learning rates compiles one for each.
# Of loops on a GPU, which would wait for the host at each iteration if their
# length were an argument: each is a program.
LENGTHS = (64, 8, 1)
_log = logging.getLogger(__name__)


def program(
    model: trainee.Trainee,
    optimizer_fn: Callable[[], keras.optimizers.Optimizer],
    dataset: dataset_base.DatasetBase,
    jit: bool | None = None,
    weight_decay: float = 0.0,
    label_smoothing: float = 0.0,
    hook: step_hooks.StepHook = step_hooks.NONE,
) -> "Program":
    """Returns the program of a model, with a fresh optimizer's state and data.

    One that was compiled for the same model, optimizer settings and shapes is
    used again; a model keeps the last few, and the data of one. jit, decay,
    smoothing and hook are as of `run_settings.Step`.

    Raises:
        ValueError: If optimizer_fn returns one that has been used or has a
            learning rate whose settings cannot be told, batches cannot be
            shared evenly by the replicas of the model's strategy, or the hook
            does not serve them.
    """
    with model.strategy.scope():
        optimizer = optimizer_fn()
        optimizer_identity.check_is_new(optimizer)
        optimizer = training_step.scaled(optimizer, model.network)
        policy = training_step.choose_policy(model.network, jit)
    split, variables = dataset.train, model.network.trainable_variables
    count = model.strategy.num_replicas_in_sync
    _check_shares(count, split, optimizer)
    step_hooks.check(hook, optimizer, count)
    key = (
        optimizer_identity.key(optimizer, variables),
        split.batch_size,
        split.partial_size,
        split.is_streamed,
        repr(split.specs),
        repr(examples.specs(split.targets)),
        repr((dataset.prepare, dataset.augment)),
        dataset.code,
        # Compiled in; without it, trials share one program.
        dataset.augment_seed if dataset.augment else None,
        # Of a search that was made again, paths are the same.
        id(model.network),
        tuple(variable.path for variable in variables),
        (policy, bool(jit), weight_decay, label_smoothing, model.holds),
        hook.key,
    )
    for other in [*model.programs]:
        if model.programs[other].has_failed:
            del model.programs[other]
    chosen = model.programs.pop(key, None)
    if not jit and any(each.has_left_xla for each in model.programs.values()):
        policy = training_step.Policy(loop=False, update=False)
    if chosen is None:
        step = training_step.TrainingStep(
            model,
            optimizer,
            weight_decay,
            label_smoothing,
            jit=policy.update,
            is_compiled=policy.loop,
            hook=hook,
        )
        chosen = Program(model, step, dataset, policy.loop, is_asked=bool(jit))
    else:
        chosen.reset(model, optimizer, hook)
    for other in model.programs.values():
        other.unload()
    chosen.load(dataset)
    model.programs[key] = chosen
    while len(model.programs) > MAX_PROGRAMS:
        del model.programs[next(iter(model.programs))]  # The oldest.
    return chosen


def _check_shares(count, split, optimizer):
    if count == 1:
        return
    if split.batch_size % count or split.partial_size % count:
        raise ValueError(
            f"{count} devices must share each batch evenly. Received: batches "
            f"of {split.batch_size}, the last of an epoch of "
            f"{split.partial_size or split.batch_size}. Use another "
            "train_batch_size, or drop_partial_batch"
        )
    limits = ("clipnorm", "clipvalue", "global_clipnorm")
    clipped = [each for each in limits if getattr(optimizer, each, None)]
    if clipped:
        raise ValueError(
            f"On several devices an optimizer cannot clip: each would clip its "
            f"own share of the gradient. Received: {', '.join(clipped)}"
        )


class Program:
    """Training steps and evaluation, each compiled once."""

    def __init__(
        self,
        model: trainee.Trainee,
        step: training_step.TrainingStep,
        dataset: dataset_base.DatasetBase,
        jit: bool,
        is_asked: bool = True,
    ):
        """Prepares, for a dataset's shapes; compiles at the first use.

        Args:
            jit: Whether to compile the loop with XLA; if streamed, each step.
            is_asked: Whether it is an error if XLA cannot compile what it is
                to; else all is compiled without it then.
        """
        self.network = model.network
        self.optimizer, self.hook = step.optimizer, step.hook
        self._columns = len(model.task.columns)
        self.keeps_averages = keras_private.keeps_averages(step.optimizer)
        self._strategy = model.strategy
        # Of a DatasetBase, and of its stream, while there is one: `load`.
        self._dataset: typing.Any = None
        self._tensors, self._stream = {}, (None, None)
        # Kept, as long as its address may be part of the program's key.
        self._augment = dataset.augment
        self._whole_step = step
        self._is_asked, self.is_compiled = is_asked, False
        self._show_compiling: Callable = lambda _: None
        self._has_constant_loops = devices.sees_gpu()
        self.has_left_xla = False
        self._compile(step, jit, dataset.train.is_streamed)
        self._evaluation = network_evaluation.Evaluation(model, dataset, jit)
        # In one call: a deep network has hundreds of variables.
        self.snapshot: Callable[[], list[tf.Tensor]] = tf.function(
            functools.partial(_values, self.network), autograph=False
        )

    def _compile(self, step, jit, is_streamed):
        # Length of a loop, size of its batches, and whether it is observed.
        self._met = set()
        observing = functools.partial(step, is_observed=True)
        self._train, self._observe = (
            self._loop_of(each, jit, is_streamed) for each in (step, observing)
        )

    def _loop_of(self, step, jit, is_streamed):
        """A loop of steps, to be compiled at its first call."""
        options = {"autograph": False}  # It does not run on every Python.
        # Partials: TensorFlow warns of compiling the same code often, be it for
        # many programs; of this one, it is the same once a size.
        if is_streamed:
            step = tf.function(step, jit_compile=jit, **options)
            loop = functools.partial(self._loop_on_stream, step)
            return tf.function(loop, **options)
        loop = functools.partial(self._loop_in_memory, step, jit)
        return tf.function(loop, jit_compile=jit, **options)

    @property
    def state(self) -> dict:
        """All variables that training moves, by a name that is stable."""
        moving = {
            # First: it may have masks, which hold where kernels are assigned.
            "hook": self.hook.variables,
            "network": self.network.variables,
            "optimizer": self.optimizer.variables,
        }
        return {
            f"{kind}/{index}": variable
            for kind, variables in moving.items()
            for index, variable in enumerate(variables)
        }

    @property
    def has_failed(self) -> bool:
        """Whether its first launch began, and did not end."""
        return bool(self._met) and not self.is_compiled

    def reset(
        self,
        model: trainee.Trainee,
        optimizer: keras.optimizers.Optimizer,
        hook: step_hooks.StepHook,
    ) -> None:
        """Gives optimizer and hook the state of fresh ones of their settings.

        Args:
            model: Where it starts.
        """
        trained = self.network.trainable_variables
        with self._strategy.scope():
            hook.attach(model)
            optimizer.build(hook.trained(trained))
        now = [*self.optimizer.variables, *self.hook.variables]
        fresh = [*optimizer.variables, *hook.variables]
        for variable, initial in zip(now, fresh, strict=True):
            variable.assign(tf.convert_to_tensor(initial))

    def load(self, dataset: dataset_base.DatasetBase) -> None:
        """Puts splits on the device, unless they are there or streamed."""
        if self._dataset is dataset:
            return
        self._dataset, self._stream = dataset, (None, None)
        self._tensors = {
            name: batches.load(split)
            for name, split in dataset.splits.items()
            if not split.is_streamed
        }

    def unload(self) -> None:
        """Lets go of the data."""
        self._dataset, self._tensors, self._stream = None, {}, (None, None)

    def train(self, start: int, count: int, capacity: int) -> np.ndarray:
        """Trains as `launch` does, to the end.

        Returns a float32 array, shape (columns, count): loss and metrics of
        each batch before its update, as the model's task has them.
        """
        return fetched(self.launch(start, count, capacity))

    def launch(
        self,
        start: int,
        count: int,
        capacity: int,
        show_compiling: Callable[[bool], None] = lambda _: None,
        is_observed: bool = False,
    ) -> list[tf.Tensor]:
        """Has consecutive batches of the loaded dataset trained on.

        A GPU may still be at it when this returns; what is asked of variables
        from then on is of after it.

        Args:
            start: Iteration of the first batch, counted from 0.
            capacity: Number of iterations to compile for; at least count. Each
                new one costs a compilation.
            show_compiling: Told as compiling begins, and as it is over.
            is_observed: Whether the hook sees the gradients, and no step is
                taken.

        Returns:
            What `fetched` waits for.

        Raises:
            ValueError: If XLA cannot compile what it was asked to.
        """
        self._show_compiling = show_compiling
        given = (start, count, capacity, is_observed)
        if self.is_compiled:
            return self._launched(*given)
        # What had run before XLA gave up is taken back.
        before = [tf.convert_to_tensor(v) for v in self.state.values()]
        try:
            results = self._launched(*given)
        except tf.errors.OpError as error:
            self._leave_xla(error)
            pairs = zip(self.state.values(), before, strict=True)
            for variable, value in pairs:
                variable.assign(value)
            results = self._launched(*given)
        self.is_compiled = True
        return results

    def _leave_xla(self, error):
        """Goes on without XLA, if it is what failed and is not asked for."""
        if self.has_left_xla or not re.search("XLA|_JIT", error.message):
            raise error
        node = re.search(r"node `?(?:while/)?([\w/.-]+)", error.message)
        fault = f"XLA cannot compile {node[1] if node else 'this network'}"
        if self._is_asked:
            raise ValueError(f"{fault}: set jit=False, or leave it open")
        _log.warning(
            "%s: trained without XLA, as jit=False says at once", fault
        )
        self.has_left_xla, self._stream = True, (None, None)
        step = self._whole_step.without_xla()
        self._compile(step, False, self._dataset.train.is_streamed)

    def event(self, iteration: int) -> dict:
        """Calls the hook's event after an iteration; see `StepHook.event`."""
        return self.hook.event(iteration, self.optimizer)

    def _launched(self, start, count, capacity, is_observed):
        train = self._train_on_stream
        if not self._dataset.train.is_streamed:
            train = self._train_in_memory
        return list(train(start, count, capacity, is_observed))

    def finalize(self) -> None:
        """Ends training as `fit` does: with averages, if the optimizer has any.

        Pruned weights are what they are held at, in averages as well.
        """
        if not self.keeps_averages:
            return
        variables = self.network.trainable_variables
        with self._strategy.scope():
            self.optimizer.finalize_variable_values(
                self.hook.trained(variables)
            )
            self.hook.finalized()
            for variable in variables:
                if isinstance(
                    variable.constraint, mask_constraint.MaskConstraint
                ):
                    variable.assign(variable.constraint.put_back(variable))

    def start_evaluation(
        self, split_name: str, values: list[tf.Tensor] | None = None
    ) -> concurrent.futures.Future:
        """Begins to evaluate a split, of a `snapshot`; see Evaluation.start."""
        split = self._dataset.splits[split_name]
        tensors = self._tensors.get(split_name)
        return self._evaluation.start(split, tensors, values)

    def _train_in_memory(self, start, count, capacity, is_observed):
        """Yields results of the batches between two of other sizes.

        Each size is a program: in one for all, a branch would be compiled, and
        taken at every iteration.
        """
        loop = self._observe if is_observed else self._train
        rows, sizes = self._dataset.train.batches(start, count)
        borders = [0, *np.flatnonzero(np.diff(sizes)) + 1, count]
        loops = self._loops(borders, capacity, sizes, is_observed)
        for first, last, length in loops:
            chosen = np.zeros((length, sizes[first]), np.int32)
            chosen[: last - first] = rows[first:last, : sizes[first]]
            # Python numbers would be compiled in.
            numbers = np.int32(start + first), np.int32(last - first)
            results = loop(self._tensors["train"], chosen, *numbers)
            yield results[: last - first]

    def _train_on_stream(self, start, count, capacity, is_observed):
        """Yields results of all; the stream goes on where it stands."""
        loop = self._observe if is_observed else self._train
        expected, iterator = self._stream
        if expected != start:
            iterator = iter(batches.training_stream(self._dataset, start))
        self._stream = start + count, iterator
        sizes = np.zeros(count)
        loops = self._loops([0, count], capacity, sizes, is_observed)
        for first, last, length in loops:
            slots, number = np.zeros(length, np.float32), np.int32(last - first)
            results = loop(iterator, slots, number)
            yield results[: last - first]

    def _loops(self, borders, capacity, sizes, is_observed=False):
        """Yields first, last and what to compile for, of loops one by one."""
        for first, last in itertools.pairwise(borders):
            while first < last:
                length = capacity
                if self._has_constant_loops:
                    length = next(n for n in LENGTHS if n <= last - first)
                end = min(first + length, last)
                loop = (length, sizes[first], is_observed)
                is_new = loop not in self._met
                if is_new:
                    self._met.add(loop)
                    self._show_compiling(True)
                    if not self._has_constant_loops:
                        end = first + 1  # The call trains while it compiles.
                yield first, end, length
                if is_new:
                    self._show_compiling(False)
                first = end

    def _loop_in_memory(self, take_step, jit, tensors, rows, start, count):
        x, *targets = tensors
        take = batches.taker(x, is_compiled=jit)

        def step(iteration):
            chosen = rows[iteration]
            examples = batches.augmented(
                self._dataset, take(chosen), start + iteration
            )
            return take_step(
                batches.prepared(self._dataset.prepare, examples),
                *batches.gathered(tuple(targets), chosen),
            )

        return self._loop(step, count, rows.shape[0])

    def _loop_on_stream(self, take_step, iterator, slots, count):
        def step(iteration):
            examples, *targets = next(iterator)
            return take_step(
                batches.prepared(self._dataset.prepare, examples), *targets
            )

        return self._loop(step, count, slots.shape[0])

    def _loop(self, step, count, capacity):
        """Results of step(0), step(1), ..., shape (capacity, columns)."""
        bound = capacity if self._has_constant_loops else count
        empty = tf.TensorArray(
            tf.float32, capacity, element_shape=[self._columns]
        )
        _, results = tf.while_loop(
            lambda iteration, _: iteration < bound,
            lambda iteration, results: (
                iteration + 1,
                results.write(iteration, step(iteration)),
            ),
            (0, empty),
        )
        return results.stack()


def _values(network):
    return [tf.identity(variable.value) for variable in network.variables]


def fetched(results: list[tf.Tensor]) -> np.ndarray:
    """Waits for what was launched; returns it, shape (columns, count)."""
    return np.vstack([each.numpy() for each in results]).T  # Sync point.
