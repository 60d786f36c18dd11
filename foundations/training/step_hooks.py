"""Step hooks: what changes an iteration of training beside its optimizer."""

import typing

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.training import trainee

with lazy.imports():
    import keras
    import tensorflow as tf


class StepHook:
    """Changes an iteration; this one does nothing.

    In each iteration, in this order: the network computes with what
    `substitutes` gives; `objective` may be another than the batch's loss;
    `gradients` may change its gradients, before weight decay, masks and
    clipping see them; the optimizer moves `trained`; `updated` may move
    variables once more. One hook that is at its default state serves one run;
    its variables go into checkpoints, so that a run that goes on from one has
    the same bytes.

    One that has events is called between two iterations, too, at those that
    `run_settings.Course` names; see `event`.

    Attributes:
        variables: Variables, of Keras or TensorFlow, that change in training
            beside those of network and optimizer, or are other numbers in
            another run, such as seeds; in a stable order.
        has_events: Whether `event` does anything.
        observes: Whether the iteration at which an event is due takes no step:
            `observed` sees its gradients instead, and then the event is called.
        changes_masks: Whether a run may end with other masks than it began.
    """

    variables: "tuple[typing.Any, ...]" = ()
    has_events = False
    observes = False
    changes_masks = False

    @property
    def parts(self) -> "tuple[StepHook, ...]":
        """The hooks that it is made of: itself."""
        return (self,)

    @property
    def identity(self) -> dict[str, typing.Any]:
        """All that the bytes of a run depend on, as JSON values by one name."""
        return {}

    @property
    def key(self) -> tuple:
        """All of it that is compiled in; runs that differ in more share it."""
        return (repr(self.identity),)

    def attach(self, model: trainee.Trainee) -> None:
        """Makes its variables, in the scope of a model's strategy.

        The model stands where the run starts.
        """

    def watch(self, optimizer: "keras.optimizers.Optimizer") -> None:
        """Takes the optimizer, before it is built: its learning rate counts."""

    def trained(
        self, variables: "list[keras.Variable]"
    ) -> "list[keras.Variable]":
        """Returns what the optimizer moves, instead of the network's.

        Args:
            variables: The network's trainable ones.
        """
        return variables

    def substitutes(
        self, iteration: "tf.Tensor"
    ) -> "list[tuple[keras.Variable, tf.Tensor]]":
        """Returns variables of the network, and what it computes with instead.

        Gradients are those of the variables, through these tensors.

        Args:
            iteration: int64 scalar, how many have been since the run's start.
        """
        return []

    def objective(
        self,
        x: typing.Any,
        targets: tuple,
        outputs: typing.Any,
        loss: "tf.Tensor",
    ) -> "tf.Tensor":
        """Returns what is minimised, a scalar of the loss's dtype.

        What layers add to the loss is added to it, too; logs are of the loss.

        Args:
            x: Prepared examples of the batch.
            targets: Labels, and weights if there are any; see `Task.batch`.
            outputs: What the network gives.
            loss: Of the batch.
        """
        return loss

    def gradients(
        self, gradients: "list[tf.Tensor]", iteration: "tf.Tensor"
    ) -> "list[tf.Tensor]":
        """Returns gradients of `trained`.

        Args:
            gradients: Of the network's trainable variables, in their order:
                dense, of the batch's objective, also where weights are pruned.
            iteration: As of `substitutes`.
        """
        return gradients

    def updated(
        self,
        gradients: "list[tf.Tensor]",
        before: "list[tf.Tensor]",
        iteration: "tf.Tensor",
    ) -> None:
        """Moves variables after the optimizer has moved its own.

        What is assigned to a kernel here passes by its mask: a factor keeps a
        0, a sum does not.

        Args:
            gradients: As `gradients` was given.
            before: Values of the network's trainable variables before the step.
            iteration: As of `substitutes`, of the same iteration.
        """

    def observed(self, gradients: "list[tf.Tensor]") -> None:
        """Sees what `gradients` would in an iteration that takes no step."""

    def event(
        self, iteration: int, optimizer: "keras.optimizers.Optimizer"
    ) -> dict:
        """Changes variables between two iterations.

        Nothing but those of the network, of the optimizer and its own, so that
        checkpoints hold all of it. Returns JSON values, for the record of the
        run.

        Args:
            iteration: How many have been, counted over the whole training; one
                that was observed is not counted.
            optimizer: What trains.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no event after iteration {iteration}"
        )

    def finalized(self) -> None:
        """Called where training ends with averages, once `trained` has them."""


class Hooks(StepHook):
    """Several hooks as one, each after the one before."""

    def __init__(self, hooks: typing.Iterable[StepHook]):
        """Takes hooks of which at most one changes what is trained.

        And at most one has events. Those that are several are taken one by one.
        """
        self._parts = tuple(part for hook in hooks for part in hook.parts)
        self.has_events = any(hook.has_events for hook in self._parts)
        self.observes = any(hook.observes for hook in self._parts)
        self.changes_masks = any(hook.changes_masks for hook in self._parts)

    @property
    def parts(self) -> tuple[StepHook, ...]:
        return self._parts

    @property
    def variables(self) -> "tuple[typing.Any, ...]":  # type: ignore[override]
        """Those of all."""
        return tuple(v for hook in self._parts for v in hook.variables)

    @property
    def identity(self) -> dict[str, typing.Any]:
        found: dict[str, typing.Any] = {}
        for hook in self._parts:
            found |= hook.identity
        return found

    @property
    def key(self) -> tuple:
        return tuple(hook.key for hook in self._parts)

    def attach(self, model: trainee.Trainee) -> None:
        for hook in self._parts:
            hook.attach(model)

    def watch(self, optimizer: "keras.optimizers.Optimizer") -> None:
        for hook in self._parts:
            hook.watch(optimizer)

    def trained(
        self, variables: "list[keras.Variable]"
    ) -> "list[keras.Variable]":
        for hook in self._parts:
            variables = hook.trained(variables)
        return variables

    def substitutes(
        self, iteration: "tf.Tensor"
    ) -> "list[tuple[keras.Variable, tf.Tensor]]":
        return [
            each for hook in self._parts for each in hook.substitutes(iteration)
        ]

    def objective(
        self,
        x: typing.Any,
        targets: tuple,
        outputs: typing.Any,
        loss: "tf.Tensor",
    ) -> "tf.Tensor":
        for hook in self._parts:
            loss = hook.objective(x, targets, outputs, loss)
        return loss

    def gradients(
        self, gradients: "list[tf.Tensor]", iteration: "tf.Tensor"
    ) -> "list[tf.Tensor]":
        for hook in self._parts:
            gradients = hook.gradients(gradients, iteration)
        return gradients

    def updated(
        self,
        gradients: "list[tf.Tensor]",
        before: "list[tf.Tensor]",
        iteration: "tf.Tensor",
    ) -> None:
        for hook in self._parts:
            hook.updated(gradients, before, iteration)

    def observed(self, gradients: "list[tf.Tensor]") -> None:
        for hook in self._parts:
            hook.observed(gradients)

    def event(
        self, iteration: int, optimizer: "keras.optimizers.Optimizer"
    ) -> dict:
        for hook in self._parts:
            if hook.has_events:
                return hook.event(iteration, optimizer)
        return super().event(iteration, optimizer)

    def finalized(self) -> None:
        for hook in self._parts:
            hook.finalized()


NONE = Hooks(())


def is_none(hook: StepHook) -> bool:
    """Whether a hook, or what several come to, is none at all."""
    return hook.key == NONE.key


def check(
    hook: StepHook, optimizer: "keras.optimizers.Optimizer", replicas: int
) -> None:
    """Raises ValueError where a hook would not see what one device would.

    Several devices have a share of the gradient each, and float16's is scaled.
    """
    if is_none(hook):
        return
    names = ", ".join(hook.identity)
    if replicas > 1:
        raise ValueError(
            f"{names} is for one device: several have a share of the gradient "
            "each. Use strategy=none"
        )
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError(
            f"{names} needs gradients that are not scaled. Use "
            "dtype=mixed_bfloat16, not mixed_float16"
        )
