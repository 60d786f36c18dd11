"""The criterion of what weights are multiplied by: Wanda."""

import typing

import numpy as np

from lottery_ticket.foundations.criteria import criterion, network_scores
from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    import tensorflow as tf

    from lottery_ticket.foundations.networks import tracing

Network = dict[str, np.ndarray]


def wanda(given: network_scores.Given) -> Network:
    """Returns abs(w) times the norm of the input that it is multiplied by.

    That is the 2-norm over all examples and all places where the layer applies
    the weight, such as words of a text. Batch normalisation is in inference
    mode. It is Wanda where weights are compared within their units; layers are
    pruned in order, so that inputs are those that pruned layers give.

    Source: Sun et al. 2024 (https://arxiv.org/abs/2306.11695) and the authors'
    code, whose layers are dense.
    Differs: in convolutions, which the source has not, each entry of a patch
    has a norm, over all patches. Layers are pruned one by one there in the
    order that the network lists them in; the source scores those of a block of
    a transformer together, once the blocks before are pruned.
    """
    squares = network_scores.total(_input_squares, given)
    norms = {name: np.sqrt(each) for name, each in squares.items()}
    sizes = {name: np.abs(given.weights[name]) for name in norms}
    return network_scores.checked("wanda", network_scores.times(sizes, norms))


def input_obstacle(model: typing.Any) -> str | None:
    """Returns why inputs of a model's kernels are not known, or None."""
    found = model.without_inputs
    if not found:
        return None
    return (
        "is of the inputs of dense layers, einsums and convolutions, each "
        f"called by its network. Received: {', '.join(found)}. Use large_final "
        "or another criterion of weights"
    )


def _input_squares(model, x, targets, weights, masks):
    """Sums of squares of what kept weights are multiplied by, in a chunk."""
    del targets
    kernels = {name: weights[name] for name in masks}
    layers = [model.kernel_layers[name].layer for name in masks]
    with tf.GradientTape() as tape:
        tape.watch(kernels)
        with tracing.squared_inputs(layers) as sums:
            network_scores.outputs(
                model, x, {**weights, **kernels}, masks, tf.float32
            )
        total = tf.reduce_sum(sums)
    return tracing.gradient(tape, total, kernels)


CRITERIA = {
    "wanda": criterion.Criterion(
        wanda,
        "Wanda",
        "abs(w_f) times the norm of its input; with granularity=per_unit or "
        "n:m, as in its paper",
        "Sun et al. 2024 (https://arxiv.org/abs/2306.11695)",
        kind="data",
        needs_training=True,
        in_order=True,
        obstacle=input_obstacle,
        family=0,
        variant=2,
    ),
}
