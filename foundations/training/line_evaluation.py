"""Error and loss of the networks on a straight line between two others."""

import numpy as np

from lottery_ticket.foundations import interpolation
from lottery_ticket.foundations.training import (
    batches,
    evaluation,
    norm_statistics,
)


def evaluate(
    model, dataset, first, second, masks, alphas, show=iter
) -> tuple[dict, int]:
    """Returns error and loss at places of the line between two networks.

    The ends, alpha 0 and 1, are evaluated as they are, their running statistics
    included. In between, all that training moves by gradients is interpolated;
    batch normalisations get their statistics anew (see NormStatistics); any
    other variable is as in the first network. Every example counts, none is
    augmented, and one compiled evaluation serves all places and splits.

    Args:
        model: ModelBase, which ends as the network at the last place.
        dataset: DatasetBase.
        first: Dict, name -> array: the network at 0.
        second: The network at 1.
        masks: Dict, layer name -> mask that both have.
        alphas: List of places, each in [0, 1].
        show: Function that passes a list on and may show how far it is.

    Returns:
        Pair: dict, name of a split -> {"error": [...], "loss": [...]}, error
        being 1 - accuracy, in float32's shortest exact form as in logs; and
        over how many examples statistics were taken, 0 if there are none.
    """
    for program in model.programs.values():
        program.unload()
    tensors = {
        name: batches.load(split)
        for name, split in dataset.splits.items()
        if not split.is_streamed
    }
    evaluating = evaluation.Evaluation(model, dataset)
    norms = norm_statistics.NormStatistics(model, dataset, tensors.get("train"))
    trained = {name for name, each in model.variables.items() if each.trainable}
    columns = {name: {"error": [], "loss": []} for name in dataset.splits}
    for alpha in show(alphas):
        network = interpolation.between(first, second, alpha, trained)
        model.reset(presets=network, masks=masks)
        if 0 < alpha < 1:
            norms.recompute()
        futures = {
            name: evaluating.start(split, tensors.get(name))
            for name, split in dataset.splits.items()
        }
        for name, future in futures.items():
            loss, accuracy = future.result()  # Sync point.
            columns[name]["error"].append(_shortest(1 - _shortest(accuracy)))
            columns[name]["loss"].append(_shortest(loss))
    return columns, norms.examples


def _shortest(value):
    return float(str(np.float32(value)))
