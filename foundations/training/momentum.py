"""Gradient descent with momentum whose velocity does not hold the rate."""

import typing

import keras

from lottery_ticket.foundations.values import fields


@keras.saving.register_keras_serializable(package="lottery_ticket")
class Momentum(keras.optimizers.Optimizer):
    """SGD with momentum as PyTorch and TensorFlow 1 define it.

    The velocity is v <- momentum * v + gradient, and the update
    w <- w - rate * v; with Nesterov's momentum it is
    w <- w - rate * (gradient + momentum * v).

    Keras's own SGD keeps rate * v instead. Under a constant rate the two are
    the same; when the rate drops, Keras goes on for a while with the steps of
    the old one.

    Source: the update rule of torch.optim.SGD with dampening 0
    (https://pytorch.org/docs/stable/generated/torch.optim.SGD.html).
    """

    def __init__(
        self,
        learning_rate: typing.Any = 0.1,
        momentum: float = 0.9,
        nesterov: bool = False,
        weight_decay: float | None = None,
        name: str = "momentum",
        **kwargs: typing.Any,
    ):
        """Creates the optimizer; its variables come with `build`.

        Args:
            learning_rate: Float or LearningRateSchedule.
            momentum: Share of the velocity that stays at each step, in [0, 1).
            nesterov: Whether the gradient counts once more at each step.
            weight_decay: None, or what is subtracted at each step, as a
                fraction of rate * variable (decoupled from the gradient).

        Raises:
            ValueError: If momentum is outside [0, 1).
        """
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            name=name,
            **kwargs,
        )
        fields.check("momentum", momentum, float, at_least=0, below=1)
        self.momentum = momentum
        self.nesterov = nesterov
        self.velocities = []

    def build(self, variables: list[keras.Variable]) -> None:
        """Creates a velocity of 0 for each variable."""
        if self.built:
            return
        super().build(variables)
        self.velocities = self.add_optimizer_variables(variables, "velocity")

    def update_step(
        self,
        gradient: typing.Any,
        variable: keras.Variable,
        learning_rate: typing.Any,
    ) -> None:
        """Updates one variable and its velocity."""
        rate = keras.ops.cast(learning_rate, variable.dtype)
        momentum = keras.ops.cast(self.momentum, variable.dtype)
        gradient = keras.ops.cast(gradient, variable.dtype)
        velocity = self.velocities[self._get_variable_index(variable)]
        moved = momentum * velocity + gradient
        self.assign(velocity, moved)
        step = gradient + momentum * moved if self.nesterov else moved
        self.assign_sub(variable, rate * step)

    def get_config(self) -> dict:
        """Returns the settings, from which `from_config` makes another."""
        own = {"momentum": self.momentum, "nesterov": self.nesterov}
        return {**super().get_config(), **own}
