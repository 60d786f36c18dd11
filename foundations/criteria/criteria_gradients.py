"""Criteria of a network's gradients, compiled once for each network.

Gradients are computed anew whenever they are asked for, from weights and data:
no run has to have stored any, as those of Zhou et al. 2019 do for snip and
grad. No function here changes the model: weights and masks are arguments.
Pruned weights count as 0, whatever they are held at, and score 0. Batch
normalisation is in inference mode, regularisation losses of layers are not
counted, and a network of mixed precision is computed in float32, or for SynFlow
in float64.
"""

import functools
import typing
from collections.abc import Iterator

import numpy as np

from lottery_ticket.foundations.criteria import criterion
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import (
    dataset_base,
    dataset_split,
    entries,
    examples,
    fields,
    nested,
)

with lazy.imports():
    import tensorflow as tf

    from lottery_ticket.foundations.networks import tracing
    from lottery_ticket.foundations.training import batches

Network = dict[str, np.ndarray]
GRASP_TEMPERATURE = 200.0
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
    """

    model: typing.Any
    weights: Network
    masks: Network
    input_shape: tuple[int, ...]
    dataset: typing.Any = None
    rows: typing.Any = ()


def snip(given: Given) -> Network:
    """Returns abs(g * w), g being the gradient of the mean loss.

    Source: Lee et al. 2019 (https://arxiv.org/abs/1810.02340), equation 5.
    Differs: scores are not divided by their sum, which orders them alike;
    batch normalisation is in inference mode.
    """
    scores = _times(given.weights, _mean(_gradients, given, 1.0))
    return _checked("snip", {name: np.abs(s) for name, s in scores.items()})


def grad(given: Given) -> Network:
    """Returns abs(g), g being the gradient of the mean loss.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067).
    Differs: batch normalisation is in inference mode.
    """
    gradients = _mean(_gradients, given, 1.0)
    return _checked("grad", {name: np.abs(g) for name, g in gradients.items()})


def grasp(given: Given) -> Network:
    """Returns w * (H g), g and H being of the mean loss; higher = keep.

    The loss is of logits divided by 200, its gradient g and Hessian H by the
    kept weights of the kernels alone, as in the authors' code. Both are of all
    rows, whatever fits into memory at once.

    Source: Wang et al. 2020 (https://arxiv.org/abs/2002.07376), equation 8,
    where -w * (H g) is the score and the highest are pruned.
    Differs: batch normalisation is in inference mode.

    Raises ValueError unless the network is one of classification.
    """
    task = given.model.task.name
    if task != "classification":
        raise ValueError(
            "GraSP divides logits of classes by 200, so it is for "
            f"classification. Received: a network of the task {task}"
        )
    gradients = _mean(_gradients, given, GRASP_TEMPERATURE)
    products = _mean(_hessian_products, given, GRASP_TEMPERATURE, gradients)
    return _checked("grasp", _times(given.weights, products))


def synflow(given: Given) -> Network:
    """Returns abs(w * dR/dw), R being the flow through the network, in float64.

    R is the sum of the logits for an input of ones, all weights replaced by
    their absolute values. It goes beyond float32 in deep networks.

    Source: Tanaka et al. 2020 (https://arxiv.org/abs/2006.05467), equation 2
    and algorithm 1.
    Differs: moving means of batch normalisation count as 0, which at
    initialisation they are, so that all flow is positive in a trained network;
    and activations are left out, as ReLUs do nothing to such a flow, but
    others, such as ReLU6, would be saturated by it.

    Raises ValueError if the network does not compute with floats from its
    input.
    """
    x = tf.ones((1, *given.input_shape), tf.float64)
    scores = _compiled(given.model, _flow_scores)(*_tensors(given), x)
    return _checked("synflow", {n: each.numpy() for n, each in scores.items()})


def flow_obstacle(model: typing.Any) -> str | None:
    """Returns why there is no SynFlow through a model's kernels, or None."""
    found = model.without_flow
    if not found:
        return None
    return (
        "is of sums of weights times inputs, and it is not known how weights "
        f"flow through {', '.join(found)}: gates multiply, and layers of your "
        "own may compute anything. Use snip, grasp or a criterion of weights"
    )


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
        chunk = rows[start : start + size]
        x = batches.read(split, chunk)
        targets = examples.take(split.targets, chunk)
        yield (
            batches.prepared(dataset.prepare, x),
            *nested.mapped(tf.constant, targets),
        )


def _compiled(model, function):
    """The function of this model; a model keeps it, for all its runs."""
    key = function.__name__
    if key not in model.compiled:
        model.compiled[key] = tf.function(
            functools.partial(function, model),
            autograph=False,
            reduce_retracing=True,  # Of chunks, the last may be smaller.
        )
    return model.compiled[key]


def _tensors(given):
    return (
        {name: tf.constant(each) for name, each in given.weights.items()},
        {name: tf.constant(mask == 1) for name, mask in given.masks.items()},
    )


def _mean(function, given, *others):
    """Means over examples of what a function sums up over a chunk."""
    compiled, totals = _compiled(given.model, function), {}
    others = (*_tensors(given), *others)
    for x, *targets in example_chunks(given.dataset, given.rows):
        for name, total in compiled(x, targets, *others).items():
            totals[name] = total + totals.get(name, 0)
    count = len(given.rows)
    return {name: each.numpy() / count for name, each in totals.items()}


def _gradients(model, x, targets, weights, masks, temperature):
    """Gradients by the kept weights of a chunk's loss, summed up."""
    kernels = {name: weights[name] for name in masks}
    with tf.GradientTape() as tape:
        tape.watch(kernels)
        loss = _loss(
            model, x, targets, {**weights, **kernels}, masks, temperature
        )
    return tracing.gradient(tape, loss, kernels)


def _hessian_products(model, x, targets, weights, masks, temperature, vectors):
    """Hessian of a chunk's summed loss times a vector, by the same weights."""
    kernels = {name: weights[name] for name in masks}
    with tf.GradientTape() as tape:
        tape.watch(kernels)
        gradients = _gradients(
            model, x, targets, {**weights, **kernels}, masks, temperature
        )
        along = tf.add_n(
            [tf.reduce_sum(gradients[name] * vectors[name]) for name in masks]
        )
    return tracing.gradient(tape, along, kernels)


def _loss(model, x, targets, weights, masks, temperature):
    outputs = _outputs(model, x, weights, masks, tf.float32)
    if model.task.name == "classification":
        outputs = model.logits(tf.cast(outputs, tf.float32)) / temperature
        if model.gives_probabilities:  # Which is what its loss then expects.
            outputs = tf.nn.softmax(outputs)
    y, *of_examples = targets
    loss = model.task.batch(y, outputs, *of_examples)[0]
    count = tf.shape(nested.leaves(y)[0])[0]
    return loss * tf.cast(count, loss.dtype)


def _flow_scores(model, weights, masks, x):
    means = _moving_means(model)
    weights = {
        name: tf.cast(
            tf.zeros_like(each) if name in means else tf.abs(each), tf.float64
        )
        for name, each in weights.items()
        if each.dtype.is_floating
    }
    kernels = {name: weights[name] for name in masks}
    with tf.GradientTape() as tape:
        tape.watch((x, kernels))
        with tracing.without_activations(model.network):
            given = {**weights, **kernels}
            outputs = _outputs(model, x, given, masks, tf.float64)
        parts = tf.nest.flatten(model.logits(outputs))
        flow = tf.add_n([tf.reduce_sum(part) for part in parts])
    found = typing.cast(tuple, tape.gradient(flow, (x, kernels)))
    by_input, gradients = found
    if by_input is None:
        raise ValueError(
            "SynFlow sends ones through a network, so its inputs must be "
            f"floats. Received: the network {model.network.name!r}, whose "
            "outputs have no gradient by its inputs"
        )
    return {
        name: tf.zeros_like(kernels[name])
        if gradient is None
        else tf.abs(kernels[name] * gradient)
        for name, gradient in gradients.items()
    }


def _moving_means(model):
    """Names of the moving means of all batch normalisations."""
    means = {id(layer.moving_mean) for layer in tracing.norms(model.network)}
    return {n for n, each in model.variables.items() if id(each) in means}


def _outputs(model, x, weights, masks, dtype):
    """What the network gives with these weights, pruned ones 0."""
    values = {
        name: tf.cast(each, dtype) if each.dtype.is_floating else each
        for name, each in weights.items()
    }
    for name, mask in masks.items():
        values[name] = tf.where(mask, values[name], tf.zeros([], dtype))
    variables = [model.variables[name] for name in values]
    with tracing.in_precision(model.network, dtype.name):
        return tracing.outputs(
            model.network, variables, list(values.values()), x
        )


def _classes(y):
    """The class of each example, of one axis; 0 where labels are no classes."""
    if isinstance(y, np.ndarray) and y.shape[1:] in ((), (1,)):
        if np.isin(y, (0, 1)).all() or y.dtype.kind == "i":
            return y.reshape(-1)
    return np.zeros(len(nested.leaves(y)[0]), np.int32)


def _times(weights, arrays):
    with np.errstate(over="ignore", invalid="ignore"):  # It is an error later.
        return {name: each * weights[name] for name, each in arrays.items()}


def _checked(criterion, scores):
    for name, score in scores.items():
        if not np.isfinite(score).all():
            raise FloatingPointError(
                f"Scores of {criterion} must be finite. Received: NaN or "
                f"infinity in layer {name!r}"
            )
    return scores


CRITERIA = {
    "snip": criterion.Criterion(
        snip,
        "SNIP",
        "abs(g w), g the gradient of the loss",
        "Lee et al. 2019 (https://arxiv.org/abs/1810.02340)",
        kind="data",
        family=5,
    ),
    "grad": criterion.Criterion(
        grad,
        "gradient",
        "abs(g), g the gradient of the loss",
        entries.ZHOU,
        kind="data",
        family=5,
        variant=1,
    ),
    "grasp": criterion.Criterion(
        grasp,
        "GraSP",
        "w (H g), H the Hessian; logits divided by 200",
        "Wang et al. 2020 (https://arxiv.org/abs/2002.07376)",
        kind="data",
        family=8,
    ),
    "synflow": criterion.Criterion(
        synflow,
        "SynFlow",
        "abs(w dR/dw), R the flow through the network of all abs(w), without "
        "activations; no data",
        "Tanaka et al. 2020 (https://arxiv.org/abs/2006.05467)",
        kind="network",
        steps=100,
        obstacle=flow_obstacle,
        family=9,
    ),
}
