"""Where training and evaluation get their batches from: memory, or a stream."""

import functools
import math
import typing
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.machine import devices
from lottery_ticket.foundations.values import (
    dataset_base,
    dataset_split,
    nested,
)
from lottery_ticket.foundations.values import examples as examples_lib

PREFETCHED_BATCHES = 4
COPIED_BATCHES = 2  # To a GPU, beside those.


def load(split: dataset_split.DatasetSplit) -> tuple:
    """Returns a split that is not streamed as tensors on the device.

    They are (x, y), or (x, y, weights), x and y being nested where a network
    has several inputs or outputs.
    """
    return nested.mapped(tf.constant, split.x), *targets(split)


def targets(split: dataset_split.DatasetSplit) -> tuple:
    """Returns what a split's outputs are compared with, as tensors."""
    return nested.mapped(tf.constant, split.targets)


def gathered(of_all: tuple, rows: tf.Tensor) -> tuple:
    """Returns these rows of labels, and of weights if there are any."""
    return nested.mapped(lambda each: tf.gather(each, rows), of_all)


def signature(split: dataset_split.DatasetSplit) -> typing.Any:
    """Returns the tf.TensorSpec of any number of examples, or of each input."""
    return nested.mapped(_any_number, split.specs)


def signature_of_targets(split: dataset_split.DatasetSplit) -> tuple:
    """Returns the same of labels, and of weights if there are any."""
    return nested.mapped(_any_number, examples_lib.specs(split.targets))


def numbers(split: dataset_split.DatasetSplit) -> int:
    """Returns how many numbers one example has, at least 1."""
    return max(1, sum(math.prod(s.shape) for s in nested.leaves(split.specs)))


def taker(
    x: typing.Any, is_compiled: bool = False
) -> Callable[[tf.Tensor], typing.Any]:
    """Returns a function: rows, int32 of shape (n,) -> these rows of a tensor.

    Of each, if there are several inputs. As `tf.gather`, which has no uint8 on
    GPUs: TensorFlow would copy all of x to the host each time. There, four
    bytes are taken as one float32, whose bits stay as they are (untried); XLA,
    if it compiles this, has all types.
    """
    if nested.is_several(x):
        takers = nested.mapped(lambda each: taker(each, is_compiled), x)
        return lambda rows: nested.mapped(lambda take: take(rows), takers)
    if x.dtype != tf.uint8 or is_compiled or not devices.sees_gpu():
        return functools.partial(tf.gather, x)
    shape: typing.Any = x.shape[1:]  # All of it is known.
    size = math.prod(shape)
    flat = tf.pad(tf.reshape(x, (-1, size)), [[0, 0], [0, -size % 4]])
    words = tf.bitcast(tf.reshape(flat, (x.shape[0], -1, 4)), tf.float32)

    def take(rows):
        found = tf.bitcast(tf.gather(words, rows), tf.uint8)
        found = tf.reshape(found, (tf.size(rows), -1))[:, :size]
        return tf.reshape(found, (-1, *shape))

    return take


def prepared(prepare: Callable | None, x: typing.Any) -> typing.Any:
    """Returns examples, a tensor or several, as the network shall see them."""
    return x if prepare is None else prepare(x)


def examples(dataset: dataset_base.DatasetBase, count: int = 2) -> typing.Any:
    """Returns the first training examples, or all that there are, prepared."""
    rows = np.arange(min(count, dataset.train.size), dtype=np.int32)
    return prepared(dataset.prepare, read(dataset.train, rows))


def example_labels(
    dataset: dataset_base.DatasetBase, count: int = 2
) -> typing.Any:
    """Returns the labels of what `examples` gives."""
    return nested.mapped(lambda y: y[:count], dataset.train.y)


def extremes(
    dataset: dataset_base.DatasetBase, of_bytes: bool = False
) -> typing.Any:
    """Returns two examples, the lowest and highest whole numbers, prepared.

    Those of each place in an example, over all splits: what indices there are.
    None where examples are streamed, of real numbers, or of 8 bits like pixels,
    unless these may be indices, too; of several inputs, such are the first
    example, if another is of indices.
    """
    least = 1 if of_bytes else 2  # Bytes.
    arrays = [split.x for split in dataset.splits.values()]
    if any(split.is_streamed for split in dataset.splits.values()):
        return None
    if not any(_are_indices(x, least) for x in nested.leaves(arrays[0])):
        return None
    found = nested.mapped(
        lambda *each: tf.constant(_ends(each, least)), *arrays
    )
    return prepared(dataset.prepare, found)


