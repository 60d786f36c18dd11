"""Sign-In: each kept weight is trained as a product of two numbers."""

import typing

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.training import step_hooks, trainee
from lottery_ticket.foundations.values import fields, steps

with lazy.imports():
    import keras
    import tensorflow as tf

    from lottery_ticket.foundations.networks import mask_constraint

SOURCE = "Gadhikar et al. 2025 (https://arxiv.org/abs/2504.12801)"


@fields.settings
class Options:
    """How the two numbers begin, and how often they begin anew."""

    beta: float = fields.field(
        1.0,
        "Difference of their squares where they begin.",
        above=0,
        convert=fields.as_float,
    )
    reset: str = fields.field(
        "1ep",
        "Length after which they begin anew from their product, again and "
        "again, counted from the start of training; 0it is never.",
        convert=steps.text,
    )


class Pair(typing.NamedTuple):
    """A kernel and what is trained instead, each of its shape."""

    kernel: "keras.Variable"
    first: "keras.Variable"
    second: "keras.Variable"


class SignIn(step_hooks.StepHook):
    """Kernels with masks are products first * second, both of them trained.

    They begin, from a weight w and with beta (1),

        first = sqrt((beta + sqrt(beta^2 + 4 w^2)) / 2),  second = w / first

    so that first^2 - second^2 = beta and first is above 0. Under gradient
    descent the product moves by -(first^2 + second^2) times its gradient: at 0
    still by beta, so that weights cross it. Steps wear beta down, so every
    epoch both begin anew from their product.

    The optimizer sees the two in the kernel's place, and what it does is done
    to each: weight decay, clipping, slots, which stay over a reset, and
    averages, whose product the kernel is at the end. The kernel is assigned
    after each step; networks that are saved are plain. Both are 0 where a mask
    prunes.

    Source: Gadhikar et al. 2025 (https://arxiv.org/abs/2504.12801), of whom
    abstract and summaries were read, no code; the pair is that of Jacobs &
    Burkholz 2025 (https://arxiv.org/abs/2408.09966).
    Differs: how often they begin anew, what decay is on the pair and what
    becomes of momentum are chosen here: the source's are not known.
    """

    def __init__(self, options: Options, per_epoch: int, start: int = 0):
        """Takes options, and where a run is.

        Args:
            options: beta, and when the pair begins anew.
            per_epoch: Iterations in one epoch.
            start: Iteration of the training at which the run starts.
        """
        self._beta = options.beta
        self._period = steps.iterations(options.reset, per_epoch)
        self._start = start

    @property
    def identity(self) -> dict[str, typing.Any]:
        return {"sign_in": {"beta": self._beta, "reset": self._period}}

    def attach(self, model: trainee.Trainee) -> None:
        self._variables = model.network.trainable_variables
        masked = [
            each
            for each in self._variables
            if isinstance(each.constraint, mask_constraint.MaskConstraint)
        ]
        pairs = [_pair(kernel, self._beta) for kernel in masked]
        self._pairs = {id(each.kernel): each for each in pairs}
        self._count = keras.Variable(
            self._start, trainable=False, dtype="int64", name="sign_in_start"
        )

    @property
    def variables(self) -> "tuple[keras.Variable, ...]":  # type: ignore[override]
        """The pairs, and where the run starts."""
        both = [v for each in self._pairs.values() for v in each[1:]]
        return (*both, self._count)

    def trained(
        self, variables: "list[keras.Variable]"
    ) -> "list[keras.Variable]":
        found = []
        for variable in variables:
            pair = self._pairs.get(id(variable))
            found += [variable] if pair is None else [pair.first, pair.second]
        return found

    def gradients(
        self, gradients: "list[tf.Tensor]", iteration: "tf.Tensor"
    ) -> "list[tf.Tensor]":
        del iteration
        found = []
        for variable, gradient in zip(self._variables, gradients, strict=True):
            pair = self._pairs.get(id(variable))
            if pair is None:
                found.append(gradient)
            else:
                found += [gradient * pair.second, gradient * pair.first]
        return found

    def updated(
        self,
        gradients: "list[tf.Tensor]",
        before: "list[tf.Tensor]",
        iteration: "tf.Tensor",
    ) -> None:
        del gradients, before
        self.finalized()
        if not self._period:
            return
        done = self._count.value + iteration + 1
        is_due = tf.equal(done % self._period, 0)
        for kernel, first, second in self._pairs.values():
            anew = parts(tf.convert_to_tensor(kernel.value), self._beta)
            for variable, value in zip((first, second), anew, strict=True):
                value = kernel.constraint.masked(value)
                variable.assign(tf.where(is_due, value, variable.value))

    def finalized(self) -> None:
        for kernel, first, second in self._pairs.values():
            product = tf.convert_to_tensor(first.value * second.value)
            kernel.assign(kernel.constraint.put_back(product))


def parts(weights: "tf.Tensor", beta: float) -> "tuple[tf.Tensor, tf.Tensor]":
    """Returns two tensors whose product is weights.

    The first is at least sqrt(beta); the difference of their squares is beta.
    """
    root = tf.sqrt(beta * beta + 4 * tf.square(weights))
    first = tf.sqrt((beta + root) / 2)
    return first, weights / first


def _pair(kernel, beta):
    constraint = kernel.constraint
    mask_constraint.check_alone(kernel, "sign_in trains kernels as products")
    own = mask_constraint.MaskConstraint(kernel.shape)
    own.mask = constraint.mask  # As it is, whenever it changes.
    values = parts(tf.convert_to_tensor(kernel.value), beta)
    made = []
    for place, value in zip(("first", "second"), values, strict=True):
        variable = keras.Variable(
            own.masked(value), dtype=kernel.dtype, name=f"{kernel.name}_{place}"
        )
        variable.constraint = own
        made.append(variable)
    return Pair(kernel, *made)
