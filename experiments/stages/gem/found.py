"""Found: what a search leaves to fine-tuning."""

import dataclasses

import numpy as np

Network = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True, eq=False)
class Found:
    """A mask, and the weights that are trained under it.

    Args:
        masks: Dict, layer name -> mask, in the order of the network.
        start: Dict, name -> array: the weights, none pruned, and the search's
            statistics of batch normalisations.
        results: What was measured in the search, as JSON values; None where
            nothing was searched.
    """

    masks: Network
    start: Network
    results: dict | None = None


def with_statistics(model, weights: Network, final: Network) -> Network:
    """Returns weights with the statistics of batch normalisations of others.

    Args:
        model: ModelBase of the network.
        weights: Dict, name -> array.
        final: Dict, name -> array, what a search ended with.
    """
    moved = [name for name, v in model.variables.items() if not v.trainable]
    return {**weights, **{name: final[name] for name in moved}}


def in_order(model, masks: Network) -> Network:
    """Returns masks in the order of the network, which files are not in.

    Args:
        model: ModelBase of the network.
        masks: Dict, layer name -> mask.
    """
    return {name: masks[name] for name in model.masks}
