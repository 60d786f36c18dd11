"""One training iteration: loss, masked gradient, update."""

import contextlib
import logging
import typing

import keras
import tensorflow as tf

from lottery_ticket.foundations.machine import devices, precision
from lottery_ticket.foundations.networks import (
    keras_private,
    mask_constraint,
    substitution,
)
from lottery_ticket.foundations.training import (
    batch_norms,
    max_pooling,
    step_hooks,
    trainee,
)
from lottery_ticket.foundations.values import nested

_log = logging.getLogger(__name__)


class TrainingStep:
    """One optimizer step of a network on one batch, to be traced."""

    def __init__(
        self,
        model: trainee.Trainee,
        optimizer: keras.optimizers.Optimizer,
        weight_decay: float = 0.0,
        label_smoothing: float = 0.0,
        jit: bool = False,
        is_compiled: bool = False,
        hook: step_hooks.StepHook = step_hooks.NONE,
    ):
        """Attaches the hook and builds the optimizer.

        Args:
            optimizer: Keras optimizer, not built.
            weight_decay: As of `run_settings.Step`, like label_smoothing.
                Coupled L2 is what PyTorch and the papers do.
            label_smoothing: 0 is none.
            jit: Whether to compile the update with XLA.
            is_compiled: Whether XLA compiles the whole step.
            hook: What else changes the step; new.
        """
        self.network = model.network
        self.hook = hook
        self.optimizer = mask_constraint.mask_gradients(optimizer)
        self._strategy = model.strategy
        self._is_compiled = is_compiled
        self._task = model.task
        self._weight_decay = weight_decay
        self._has_said = False
        self._smoothing = (
            {"label_smoothing": label_smoothing} if label_smoothing else {}
        )
        with self._strategy.scope():
            hook.attach(model)
            hook.watch(optimizer)
            optimizer.build(hook.trained(self.network.trainable_variables))
        self._update = (
            tf.function(self._apply, jit_compile=True, autograph=False)
            if jit
            else self._apply
        )

    def __call__(
        self, x: typing.Any, *targets: typing.Any, is_observed: bool = False
    ) -> tf.Tensor:
        """Trains on a batch of prepared examples.

        Args:
            targets: Labels, and weights if there are any; see `Task.batch`.
            is_observed: Whether the hook sees the gradients in place of a step;
                for one device.

        Returns:
            Loss and metrics before the update, shape (columns,).
        """
        count = self._strategy.num_replicas_in_sync
        if count == 1:
            with batch_norms.fused(self.network):
                return self._step(x, *targets, is_observed=is_observed)
        with batch_norms.synchronized(self.network):
            results = self._strategy.run(self._replica_step, args=(x, *targets))
        return self._strategy.reduce("MEAN", results, axis=None)

    def without_xla(self) -> "TrainingStep":
        """Has XLA compile no part of it any more; returns itself."""
        self._update, self._is_compiled = self._apply, False
        return self

    def _replica_step(self, *batch):
        """One replica's share of a batch: every n-th example."""
        context = tf.distribute.get_replica_context()
        first = context.replica_id_in_sync_group
        count = context.num_replicas_in_sync
        return self._step(*nested.mapped(lambda x: x[first::count], batch))

    def _step(self, x, *targets, is_observed=False):
        variables = self.network.trainable_variables
        poolings = max_pooling.compared(self.network)
        with (
            poolings if self._is_compiled else contextlib.nullcontext(),
            tf.GradientTape() as tape,
        ):
            outputs, losses = self._outputs(x)
            y, *weights = targets
            results = self._task.batch(y, outputs, *weights, **self._smoothing)
            loss = self.hook.objective(x, targets, outputs, results[0])
            # Those of float64 and float16 layers are of their dtype.
            others = [tf.cast(x, loss.dtype) for x in losses]
            objective = self.optimizer.scale_loss(tf.add_n([loss, *others]))
        values = [variable.value for variable in variables]
        gradients = tape.gradient(objective, values)
        self._check_reached(gradients)
        use = self._observe if is_observed else self._update
        use(
            [
                tf.zeros_like(value) if gradient is None else gradient
                for gradient, value in zip(gradients, values, strict=True)
            ]
        )
        return tf.stack([tf.cast(x, tf.float32) for x in results])

    def _outputs(self, x):
        """Outputs, and what is added to the loss."""
        is_plain = step_hooks.is_none(self.hook)
        stands = [] if is_plain else self.hook.substitutes(self._iteration)
        if not stands:
            outputs = self.network(x, training=True)
            return outputs, self.network.losses
        outputs, losses = substitution.call(
            self.network, x, stands, training=True
        )
        return outputs, [*losses, *keras_private.weight_losses(self.network)]

    @property
    def _iteration(self):
        """How many iterations the run has had, an int64 scalar."""
        counter: typing.Any = self.optimizer.iterations
        return tf.cast(tf.identity(tf.convert_to_tensor(counter)), tf.int64)

    def _check_reached(self, gradients):
        """Names the variables that no gradient reaches, as `fit` does."""
        variables = self.network.trainable_variables
        pairs = zip(variables, gradients, strict=True)
        missed = [v.path for v, gradient in pairs if gradient is None]
        if len(missed) == len(variables):
            raise ValueError(
                f"No gradient reaches any variable of {self.network.name!r}: "
                "its outputs come from what has none, such as argmax or round"
            )
        if missed and not self._has_said:
            self._has_said = True
            _log.warning(
                "No gradient reaches %s: the loss does not depend on it, or "
                "by an operation that has none",
                ", ".join(missed),
            )

    def _apply(self, gradients):
        if step_hooks.is_none(self.hook):
            self._move(gradients, self.network.trainable_variables)
            return
        variables = self.network.trainable_variables
        iteration = self._iteration
        gradients = [tf.convert_to_tensor(each) for each in gradients]
        before = [tf.identity(variable.value) for variable in variables]
        found = self.hook.gradients(gradients, iteration)
        # All of them, before any variable moves: a product of one that had been
        # read could still see it move (TensorFlow 2.21 without XLA).
        with tf.control_dependencies(found):
            found = [tf.identity(each) for each in found]
        self._move(found, self.hook.trained(variables))
        self.hook.updated(gradients, before, iteration)

    def _observe(self, gradients):
        """Counts the iteration, which moves no trained variable."""
        self.hook.observed([tf.convert_to_tensor(each) for each in gradients])
        iterations: typing.Any = self.optimizer.iterations
        iterations.assign_add(1)

    def _move(self, gradients, variables):
        # Keras's optimizers add up the gradients of all replicas.
        share = 1 / self._strategy.num_replicas_in_sync
        decay = self.optimizer.scale_loss(tf.constant(self._weight_decay))
        pairs = []
        for gradient, variable in zip(gradients, variables, strict=True):
            gradient = tf.convert_to_tensor(gradient)  # Embeddings' are sparse.
            if self._weight_decay:
                gradient += tf.cast(decay, gradient.dtype) * variable.value
            if share < 1:
                gradient *= share
            pairs.append((gradient, variable))
        self.optimizer.apply_gradients(pairs)


