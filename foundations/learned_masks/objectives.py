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
_SMALLEST_DEVIATION = 1e-9
_SMALLEST_NORM = 1e-30


class Pass(typing.NamedTuple):
    """One forward pass of a batch.

    Attributes:
        loss: Scalar, as of the task.
        logits: float32, shape (batch, classes).
        seen: List of tensors, as `MaskedNetwork.seen`.
    """

    loss: typing.Any
    logits: typing.Any
    seen: list = []


@dataclasses.dataclass(frozen=True, kw_only=True)
class Objective(entries.Entry):
    """A function (masked, dense) -> scalar.

    Args:
        factor: What gradients are multiplied by.
        has_dense: Whether it looks at the network without masks; else that is
            None.
        has_classes: Whether it compares probabilities of classes.
        records: What it looks at in the network; see MaskedNetwork.
        kernels_alone: Of values, whether only kernels with masks count.
    """

    factor: float = 100.0
    has_dense: bool = True
    has_classes: bool = False
    records: str = ""
    kernels_alone: bool = False


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


def features(masked: Pass, dense: Pass) -> "tf.Tensor":
    """Returns how far activations are from the dense network's, a mean.

    It is that of the squared differences of all ReLUs' outputs, and of the
    probabilities; each example's are standardised first.
    """
    pairs = zip(
        [*masked.seen, tf.nn.softmax(masked.logits)],
        [*dense.seen, tf.nn.softmax(dense.logits)],
        strict=True,
    )
    return _mean_difference(
        (_rows(own), _rows(theirs)) for own, theirs in pairs
    )


def gradients(masked: Pass, dense: Pass) -> "tf.Tensor":
    """Returns how far gradients of kernels are from the dense network's.

    It is the mean over layers of the mean squared difference of gradients by
    the frozen kernels, standardised in each layer.
    """
    return _mean_difference(
        (tf.reshape(own, [1, -1]), tf.reshape(theirs, [1, -1]))
        for own, theirs in zip(masked.seen, dense.seen, strict=True)
    )


def gradient_norm(masked: Pass, dense: Pass | None) -> "tf.Tensor":
    """Returns minus the length of the masked network's gradient.

    That is by all that is trained in it. It is divided by its largest entry
    before it is squared, and multiplied after.
    """
    del dense
    flat = tf.concat([tf.reshape(each, [-1]) for each in masked.seen], 0)
    largest = tf.stop_gradient(tf.reduce_max(tf.abs(flat))) + _SMALLEST_NORM
    return -largest * tf.norm(flat / largest)


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
    "features": Objective(
        features,
        "CTS, features",
        "mean squared difference of the outputs of all ReLUs, and of "
        "probabilities, from the dense network's",
        SOURCE,
        has_classes=True,
        records="features",
    ),
    "gradients": Objective(
        gradients,
        "CTS, gradients",
        "mean squared difference of the gradients of kernels from the dense "
        "network's",
        SOURCE,
        records="values",
        kernels_alone=True,
    ),
    "gradient_norm": Objective(
        gradient_norm,
        "CTS, gradient norm",
        "the length of the masked network's gradient, which is to be large",
        SOURCE,
        factor=1.0,
        has_dense=False,
        records="values",
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
        self._network.records = OBJECTIVES[self._name].records

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
            dense = Pass(
                *tf.nest.map_structure(
                    tf.stop_gradient, tuple(self._pass(found, theirs))
                )
            )
        value = entry.function(masked, dense)
        self._network.source.count(value)
        return tf.cast(value, loss.dtype)

    def gradients(
        self, gradients: "list[tf.Tensor]", iteration: "tf.Tensor"
    ) -> "list[tf.Tensor]":
        factor = OBJECTIVES[self._name].factor
        return [factor * each for each in gradients]

    def _pass(self, outputs, loss):
        entry, logits, seen = OBJECTIVES[self._name], loss, self._network.seen
        if entry.has_classes:
            logits = tf.cast(self._logits(outputs), tf.float32)
        if entry.records == "values":
            if entry.kernels_alone:
                seen = seen[: len(self._network.trainable_variables)]
            zero = tf.UnconnectedGradients.ZERO
            seen = tf.gradients(loss, seen, unconnected_gradients=zero)
        if not entry.records:
            return Pass(loss, logits)
        return Pass(loss, logits, [tf.cast(x, tf.float32) for x in seen])


def _rows(activations):
    """One row for each example."""
    return tf.reshape(activations, [tf.shape(activations)[0], -1])


def _mean_difference(pairs):
    """Mean over pairs of the mean squared difference of standardised rows."""
    each = [
        tf.reduce_mean((_standardised(own) - _standardised(theirs)) ** 2)
        for own, theirs in pairs
    ]
    return tf.add_n(each) / len(each)


def _standardised(rows):
    """Rows less their means, over their standard deviations."""
    rows = tf.cast(rows, tf.float32)
    rows -= tf.reduce_mean(rows, 1, keepdims=True)
    variance = tf.reduce_mean(rows**2, 1, keepdims=True)
    # The root has no gradient at 0.
    deviation = tf.sqrt(tf.maximum(variance, 1e-30))
    return rows / (deviation + _SMALLEST_DEVIATION)


def _divergence(first, second):
    """Mean KL(first||second) over examples, of logits."""
    first, second = map(tf.nn.log_softmax, (first, second))
    each = tf.reduce_sum(tf.exp(first) * (first - second), -1)
    return tf.reduce_mean(each)
