"""Task: what training and evaluation ask about loss and metrics."""

import abc
import typing
from collections.abc import Sequence

from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.foundations.values import headline as headline_lib


class Task(abc.ABC):
    """What a network is trained for, and what it is measured by.

    A loss is the mean over a batch, as Keras's `fit` has it: weights of
    examples multiply their losses, and the sum is divided by how many there
    are. Metrics do not take weights, unless they say so.

    Attributes:
        name: A name in task_kinds.KINDS.
        metrics: Columns of logs and results beside the loss; the headline
            first, unless there are none but losses of outputs.
        headline: What runs are judged by: the first metric, or the loss.
        identity: JSON values that runs are compared by; none where the name of
            the network's class says all.
        code: Objects that hold code of the user's, such as a loss.
        words: What the loss and the metrics are, for a line of text.
        smooths_labels: Whether `label_smoothing` is known to it.
    """

    name: str
    metrics: tuple[str, ...]
    headline: headline_lib.Headline
    identity: dict
    code: tuple
    words: str
    smooths_labels = False

    @property
    def higher_is_better(self) -> bool:
        """Whether a higher value of the headline is a better one."""
        return self.headline.higher_is_better

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of what `batch` and `result` give."""
        return "loss", *self.metrics

    @property
    def facts(self) -> dict:
        """What a run's record says of it; of classification, nothing."""
        if self.name == "classification":
            return {}
        return {"task": self.name, **self.headline.facts}

    @abc.abstractmethod
    def check(
        self, num_outputs: int, dataset: dataset_base.DatasetBase
    ) -> None:
        """Raises ValueError unless outputs and a dataset's labels fit.

        Args:
            num_outputs: Length of the last axis of the first output.
        """

    @abc.abstractmethod
    def batch(
        self,
        y: typing.Any,
        outputs: typing.Any,
        weights: typing.Any = None,
        **smoothing: float,
    ) -> Sequence:
        """Returns loss and metrics of a batch: scalars, as `columns` has them.

        Args:
            y: Labels of the batch, as a DatasetSplit keeps them.
            outputs: What the network gives.
            weights: Weights of the examples, or None.
            smoothing: `label_smoothing`, in training, if it is not 0.
        """

    @abc.abstractmethod
    def start(self) -> list:
        """Returns what an evaluation's sums are before its first batch."""

    @abc.abstractmethod
    def add(
        self,
        sums: list,
        y: typing.Any,
        outputs: typing.Any,
        weights: typing.Any = None,
        stands: Sequence[tuple] = (),
    ) -> list:
        """Returns the sums after another batch; see `batch`.

        Args:
            stands: Pairs (variable of the network, its value): where it stands.
        """

    @abc.abstractmethod
    def result(self, sums: list, size: int) -> tuple[float, ...]:
        """Returns loss and metrics over all batches; waits for the device.

        Args:
            size: Number of examples in these.
        """
