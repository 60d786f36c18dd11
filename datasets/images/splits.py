"""Who is in which split: rows of validation, test set and subset."""

import numpy as np

from lottery_ticket.foundations.values import seeds

TEST_FRACTION = 0.2  # Where there is no test set.
OF_CLASSES = ("classification", "binary")  # Tasks with one class an example.


def validation(size: int, validation_size: float, seed: int):
    """Returns (rows to train on, rows held out), drawn at random, sorted.

    The validation_size is the number of images to hold out, or a fraction of
    all if it is above 0 and below 1, then one at least. Raises ValueError if
    nothing is left to train on, or the number is no count.
    """
    count = validation_size
    if 0 < count < 1:
        count = max(1, round(count * size))
    if not 0 <= count < size or count != int(count):
        raise ValueError(
            f"validation_size must be in [0, {size}), as {size} images are to "
            f"train on. Received: {validation_size}"
        )
    order = np.random.default_rng(seed).permutation(size)
    return np.sort(order[int(count) :]), np.sort(order[: int(count)])


def subset(rows: np.ndarray, wanted: float | None, seed: int) -> np.ndarray:
    """Returns some of the rows, drawn at random, sorted.

    Of one seed, a smaller subset is part of every larger one.

    Args:
        rows: Rows to train on, after the validation split.
        wanted: How many, if above 1; the fraction of them, one at least, if
            in (0, 1]; None means all.
        seed: Seed of the split; the draw has one of its own derived from it.

    Raises:
        ValueError: If it is neither a fraction nor a count that there is.
    """
    if wanted is None:
        return rows
    count = max(1, round(wanted * len(rows))) if 0 < wanted <= 1 else wanted
    if not 0 < count <= len(rows) or count != int(count):
        raise ValueError(
            "subset must be a fraction in (0, 1] or a number of training "
            f"images up to {len(rows)}. Received: {wanted}"
        )
    rng = np.random.default_rng(seeds.derive(seed, "subset"))
    return np.sort(rng.permutation(rows)[: int(count)])


def test(labels: np.ndarray, fraction: float, source: str, has_classes: bool):
    """Returns (rows to train on, rows to test), the same whatever the seed.

    With like shares of classes, as of `stratified_test`; at random where there
    are too few images for it, and labels need not be classes.
    """
    try:
        return stratified_test(labels, fraction, source)
    except ValueError:
        if has_classes:
            raise
    return validation(len(labels), fraction, 0)


def stratified_test(labels: np.ndarray, fraction: float, source: str):
    """Returns (rows to train on, rows to test), with like shares of classes.

    The fraction is the part to test on. The same whatever the seed:
    scikit-learn's split of random_state 42. Raises ValueError if there are too
    few images for it.
    """
    import sklearn.model_selection  # Takes a second, and few sets need it.

    try:
        train, test = sklearn.model_selection.train_test_split(
            np.arange(len(labels)),
            test_size=fraction,
            stratify=labels,
            random_state=42,
        )
    except ValueError as error:
        raise ValueError(
            f"{source} has no test set, and too few examples to hold out "
            f"{fraction:.0%} of each class: {error} Labels that are no classes "
            "are for another --task"
        ) from error
    return np.sort(train), np.sort(test)
