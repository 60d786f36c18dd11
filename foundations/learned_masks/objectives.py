"""What a search by soft masks trains its scores for: objectives by name.

An objective is a function (masked, dense) -> scalar, of the two passes of one
batch as `Pass`; without gradient by what is dense. All of them are of Arora &
Teuscher 2025 (https://arxiv.org/abs/2512.07142) and the code released with it.
"""

import dataclasses
import typing
from collections.abc import Callable

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.training import step_hooks, trainee
from lottery_ticket.foundations.values import entries

with lazy.imports():
    import tensorflow as tf

SOURCE = "Arora & Teuscher 2025 (https://arxiv.org/abs/2512.07142)"
_SMALLEST_LOSS = 1e-12


class Pass(typing.NamedTuple):
    """One forward pass of a batch.

    Attributes:
        loss: Scalar, as of the task.
        logits: float32, shape (batch, classes).
    """

    loss: typing.Any
    logits: typing.Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Objective(entries.Entry):
    """A function (masked, dense) -> scalar.

    Args:
        factor: What gradients are multiplied by.
        has_dense: Whether it looks at the network without masks; else that is
            None.
        has_classes: Whether it compares probabilities of classes.
    """

    factor: float = 100.0
    has_dense: bool = True
    has_classes: bool = False


def loss(masked: Pass, dense: Pass | None) -> "tf.Tensor":
    """Returns the loss of the masked network."""
    del dense
    return masked.loss


def reverse_kl(masked: Pass, dense: Pass) -> "tf.Tensor":
    """Returns KL(q||p), q the masked network's probabilities, p the dense's."""
    return _divergence(masked.logits, dense.logits)


def kl(masked: Pass, dense: Pass) -> "tf.Tensor":
    """Returns KL(p||q), q the masked network's probabilities, p the dense's."""
    return _divergence(dense.logits, masked.logits)


def loss_change(masked: Pass, dense: Pass) -> "tf.Tensor":
    """Returns how far the loss is from the dense network's, over that.

    Differs: 1e-12 is added to what is divided by.
    """
    return tf.abs(masked.loss / (dense.loss + _SMALLEST_LOSS) - 1)


OBJECTIVES = {
    "loss": Objective(
        loss, "CTS", "the loss of the masked network", SOURCE, has_dense=False
    ),
    "reverse_kl": Objective(
        reverse_kl,
        "CTS-KL",
        "KL divergence of the masked network's probabilities from the dense "
        "network's",
        SOURCE,
        has_classes=True,
    ),
    "kl": Objective(
        kl,
        "CTS, forward KL",
        "KL divergence of the dense network's probabilities from the masked "
        "network's",
        SOURCE,
        has_classes=True,
    ),
    "loss_change": Objective(
        loss_change,
        "CTS, change of loss",
        "abs(L / L_dense - 1), of the losses on the batch",
        SOURCE,
        factor=10_000.0,
    ),
}


class Minimised(step_hooks.StepHook):
    """Trains a `searched_model.SearchedModel` for an objective.

    The dense pass has the same batch, with the batch's statistics in its
    normalisations. Logs stay those of the masked network's loss.
    """

    def __init__(self, name: str, logits: Callable):
        """Takes a name in OBJECTIVES.

        Args:
            logits: Function that makes logits of a network's outputs; see
                `ModelBase.logits`.
        """
        self._name, self._logits = name, logits

    @property
    def identity(self) -> dict[str, typing.Any]:
        entry = OBJECTIVES[self._name]
        return {"objective": {"name": self._name, "factor": entry.factor}}

    def attach(self, model: trainee.Trainee) -> None:
        self._network, self._task = model.network, model.task

    def objective(
        self,
        x: typing.Any,
        targets: tuple,
        outputs: typing.Any,
        loss: "tf.Tensor",
    ) -> "tf.Tensor":
        entry = OBJECTIVES[self._name]
        masked, dense = self._pass(outputs, loss), None
        if entry.has_dense:
            found = self._network.unmasked(x)
            y, *weights = targets
            theirs = self._task.batch(y, found, *weights)[0]
            dense = Pass(*map(tf.stop_gradient, self._pass(found, theirs)))
        value = entry.function(masked, dense)
        self._network.source.count(value)
        return tf.cast(value, loss.dtype)

    def gradients(
        self, gradients: "list[tf.Tensor]", iteration: "tf.Tensor"
    ) -> "list[tf.Tensor]":
        factor = OBJECTIVES[self._name].factor
        return [factor * each for each in gradients]

    def _pass(self, outputs, loss):
        if not OBJECTIVES[self._name].has_classes:
            return Pass(loss, loss)
        return Pass(loss, tf.cast(self._logits(outputs), tf.float32))


def _divergence(first, second):
    """Mean KL(first||second) over examples, of logits."""
    first, second = map(tf.nn.log_softmax, (first, second))
    each = tf.reduce_sum(tf.exp(first) * (first - second), -1)
    return tf.reduce_mean(each)
