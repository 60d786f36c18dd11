"""What is done to labels: checked, renamed, replaced at random."""

import numpy as np

from lottery_ticket.foundations.values import fields, seeds

_OTHERS = (
    "Labels that are no classes are for another --task, such as regression or "
    "compiled"
)


def check(labels: list[np.ndarray], num_classes: int) -> None:
    """Raises ValueError unless all labels are in [0, num_classes)."""
    for y in labels:
        if y.min() < 0 or y.max() >= num_classes:
            raise ValueError(
                f"Labels must be in [0, {num_classes}). Received: "
                f"labels from {y.min()} to {y.max()}. {_OTHERS}"
            )


def check_known(y_train: np.ndarray, y_test: np.ndarray) -> None:
    """Raises ValueError if the test set has classes to train on none of."""
    unknown = sorted(set(np.unique(y_test)) - set(np.unique(y_train)))
    if unknown:
        raise ValueError(
            "The test set has classes that the training set lacks. Received: "
            + ", ".join(str(label) for label in unknown[:5])
            + f". {_OTHERS}"
        )


def permute(labels: list[np.ndarray], seed: int) -> list[np.ndarray]:
    """Returns labels with the classes renamed at random, alike in all."""
    classes = 1 + max(int(y.max()) for y in labels)
    renamed = np.random.default_rng(seed).permutation(classes)
    return [renamed[y] for y in labels]


def randomize(
    y: np.ndarray, fraction: float, num_classes: int, seed: int
) -> np.ndarray:
    """Returns labels of which some are drawn anew from all classes.

    The fraction, in [0, 1], is rounded to whole labels. A label that is drawn
    anew can come out as it was. The draw has a seed derived from the labels'.

    Source: Zhang et al. 2017 (https://arxiv.org/abs/1611.03530), sec. 2.1.
    Differs: they draw each label anew with this probability, so that their
    number is random; here it is exact.

    Raises:
        ValueError: If the fraction is not in [0, 1].
    """
    fields.check("random_labels", fraction, float, at_least=0, at_most=1)
    rng = np.random.default_rng(seeds.derive(seed, "random_labels"))
    chosen = rng.permutation(len(y))[: round(fraction * len(y))]
    y = y.copy()
    y[chosen] = rng.integers(num_classes, size=len(chosen))
    return y