def _are_indices(x, least_bytes):
    return x.dtype.kind in "iu" and x.dtype.itemsize >= least_bytes


def _ends(arrays, least_bytes):
    """Lowest and highest at each place, if these are indices."""
    if not _are_indices(arrays[0], least_bytes):
        return arrays[0][[0, 0]]
    lowest = np.min([x.min(axis=0) for x in arrays], axis=0)
    highest = np.max([x.max(axis=0) for x in arrays], axis=0)
    return np.stack([lowest, highest])


def read(split: dataset_split.DatasetSplit, rows: np.ndarray) -> typing.Any:
    """Returns examples of a split as stored, streamed or not.

    Args:
        rows: Which ones, int32, shape (n,).
    """
    if split.is_streamed:
        return stream(split, tf.constant(rows))
    return nested.mapped(lambda array: tf.constant(array[rows]), split.x)


def stream(
    split: dataset_split.DatasetSplit,
    rows: tf.Tensor,
    seed: tf.Tensor | None = None,
) -> typing.Any:
    """Returns examples of a split that is streamed.

    Args:
        rows: Which ones, int32 tensor of shape (n,), n known or not.
        seed: Of the crops that the reader draws, as of DatasetBase; None draws
            none.
    """
    x = split.x.read(rows, seed)  # pyright: ignore[reportAttributeAccessIssue]
    return nested.mapped(
        lambda spec, x: tf.ensure_shape(x, [rows.shape[0], *spec.shape]),
        split.specs,
        x,
    )


def augmented(
    dataset: dataset_base.DatasetBase, x: typing.Any, iteration: tf.Tensor
) -> typing.Any:
    """Returns the examples of a training batch, augmented, not prepared."""
    if dataset.augment is None:
        return x
    augmented = dataset.augment(x, _seed(dataset, iteration))
    nested.mapped(lambda a, x: a.set_shape(x.shape), augmented, x)
    return augmented


def training_stream(
    dataset: dataset_base.DatasetBase, start: int
) -> tf.data.Dataset:
    """Returns a streamed dataset's training batches, augmented.

    They are (x, y), or (x, y, weights).

    The batches, their order and their augmentation are those that training
    from memory would see, from iteration `start` on, counted from 0; reading
    runs ahead on other threads.
    """
    split = dataset.train
    of_all = targets(split)

    def rows_of(iteration):
        rows, sizes = split.batches(int(iteration), 1)
        return rows[0, : sizes[0]]

    def read(iteration):
        rows = tf.numpy_function(rows_of, [iteration], tf.int32)
        rows.set_shape([None if split.partial_size else split.batch_size])
        iteration = tf.cast(iteration, tf.int32)
        x = stream(split, rows, _seed(dataset, iteration))
        x = augmented(dataset, x, iteration)
        return x, *gathered(of_all, rows)

    iterations = tf.data.Dataset.range(start, np.iinfo(np.int64).max)
    return in_background(iterations, read)


def evaluation_stream(
    split: dataset_split.DatasetSplit, batch_size: int
) -> tf.data.Dataset:
    """Returns all (x, y), or (x, y, weights), of a streamed split in order.

    The last batch may be smaller than batch_size.
    """
    of_all = targets(split)

    def read(rows):
        return stream(split, rows), *gathered(of_all, rows)

    rows = tf.data.Dataset.range(split.size, output_type=tf.int32)
    return in_background(rows.batch(batch_size), read)


def in_background(items: tf.data.Dataset, read: Callable) -> tf.data.Dataset:
    """Returns what a function reads for each item, in order, a bit ahead.

    Where there is a GPU, on the first: copied there meanwhile (untried).
    """
    options = tf.data.Options()
    options.deterministic = True
    found = items.map(read, tf.data.AUTOTUNE).prefetch(PREFETCHED_BATCHES)
    found = found.with_options(options)
    gpus = tf.config.list_logical_devices("GPU")
    if not gpus:
        return found
    return found.apply(
        tf.data.experimental.prefetch_to_device(gpus[0].name, COPIED_BATCHES)
    )


def _seed(dataset, iteration):
    return tf.stack([tf.constant(dataset.augment_seed, tf.int32), iteration])


def _any_number(spec):
    return tf.TensorSpec([None, *spec.shape], spec.dtype)
