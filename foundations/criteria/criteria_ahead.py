"""Criteria that look ahead, at what weights do after some training: ProsPr."""

import numpy as np

from lottery_ticket.foundations.criteria import criterion, network_scores
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import nested

with lazy.imports():
    import tensorflow as tf

    from lottery_ticket.foundations.networks import tracing

Network = dict[str, np.ndarray]
STEPS = 3
RATE = 0.1
BATCH_SIZE = 128
_ALIZADEH = "Alizadeh et al. 2022 (https://arxiv.org/abs/2202.08132)"


def prospr(given: network_scores.Given) -> Network:
    """Returns abs(dL/dc), L after 3 steps of training from the weights w * c.

    c is 1 for each weight. The steps are those of plain SGD at a rate of .1, of
    all variables that are trained, each on another batch of 128 training
    examples, and the loss is that of one more. The gradient is taken through
    all of them; without any, it is SNIP's. Batch normalisation uses statistics
    of the batch, and nothing is dropped out.

    Source: Alizadeh et al. 2022 (https://arxiv.org/abs/2202.08132) and the
    authors' code, whose defaults these are; its README has a rate of .5 with a
    momentum of .9.
    Differs: the gradient is taken backwards, from step to step, by a product
    with a Hessian each, so that memory does not grow with the steps.
    """
    return network_scores.checked("prospr", look_ahead(given))


def prospr_first_order(given: network_scores.Given) -> Network:
    """Returns abs(w * g), g the gradient of the loss after 3 steps from w.

    As `prospr`, whose steps count as not depending on w.

    Source: as of `prospr`.
    """
    scores = look_ahead(given, through_steps=False)
    return network_scores.checked("prospr_first_order", scores)


def look_ahead(
    given: network_scores.Given,
    steps: int = STEPS,
    through_steps: bool = True,
) -> Network:
    """Returns scores as `prospr` does, after any number of steps.

    Args:
        steps: 0 or more; without any, scores are SNIP's.
        through_steps: Whether the gradient is taken through the steps, or ends
            where they do.
    """
    *before, last = _batches(given, steps + 1)
    model, (weights, masks) = given.model, network_scores.tensors(given)
    gradients = network_scores.compiled(model, _trained_gradients)
    products = network_scores.compiled(model, _trained_products)
    passed = []
    for batch in before:
        passed.append((batch, weights))
        weights = _moved(weights, gradients(batch, weights, masks))
    found = gradients(last, weights, masks)
    for batch, weights in reversed(passed) if through_steps else ():
        found = _moved(found, products(batch, weights, masks, found))
    kernels = {name: found[name].numpy() for name in given.masks}
    scores = network_scores.times(given.weights, kernels)
    return {name: np.abs(each) for name, each in scores.items()}


def _batches(given, count):
    """Batches of training examples; they begin anew when all are used up."""
    size = given.dataset.train.size
    order = np.random.default_rng(given.seed).permutation(size)
    drawn = np.resize(order, (count, min(BATCH_SIZE, size))).astype(np.int32)
    return [network_scores.examples_of(given.dataset, rows) for rows in drawn]


def _moved(values, along):
    """Values after a step of gradient descent."""
    steps = {name: values[name] - RATE * each for name, each in along.items()}
    return {**values, **steps}


def _trained_gradients(model, batch, weights, masks):
    """Gradients of a batch's mean loss by all variables that are trained."""
    x, *targets = batch
    trained = _trained(model, weights)
    with tf.GradientTape() as tape:
        tape.watch(trained)
        loss = network_scores.loss(
            model, x, targets, {**weights, **trained}, masks, training=True
        )
        count = tf.shape(nested.leaves(targets[0])[0])[0]
        loss /= tf.cast(count, loss.dtype)
    return tracing.gradient(tape, loss, trained)


def _trained_products(model, batch, weights, masks, vectors):
    """Hessian of that loss times a vector, by the same variables."""
    trained = _trained(model, weights)
    with tf.GradientTape() as tape:
        tape.watch(trained)
        gradients = _trained_gradients(
            model, batch, {**weights, **trained}, masks
        )
        along = tf.add_n(
            [tf.reduce_sum(gradients[name] * vectors[name]) for name in trained]
        )
    return tracing.gradient(tape, along, trained)


def _trained(model, weights):
    own = {id(each) for each in model.network.trainable_variables}
    return {
        name: weights[name]
        for name, each in model.variables.items()
        if id(each) in own
    }


def _looking_ahead(function, label, help, variant):
    return criterion.Criterion(
        function,
        label,
        help,
        _ALIZADEH,
        kind="data",
        family=5,
        variant=variant,
    )


CRITERIA = {
    "prospr": _looking_ahead(
        prospr,
        "ProsPr",
        "abs(dL/dc), L the loss after 3 steps of SGD from c w, c = 1",
        2,
    ),
    "prospr_first_order": _looking_ahead(
        prospr_first_order,
        "ProsPr, first order",
        "abs(g w), g the gradient of the loss after 3 steps of SGD from w",
        3,
    ),
}
