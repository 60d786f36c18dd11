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
    `substitutes` gives; `gradients` may change those of the batch, before
    weight decay, masks and clipping see them; the optimizer moves `trained`;
    `updated` may move variables once more. One hook that is at its default
    state serves one run; its variables go into checkpoints, so that a run that
    goes on from one has the same bytes.

    Attributes:
        variables: keras.Variables of its own that change in training, or are
            other numbers in another run, such as seeds; in a stable order.
    """

    variables: "tuple[keras.Variable, ...]" = ()

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

    def gradients(
        self, gradients: "list[tf.Tensor]", iteration: "tf.Tensor"
    ) -> "list[tf.Tensor]":
        """Returns gradients of `trained`.

        Args:
            gradients: Of the network's trainable variables, in their order:
                dense, of the batch's loss, also where weights are pruned.
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

    def finalized(self) -> None:
        """Called where training ends with averages, once `trained` has them."""


class Hooks(StepHook):
    """Several hooks as one, each after the one before."""

    def __init__(self, hooks: typing.Iterable[StepHook]):
        """Takes hooks of which at most one changes what is trained."""
        self._hooks = tuple(hooks)

    @property
    def variables(self) -> "tuple[keras.Variable, ...]":  # type: ignore[override]
        """Those of all."""
        return tuple(v for hook in self._hooks for v in hook.variables)

    @property
    def identity(self) -> dict[str, typing.Any]:
        found: dict[str, typing.Any] = {}
        for hook in self._hooks:
            found |= hook.identity
        return found

    @property
    def key(self) -> tuple:
        return tuple(hook.key for hook in self._hooks)

    def attach(self, model: trainee.Trainee) -> None:
        for hook in self._hooks:
            hook.attach(model)

    def watch(self, optimizer: "keras.optimizers.Optimizer") -> None:
        for hook in self._hooks:
            hook.watch(optimizer)

    def trained(
        self, variables: "list[keras.Variable]"
    ) -> "list[keras.Variable]":
        for hook in self._hooks:
            variables = hook.trained(variables)
        return variables

    def substitutes(
        self, iteration: "tf.Tensor"
    ) -> "list[tuple[keras.Variable, tf.Tensor]]":
        return [
            each for hook in self._hooks for each in hook.substitutes(iteration)
        ]

    def gradients(
        self, gradients: "list[tf.Tensor]", iteration: "tf.Tensor"
    ) -> "list[tf.Tensor]":
        for hook in self._hooks:
            gradients = hook.gradients(gradients, iteration)
        return gradients

    def updated(
        self,
        gradients: "list[tf.Tensor]",
        before: "list[tf.Tensor]",
        iteration: "tf.Tensor",
    ) -> None:
        for hook in self._hooks:
            hook.updated(gradients, before, iteration)

    def finalized(self) -> None:
        for hook in self._hooks:
            hook.finalized()


NONE = Hooks(())


def check(
    hook: StepHook, optimizer: "keras.optimizers.Optimizer", replicas: int
) -> None:
    """Raises ValueError where a hook would not see what one device would.

    Several devices have a share of the gradient each, and float16's is scaled.
    """
    if hook.key == NONE.key:
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
