"""Error and loss of the networks on a straight line between two others."""

import typing
from collections.abc import Callable

from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.training import (
    network_evaluation,
    norm_statistics,
)
from lottery_ticket.foundations.values import dataset_base, interpolation


def evaluate(
    model: typing.Any,
    dataset: dataset_base.DatasetBase,
    first: interpolation.Network,
    second: interpolation.Network,
    masks: interpolation.Network,
    alphas: list[float],
    show: Callable = iter,
) -> tuple[dict, dict, int]:
    """Returns error and loss at places of the line between two networks.

    All that training moves by gradients is interpolated; batch normalisations
    get their statistics anew (see NormStatistics) at every place, the ends
    included: running statistics, which lag behind the weights, would make the
    ends differ from their neighbours. The ends are also evaluated as they are.
    Any other variable is as in the first network. Every example counts, none is
    augmented, and one compiled evaluation serves all places and splits.

    Args:
        model: ModelBase, which ends as the network at the last place.
        dataset: DatasetBase.
        first: The network at 0, as the second at 1; both have the masks.
        alphas: Places from 0 to 1, both included.
        show: Function that passes a list on and may show how far it is.

    Returns:
        Triple: dict, name of a split -> {"error": [...], "loss": [...]}, error
        being 1 - accuracy, or `Headline.error` of the model's headline metric,
        in float32's shortest exact form as in logs; the same of both ends
        alone, with their own statistics; and over how many examples statistics
        were taken, 0 if there are none.
    """
    evaluation = network_evaluation.NetworkEvaluation(model, dataset)
    norms = norm_statistics.NormStatistics(
        model, dataset, evaluation.tensors.get("train")
    )
    headline = model.headline
    trained = {name for name, each in model.variables.items() if each.trainable}
    line, ends = (
        {name: {"error": [], "loss": []} for name in dataset.splits}
        for _ in range(2)
    )

    def add(columns):
        for name, found in evaluation.evaluate().items():
            error = headline.error(found[headline.metric])
            columns[name]["error"].append(save_restore.shortest(error))
            columns[name]["loss"].append(found["loss"])

    for alpha in show(alphas):
        network = interpolation.between(first, second, alpha, trained)
        if alpha == 1:
            network = second
        model.reset(presets=network, masks=masks)
        if alpha in (0, 1):
            add(ends)
        norms.recompute()
        add(line)
    return line, ends, norms.examples
