"""What criteria of a whole network are given, and compute with.

No function here changes the model: weights and masks are arguments. Pruned
weights count as 0, whatever they are held at. Regularisation losses of layers
are not counted, and a network of mixed precision is computed in float32, or as
it is asked for.
"""

import functools
import typing
from collections.abc import Callable, Iterator

import numpy as np

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import (
    dataset_base,
    dataset_split,
    examples,
    fields,
    nested,
)

with lazy.imports():
    import tensorflow as tf

    from lottery_ticket.foundations.networks import tracing
    from lottery_ticket.foundations.training import batches

Network = dict[str, np.ndarray]
CHUNK_NUMBERS = 320_000  # In the inputs: at most 104 CIFAR images at once.
CHUNK_SIZE = 1000


class Given(typing.NamedTuple):
    """What criteria take. They return scores, or raise FloatingPointError.

    Scores are a dict, layer name -> float32 array of the kernel's shape, all
    finite; higher = keep.

    Args:
        model: ModelBase.
        weights: Dict, name -> array: all that the network computes with, as
            `ModelBase.weights`.
        masks: Masks of the kernels to score; a kernel that is not named keeps
            all its weights.
        input_shape: Of one example.
        dataset: Whose training examples to score on, where data are needed.
        rows: Rows of those.
        seed: Of the choice of examples, for criteria with batches of their own.
    """

    model: typing.Any
    weights: Network
    masks: Network
    input_shape: tuple[int, ...]
    dataset: typing.Any = None
    rows: typing.Any = ()
    seed: int = 0


def choose_examples(
    split: dataset_split.DatasetSplit, per_class: int, seed: int
) -> np.ndarray:
    """Returns rows of a split, int32, ascending: examples of each class.

    A class that has fewer than `per_class` gives all it has. Where labels are
    no classes, all examples count as one class. Raises ValueError if per_class
    is below 1.
    """
    fields.check("examples_per_class", per_class, int, at_least=1)
    order = np.random.default_rng(seed).permutation(split.size)
    labels = _classes(split.y)[order]
    chosen = [order[labels == label][:per_class] for label in np.unique(labels)]
    return np.sort(np.concatenate(chosen)).astype(np.int32)


def example_chunks(
    dataset: dataset_base.DatasetBase, rows: np.ndarray
) -> Iterator[tuple]:
    """Yields training examples, prepared and never augmented.

    They are (x, y) or (x, y, weights), and come in chunks, so that memory stays
    bounded.
    """
    split = dataset.train
    size = max(1, min(CHUNK_SIZE, CHUNK_NUMBERS // batches.numbers(split)))
    for start in range(0, len(rows), size):
        yield examples_of(dataset, rows[start : start + size])


def examples_of(dataset: dataset_base.DatasetBase, rows: np.ndarray) -> tuple:
    """Returns training examples as `example_chunks` does, all at once."""
    x = batches.read(dataset.train, rows)
    targets = examples.take(dataset.train.targets, rows)
    return (
        batches.prepared(dataset.prepare, x),
        *nested.mapped(tf.constant, targets),
    )


def compiled(model: typing.Any, function: Callable) -> typing.Any:
    """Returns a function of (model, ...) for this model, which keeps it.

    So it is compiled once, for all that the model computes.
    """
    key = function.__name__
    if key not in model.compiled:
        model.compiled[key] = tf.function(
            functools.partial(function, model),
            autograph=False,
            reduce_retracing=True,  # Of chunks, the last may be smaller.
        )
    return model.compiled[key]


def tensors(given: Given) -> tuple[dict, dict]:
    """Returns weights and masks as tensors, masks as booleans."""
    return (
        {name: tf.constant(each) for name, each in given.weights.items()},
        {name: tf.constant(mask == 1) for name, mask in given.masks.items()},
    )


def total(function: Callable, given: Given, *others: typing.Any) -> Network:
    """Returns the sums over examples of what a function sums up over a chunk.

    Args:
        function: Function (model, x, targets, weights, masks, *others) -> dict,
            layer name -> tensor.
    """
    called, totals = compiled(given.model, function), {}
    others = (*tensors(given), *others)
    for x, *targets in example_chunks(given.dataset, given.rows):
        for name, own in called(x, targets, *others).items():
            totals[name] = own + totals.get(name, 0)
    return {name: each.numpy() for name, each in totals.items()}


def mean(function: Callable, given: Given, *others: typing.Any) -> Network:
    """Returns the means over examples; else as `total`."""
    count, totals = len(given.rows), total(function, given, *others)
    return {name: each / count for name, each in totals.items()}


def loss(
    model: typing.Any,
    x: typing.Any,
    targets: typing.Any,
    weights: typing.Any,
    masks: typing.Any,
    temperature: float = 1.0,
    training: bool = False,
) -> "tf.Tensor":
    """Returns the loss, summed up over examples; pruned weights are 0.

    Args:
        x: Prepared examples.
        targets: List of labels and, if they have any, weights of examples.
        weights: Dict, name -> tensor.
        masks: Dict, layer name -> tensor of booleans.
        temperature: What logits of classes are divided by.
        training: Whether layers train, but for dropout and noise.
    """
    given = outputs(model, x, weights, masks, tf.float32, training)
    if model.task.name == "classification":
        given = model.logits(tf.cast(given, tf.float32)) / temperature
        if model.gives_probabilities:  # Which is what its loss then expects.
            given = tf.nn.softmax(given)
    y, *of_examples = targets
    mean_loss = model.task.batch(y, given, *of_examples)[0]
    count = tf.shape(nested.leaves(y)[0])[0]
    return mean_loss * tf.cast(count, mean_loss.dtype)


def outputs(
    model: typing.Any,
    x: typing.Any,
    weights: typing.Any,
    masks: typing.Any,
    dtype: "tf.DType",
    training: bool = False,
) -> typing.Any:
    """Returns what the network gives with these weights, pruned ones 0.

    Arguments are as for `loss`, and
        dtype: What all is computed in.
    """
    values = {
        name: tf.cast(each, dtype) if each.dtype.is_floating else each
        for name, each in weights.items()
    }
    for name, mask in masks.items():
        values[name] = tf.where(mask, values[name], tf.zeros([], dtype))
    variables = [model.variables[name] for name in values]
    network, new = model.network, list(values.values())
    with (
        tracing.in_precision(network, dtype.name),
        tracing.without_dropout(network),
    ):
        return tracing.outputs(network, variables, new, x, training)


def times(weights: Network, arrays: Network) -> Network:
    """Returns arrays times the weights of their names."""
    with np.errstate(over="ignore", invalid="ignore"):  # It is an error later.
        return {name: each * weights[name] for name, each in arrays.items()}


def checked(criterion: str, scores: Network) -> Network:
    """Returns scores; raises FloatingPointError unless all are finite."""
    for name, score in scores.items():
        if not np.isfinite(score).all():
            raise FloatingPointError(
                f"Scores of {criterion} must be finite. Received: NaN or "
                f"infinity in layer {name!r}"
            )
    return scores


def _classes(y):
    """The class of each example, of one axis; 0 where labels are no classes."""
    if isinstance(y, np.ndarray) and y.shape[1:] in ((), (1,)):
        if np.isin(y, (0, 1)).all() or y.dtype.kind == "i":
            return y.reshape(-1)
    return np.zeros(len(nested.leaves(y)[0]), np.int32)
