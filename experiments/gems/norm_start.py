"""Statistics of batch normalisations that fine-tuning starts from."""

import logging

import numpy as np

from lottery_ticket.experiments.gems import measures
from lottery_ticket.foundations import lazy

norm_statistics = lazy.module(
    "lottery_ticket.foundations.training.norm_statistics"
)
_log = logging.getLogger(__name__)


def settle(kind: str, model, dataset, label: str) -> dict:
    """Gives a model the statistics to start from; returns which they are.

    The final mask is not the last one that the search computed with: it can
    keep weights that were switched off there, and a channel that was constant
    has a variance of 0 to be divided by. Where the search's statistics give an
    infinite loss, or none, they are computed anew, with a warning.

    Differs: from the authors' code, which reports such a loss and goes on.

    Args:
        kind: A name in fine_tuning.NORM_STATISTICS.
        model: ModelBase, with the weights and masks to start from, and the
            search's statistics.
        dataset: DatasetBase.
        label: What is trained, for the warning.

    Returns:
        {"norm_statistics": kind}, empty for a network without any.
    """
    if not any(name.endswith("moving_variance") for name in model.variables):
        return {}
    if kind == "search":
        results = measures.evaluation(model, dataset).evaluate()
        losses = [split["loss"] for split in results.values()]
        if np.isfinite(losses).all():
            return {"norm_statistics": kind}
        _log.warning(
            "%s: with the search's statistics of batch normalisations the "
            "final mask has no finite loss; they are computed anew, as by "
            "--norm_statistics=recomputed",
            label,
        )
    norm_statistics.NormStatistics(model, dataset).recompute()
    return {"norm_statistics": "recomputed"}