def scaled(
    optimizer: keras.optimizers.Optimizer, network: keras.Model
) -> keras.optimizers.Optimizer:
    """Returns an optimizer that scales the loss if float16 needs it.

    As Keras's own `compile` does; small gradients would round to 0.
    """
    layers = keras_private.layers(network)
    is_half = any(layer.compute_dtype == "float16" for layer in layers)
    is_scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    if not is_half or is_scaled:
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)


class Policy(typing.NamedTuple):
    """Parts of training to compile with XLA."""

    loop: bool  # The whole loop: forward and backward pass and update.
    update: bool  # The optimizer's update alone, if the loop is not.


def choose_policy(network: keras.Model, jit: bool | None = None) -> Policy:
    """Returns what trains a network fastest, by device and layers.

    Unless jit decides for everything. Measured on 2 cores of a Xeon: XLA on a
    CPU more than halves the time of dense networks, and makes convolutions
    inside the loop 50 times slower; there the update alone gains, 6 % of
    Conv-2's iterations. Layers that XLA cannot compile say so themselves
    (`supports_jit`). XLA has no short products of a CPU.
    """
    if tf.distribute.get_strategy().num_replicas_in_sync > 1:
        return Policy(loop=False, update=False)
    if jit is not None:
        return Policy(loop=jit, update=False)
    layers = keras_private.layers(network)
    has_convolutions = any("Conv" in type(layer).__name__ for layer in layers)
    has_gpu = tf.test.is_built_with_cuda() and devices.sees_gpu()
    loop = has_gpu or not (has_convolutions or precision.has_short_products())
    loop = loop and all(layer.supports_jit for layer in layers)
    return Policy(loop=loop, update=not loop)
