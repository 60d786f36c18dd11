"""The training examples that scores are computed on."""

import math

import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.training import batches

CHUNK_NUMBERS = 320_000  # In the inputs: at most 104 CIFAR images at once.
CHUNK_SIZE = 1000


def choose(split, per_class: int, seed: int) -> np.ndarray:
    """Returns rows of a split with so many examples of each class.

    A class that has fewer gives all it has.

    Args:
        split: DatasetSplit.
        per_class: Examples of each class, at least 1.
        seed: Seed of the choice.

    Returns:
        int32 array, shape (n,), in ascending order.

    Raises:
        ValueError: If per_class is below 1.
    """
    if per_class < 1:
        raise ValueError(
            f"examples_per_class must be at least 1. Received: {per_class}"
        )
    order = np.random.default_rng(seed).permutation(split.size)
    labels = split.y[order]
    chosen = [order[labels == label][:per_class] for label in np.unique(labels)]
    return np.sort(np.concatenate(chosen)).astype(np.int32)


def chunks(dataset, rows: np.ndarray):
    """Yields training examples as (x, y), prepared but never augmented.

    Args:
        dataset: DatasetBase.
        rows: Rows of its training split. They come in chunks, so that memory
            stays bounded.
    """
    split = dataset.train
    numbers = math.prod(split.x.shape[1:])
    size = max(1, min(CHUNK_SIZE, CHUNK_NUMBERS // numbers))
    for start in range(0, len(rows), size):
        chunk = rows[start : start + size]
        if split.is_streamed:
            x = split.x.read(tf.constant(chunk), None)
        else:
            x = tf.constant(split.x[chunk])
        yield batches.prepared(dataset.prepare, x), tf.constant(split.y[chunk])
