"""Criteria of a network's gradients, compiled once for each network.

Gradients are computed anew whenever they are asked for, from weights and data:
no run has to have stored any, as those of Zhou et al. 2019 do for snip and
grad. Pruned weights score 0. Batch normalisation is in inference mode, and
SynFlow is computed in float64; for all else see network_scores.
"""

import typing

import numpy as np

from lottery_ticket.foundations.criteria import criterion, network_scores
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import entries

with lazy.imports():
    import tensorflow as tf

    from lottery_ticket.foundations.networks import tracing

Network = dict[str, np.ndarray]
GRASP_TEMPERATURE = 200.0


def snip(given: network_scores.Given) -> Network:
    """Returns abs(g * w), g being the gradient of the mean loss.

    Source: Lee et al. 2019 (https://arxiv.org/abs/1810.02340), equation 5.
    Differs: scores are not divided by their sum, which orders them alike;
    batch normalisation is in inference mode.
    """
    scores = network_scores.times(
        given.weights, network_scores.mean(_gradients, given, 1.0)
    )
    return network_scores.checked(
        "snip", {name: np.abs(s) for name, s in scores.items()}
    )


def grad(given: network_scores.Given) -> Network:
    """Returns abs(g), g being the gradient of the mean loss.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067).
    Differs: batch normalisation is in inference mode.
    """
    gradients = network_scores.mean(_gradients, given, 1.0)
    return network_scores.checked(
        "grad", {name: np.abs(g) for name, g in gradients.items()}
    )


def grasp(given: network_scores.Given) -> Network:
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
    gradients = network_scores.mean(_gradients, given, GRASP_TEMPERATURE)
    products = network_scores.mean(
        _hessian_products, given, GRASP_TEMPERATURE, gradients
    )
    return network_scores.checked(
        "grasp", network_scores.times(given.weights, products)
    )


def grasp_magnitude(given: network_scores.Given) -> Network:
    """Returns abs(w * (H g)), g and H being of the mean loss.

    As GraSP, but of logits as they are, and what changes the flow of gradients
    least goes first, whether it would rise or fall.

    Source: Rachwan et al. 2022 (https://arxiv.org/abs/2206.10451) and the
    authors' code, which has 5 batches of 256 examples.
    Differs: batch normalisation is in inference mode. When to prune, by how far
    weights have moved in training, is told by the command mask_facts.
    """
    gradients = network_scores.mean(_gradients, given, 1.0)
    products = network_scores.mean(_hessian_products, given, 1.0, gradients)
    scores = network_scores.times(given.weights, products)
    return network_scores.checked(
        "grasp_magnitude", {name: np.abs(s) for name, s in scores.items()}
    )


def synflow(given: network_scores.Given) -> Network:
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
    scores = network_scores.compiled(given.model, _flow_scores)(
        *network_scores.tensors(given), x
    )
    return network_scores.checked(
        "synflow", {n: each.numpy() for n, each in scores.items()}
    )


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


def _gradients(model, x, targets, weights, masks, temperature):
    """Gradients by the kept weights of a chunk's loss, summed up."""
    kernels = {name: weights[name] for name in masks}
    with tf.GradientTape() as tape:
        tape.watch(kernels)
        loss = network_scores.loss(
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
            outputs = network_scores.outputs(model, x, given, masks, tf.float64)
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
    "grasp_magnitude": criterion.Criterion(
        grasp_magnitude,
        "abs GraSP",
        "abs(w (H g)), H the Hessian, in steps that each halve what is still "
        "to go",
        "Rachwan et al. 2022 (https://arxiv.org/abs/2206.10451)",
        kind="data",
        steps=100,
        halves=True,
        family=8,
        variant=1,
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
