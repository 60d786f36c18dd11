"""What holds soft masks to a density: a second gradient of their scores."""

import typing
from collections.abc import Callable

import tensorflow as tf

from lottery_ticket.foundations.training import step_hooks, trainee

PERCENT = 100.0
ASCENT = 0.01  # Of the rate of scores, a Lagrange multiplier's.
_SMALLEST_NORM = 1e-12


def excess(scores: list, allowed: tf.Tensor, scale: float) -> tuple:
    """Returns by how many percent too much is kept, and its gradients.

    Kept is the sum of sigmoid(scale * s) over all scores.

    Args:
        scores: float32 tensors.
        allowed: float32 scalar, how many weights may be kept.
        scale: See `concrete_method.ConcreteMethod.scale`.

    Returns:
        Pair: a scalar, below 0 where less is kept; and a list of tensors.
    """
    shares = [tf.sigmoid(scale * each) for each in scores]
    nominal = _total([_columns(each) for each in shares])
    slope = PERCENT * scale / allowed
    gradients = [slope * each * (1 - each) for each in shares]
    return PERCENT * (nominal / allowed - 1), gradients


def wanted(error: tf.Tensor, gradients: list, sparse: list) -> tf.Tensor:
    """Returns the factor that makes the second gradient as long as the first.

    It is 0 where no more is kept than may be.

    Args:
        error: As the first of `excess`.
        gradients: Of the objective by the scores.
        sparse: As the second of `excess`.
    """
    lengths = _length(gradients), _length(sparse)
    ratio = lengths[0] / (lengths[1] + _SMALLEST_NORM)
    return tf.where(error > 0, ratio, tf.zeros_like(ratio))


class _Control(step_hooks.StepHook):
    """Adds a gradient to that of a `concrete_masks.ConcreteMasks`' scores.

    Its factor is a variable of the source, and so in checkpoints.
    """

    def __init__(self, slack: float, scale: float):
        """Takes settings of a `concrete_method.ConcreteMethod`."""
        self._slack, self._scale = slack, scale

    def attach(self, model: trainee.Trainee) -> None:
        self._source = model.network.source

    def _excess(self):
        """See `excess`, of the scores before the update."""
        source = self._source
        count = tf.convert_to_tensor(source.kept_count.value)
        allowed = self._slack * tf.cast(count, tf.float32)
        scores = [
            tf.convert_to_tensor(each.value) for each in source.trained.values()
        ]
        return excess(scores, allowed, self._scale)


class GradBalance(_Control):
    """Adds a gradient that is as long as the objective's, where too much stays.

    Its factor is a running mean, which starts at the first step's own.

    Source: Arora & Teuscher 2025 (https://arxiv.org/abs/2512.07142) and the
    code released with it.
    """

    def __init__(self, slack: float, scale: float, decay: float):
        """Takes settings of a `concrete_method.ConcreteMethod`."""
        super().__init__(slack, scale)
        self._decay = decay

    @property
    def identity(self) -> dict[str, typing.Any]:
        return {
            "grad_balance": {
                "slack": self._slack,
                "scale": self._scale,
                "decay": self._decay,
            }
        }

    def gradients(
        self, gradients: list[tf.Tensor], iteration: tf.Tensor
    ) -> list[tf.Tensor]:
        error, sparse = self._excess()
        now = wanted(error, gradients, sparse)
        multiplier = self._source.multiplier
        before = tf.convert_to_tensor(multiplier.value)
        mean = self._decay * before + (1 - self._decay) * now
        factor = tf.where(iteration > 0, mean, now)
        multiplier.assign(factor)
        return _sum(gradients, factor, sparse)


class Lagrange(_Control):
    """Adds a multiplier times the gradient of what is kept too much.

    The multiplier starts at 0 and goes up by gradient ascent, at a rate of .01
    times that of the scores. The source has it to show what is unstable.

    Source: as GradBalance.
    """

    def __init__(self, slack: float, scale: float, rate: Callable):
        """Takes settings of a method, and the rate of scores.

        Args:
            rate: learning_rate.LearningRate.
        """
        super().__init__(slack, scale)
        self._rate = rate

    @property
    def identity(self) -> dict[str, typing.Any]:
        return {
            "lagrange": {
                "slack": self._slack,
                "scale": self._scale,
                "rate": self._rate.get_config(),
            }
        }

    def gradients(
        self, gradients: list[tf.Tensor], iteration: tf.Tensor
    ) -> list[tf.Tensor]:
        error, sparse = self._excess()
        multiplier = self._source.multiplier
        factor = tf.convert_to_tensor(multiplier.value)
        multiplier.assign(factor + ASCENT * self._rate(iteration) * error)
        return _sum(gradients, factor, sparse)


def _sum(gradients, factor, sparse):
    return [
        each + factor * own for each, own in zip(gradients, sparse, strict=True)
    ]


def _length(tensors):
    """The 2-norm of all numbers."""
    return tf.sqrt(_total([_columns(each * each) for each in tensors]))


def _columns(tensor):
    """Sums over all axes but the last.

    XLA on a CPU adds numbers one after another where it is asked for the sum of
    all, and columns side by side.
    """
    return tf.reduce_sum(tensor, range(len(tensor.shape) - 1))


def _total(vectors):
    """The sum of all; a product, for XLA would make one sum of two."""
    flat = tf.concat(vectors, 0)
    return tf.tensordot(flat, tf.ones_like(flat), 1)
