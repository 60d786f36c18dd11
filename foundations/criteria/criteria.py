"""The criteria by name: what scores weights, so that the lowest are pruned."""

import typing
from collections.abc import Callable

import numpy as np

from lottery_ticket.foundations.criteria import (
    criteria_ahead,
    criteria_gradients,
    criteria_inputs,
    criteria_weights,
    network_scores,
)
from lottery_ticket.foundations.selection import doubts
from lottery_ticket.foundations.values import dataset_base, examples, names
from lottery_ticket.foundations.values import masks as masks_lib

Network = dict[str, np.ndarray]
# In the order in which --criteria=all evaluates them.
CRITERIA = {
    **criteria_weights.CRITERIA,
    **criteria_gradients.CRITERIA,
    **criteria_inputs.CRITERIA,
    **criteria_ahead.CRITERIA,
}


def check(name: str) -> None:
    """Raises ValueError, naming the nearest, unless a criterion is known."""
    names.check("criterion", name, CRITERIA)


def check_network(name: str, model: typing.Any) -> None:
    """Raises ValueError if a criterion cannot score a ModelBase's kernels."""
    check(name)
    reason = CRITERIA[name].obstacle(model)
    if reason is not None:
        raise ValueError(f"Criterion {name!r} {reason}")


def score_fn(
    name: str,
    model: typing.Any,
    dataset: dataset_base.DatasetBase | None = None,
    *,
    initial: Network | None = None,
    final: Network | None = None,
    seed: int = 0,
    examples_per_class: int = 10,
    invert: bool = False,
) -> Callable[[Network], Network]:
    """Returns the function (masks) -> scores of a criterion; higher = keep.

    It can be called with ever sparser masks. The model is never changed, and
    scores depend on nothing but what is given here, the masks and, where
    weights are not given, the model's weights at the call.

    Args:
        name: Name of the criterion; see CRITERIA.
        model: ModelBase.
        dataset: For criteria that need data. For others it may tell the shape
            of an example where the network leaves it open.
        initial: Weights before training, for criteria of weights; None means
            the model's.
        final: Weights after training, which gradients are taken at, too; None,
            for criteria without training, means the model's.
        seed: Seed of random scores, of what decides between equal ranks, and
            of the choice of examples.
        examples_per_class: Training examples of each class that gradients of
            the loss are computed on; a class that has fewer gives all.
        invert: Whether to negate scores, so that the best are pruned first.

    Raises:
        ValueError: If the criterion is unknown, or cannot score the network, or
            what it needs is not given. The function raises it, too, if a
            layer's weights hold NaN.
    """
    check_network(name, model)
    criterion = CRITERIA[name]
    if criterion.needs_training and final is None:
        raise ValueError(
            f"Criterion {name!r} needs trained weights. Received: final=None"
        )
    if criterion.kind == "weights":
        scores = _of_weights(criterion, model, initial, final, seed)
    elif criterion.kind == "network":
        shape = _input_shape(name, model, dataset)
        scores = _of_gradients(criterion.function, model, final, shape)
    elif dataset is None:
        raise ValueError(
            f"Criterion {name!r} needs data. Received: dataset=None"
        )
    else:
        rows = network_scores.choose_examples(
            dataset.train, examples_per_class, seed
        )
        given = dataset.input_shape, dataset, rows, seed
        scores = _of_gradients(criterion.function, model, final, *given)
    if invert:
        return lambda masks: {n: -each for n, each in scores(masks).items()}
    return scores


def _of_weights(criterion, model, initial, final, seed):
    function, is_ranked = criterion.function, []

    def scores(masks):
        before = model.weights if initial is None else initial
        after = before if final is None else final
        for weights in (before, after):
            # A sign or a rank of NaN would pass for that of a number.
            named = {name: weights[name] for name in masks}
            masks_lib.check_numbers("Weights", named)
        if criterion.ranks and not is_ranked:
            _warn_of_ranks(before, after, masks)
            is_ranked.append(True)  # Not once a step.
        rng, layer = np.random.default_rng(seed), criteria_weights.Layer
        return {
            name: function(layer(before[name], after[name], mask, rng))
            for name, mask in masks.items()
        }

    return scores


def _warn_of_ranks(before, after, masks):
    for what, weights in (("abs(initial)", before), ("abs(final)", after)):
        kept = {n: np.abs(weights[n])[m != 0] for n, m in masks.items()}
        doubts.warn_of_ranks(what, kept)


def _input_shape(name, model, dataset):
    """Shape of an example, as a dataset or a network tells it."""
    shape = (model if dataset is None else dataset).input_shape
    inputs = getattr(model.network, "inputs", None) or []
    if dataset is None and shape == () and len(inputs) == 1:
        shape = inputs[0].shape[1:]  # It was given no examples.
    if not examples.is_one(shape):
        raise ValueError(
            f"Criterion {name!r} needs the shape of an example of one input, "
            f"of a dataset or a network that fixes it. Received: {shape}"
        )
    return shape


def _of_gradients(function, model, final, *others):
    def scores(masks):
        weights = {**model.weights, **(final or {})}
        given = network_scores.Given(model, weights, masks, *others)
        return function(given)

    return scores
