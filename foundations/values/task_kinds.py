"""What a network can be trained for: an entry for each task.

What loss and metrics do, `foundations/tasks` says.
"""

import dataclasses
import typing
from collections.abc import Callable, Mapping

from lottery_ticket.foundations.values import labels


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kind:
    """What is known of a task without a network.

    Classes of losses and metrics are those of Keras, or of
    `foundations/tasks/own_metrics.py`; of `classification` and `compiled`, a
    model says both.

    Args:
        labels: Function (labels as arrays) -> as they are kept, which raises
            ValueError for any that are not of this task.
        help: What it is, in one line.
        of_one: Shape of one example's labels, in words.
        fits: Function (shape of one example's outputs) -> whether a network of
            this task can have it.
        activation: Operation that makes probabilities of logits, or "" where
            outputs are neither.
        loss: Class of the loss.
        metrics: Column of logs -> class of the metric; the first is the
            headline.
        higher_is_better: Whether a higher value of that is a better one.
        has_classes: Whether labels are indices of classes.
        has_several: Whether there may be several outputs.
    """

    labels: Callable[[typing.Any], typing.Any]
    help: str
    of_one: str
    fits: Callable[[tuple], bool] = bool
    activation: str = ""
    loss: str = ""
    metrics: Mapping[str, str] = dataclasses.field(default_factory=dict)
    higher_is_better: bool = True
    has_classes: bool = False
    has_several: bool = False


KINDS = {
    "classification": Kind(
        labels=labels.classes,
        help="one of several classes: softmax cross-entropy, accuracy",
        of_one="an index of a class, or one-hot",
        fits=lambda shape: len(shape) == 1,
        activation="Softmax",
        has_classes=True,
    ),
    "binary": Kind(
        labels=labels.yes_or_no,
        help="yes or no, by one output: log loss, accuracy at 0.5",
        of_one="0 or 1",
        fits=lambda shape: shape == (1,),
        activation="Sigmoid",
        loss="BinaryCrossentropy",
        metrics={"accuracy": "BinaryAccuracy"},
    ),
    "multi_label": Kind(
        labels=labels.several,
        help="several labels, each yes or no: log loss, accuracy of all "
        "labels, share of examples with no label wrong",
        of_one="as many 0s and 1s as outputs",
        fits=lambda shape: len(shape) == 1,
        activation="Sigmoid",
        loss="BinaryCrossentropy",
        metrics={"accuracy": "BinaryAccuracy", "exact_match": "ExactMatch"},
    ),
    "regression": Kind(
        labels=labels.targets,
        help="numbers: mean squared error, mean absolute error, root of the "
        "mean squared error",
        of_one="a number, or as many as outputs",
        loss="MeanSquaredError",
        metrics={"mae": "MeanAbsoluteError", "rmse": "RootMeanSquaredError"},
        higher_is_better=False,
    ),
    "segmentation": Kind(
        labels=labels.class_maps,
        help="a class for each place of an image or sequence: softmax "
        "cross-entropy, accuracy, mean intersection over union",
        of_one="an index of a class for each place, or one-hot",
        fits=lambda shape: len(shape) > 1,
        activation="Softmax",
        loss="SparseCategoricalCrossentropy",
        metrics={
            "accuracy": "SparseCategoricalAccuracy",
            "mean_iou": "MeanIoU",
        },
        has_classes=True,
    ),
    "compiled": Kind(
        labels=labels.any_kind,
        help="loss, loss weights and metrics that the network was compiled "
        "with",
        of_one="what the loss takes",
        has_several=True,
    ),
}
# What can be said of a network's task; "auto" looks at how it is compiled.
CHOICES = ("auto", *KINDS)
