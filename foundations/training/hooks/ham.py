"""HAM: a factor for each weight of a kernel, after each step."""

import typing

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.training import step_hooks, trainee
from lottery_ticket.foundations.values import fields

with lazy.imports():
    import keras
    import tensorflow as tf

    from lottery_ticket.foundations.networks import keras_private

SOURCE = "Jacobs et al. 2026 (https://arxiv.org/abs/2506.02630)"
LARGEST = 5.0  # Exponent of a factor, either way.


@fields.settings
class Options:
    """What the factor is made by."""

    alpha: float = fields.field(
        200.0,
        "Weight of the gradient in the exponent.",
        at_least=0,
        convert=fields.as_float,
    )
    beta: float = fields.field(
        1e-3,
        "What each exponent is less, which draws to 0.",
        at_least=0,
        convert=fields.as_float,
    )


class Ham(step_hooks.StepHook):
    """Weights of kernels move by a factor once the optimizer has moved them.

    Of w', which the optimizer's step has made of a weight, it makes

        w' * exp(clip(rate * (-alpha * sign(w') * gradient - beta), -5, 5))

    so that large weights move further, and 0 and its sign stay. The gradient is
    the batch's at the weight before the step, without weight decay and whatever
    the optimizer makes of it: an alpha for SGD is none for Adam. The rate is
    that of the step. Slots of the optimizer and averages that it keeps are of
    w'. Kernels are all trained variables of two or more axes but biases, with
    a mask or without.

    Source: Jacobs et al. 2026, "Hyperbolic Aware Minimization"
    (https://arxiv.org/abs/2506.02630), and the optimizer in the README of its
    code; alpha 200 and beta .001, there of ImageNet (.016 for CIFAR-100).
    Differs: the optional bounds there, of the gradient's norm (20) and of the
    weights' (1000), are left out.
    """

    def __init__(self, options: Options):
        """Takes alpha and beta."""
        self._options = options

    @property
    def identity(self) -> dict[str, typing.Any]:
        return {"ham": fields.as_dict(self._options)}

    def attach(self, model: trainee.Trainee) -> None:
        self._variables = model.network.trainable_variables

    def watch(self, optimizer: "keras.optimizers.Optimizer") -> None:
        self._rate = keras_private.learning_rate(optimizer)

    def updated(
        self,
        gradients: "list[tf.Tensor]",
        before: "list[tf.Tensor]",
        iteration: "tf.Tensor",
    ) -> None:
        del before
        rate = self._rate
        is_schedule = callable(rate) and not isinstance(rate, keras.Variable)
        rate = rate(iteration) if is_schedule else rate
        for variable, gradient in zip(self._variables, gradients, strict=True):
            if not is_kernel(variable):
                continue
            value = tf.convert_to_tensor(variable.value)
            of_step = tf.cast(tf.convert_to_tensor(rate), value.dtype)
            moved = value * factor(value, gradient, of_step, self._options)
            if variable.constraint is not None:  # Such as its mask.
                moved = variable.constraint(moved)
            variable.assign(moved)


def is_kernel(variable: "keras.Variable") -> bool:
    """Whether a trained variable has two or more axes and is no bias."""
    return len(variable.shape) > 1 and "bias" not in variable.name


def factor(
    values: "tf.Tensor",
    gradients: "tf.Tensor",
    rate: "tf.Tensor",
    options: Options,
) -> "tf.Tensor":
    """Returns what weights are multiplied by, in [exp(-5), exp(5)].

    Args:
        values: Weights after the optimizer's step.
        gradients: Of the batch, at the weights before it; of their shape.
        rate: Learning rate of the step, a scalar.
        options: alpha and beta.
    """
    pull = -options.alpha * tf.sign(values) * gradients - options.beta
    return tf.exp(tf.clip_by_value(rate * pull, -LARGEST, LARGEST))
