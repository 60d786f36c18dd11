"""From mask logits to masks: sampled, thresholded, and what they keep."""

import numpy as np

from lottery_ticket.foundations import names, seeds
from lottery_ticket.foundations.supermasks import maskers

Network = dict[str, np.ndarray]
SAMPLINGS = tuple(maskers.MASKERS)
RESCALINGS = ("none", "dynamic", "dynamic_no_gradient")


def probabilities(logits: Network) -> Network:
    """Returns how probably each weight is kept: the sigmoid of its logit.

    Args:
        logits: Dict, layer name -> array.

    Returns:
        Dict, layer name -> float64 array.
    """
    return {
        # exp would overflow where a logit is far below 0.
        name: np.exp(-np.logaddexp(0, -each.astype(np.float64)))
        for name, each in logits.items()
    }


def sample(logits: Network, seed: int) -> Network:
    """Returns masks that keep each weight with its own probability.

    Args:
        logits: Dict, layer name -> array.
        seed: Seed of the draw; each layer's derives from it and its name.
    """
    return {
        name: (_uniform(each.shape, seed, name) < each).astype(np.uint8)
        for name, each in probabilities(logits).items()
    }


def threshold(logits: Network) -> Network:
    """Returns masks that keep the weights whose logit is above 0.

    A logit of 0, a probability of one half, is pruned.

    Args:
        logits: Dict, layer name -> array.
    """
    return {name: (each > 0).astype(np.uint8) for name, each in logits.items()}


def samples(
    sampling: str, logits: Network, seed: int, count: int
) -> list[Network]:
    """Returns the masks that a search is judged by; the first is its result.

    Args:
        sampling: A name in SAMPLINGS. Where evaluations draw, samples are
            independent of each other; else there is one mask alone: all would
            be that of `threshold`.
        logits: Dict, layer name -> array.
        seed: Seed of the search; no sample of its training is among these.
        count: How many samples.

    Raises:
        ValueError: If the sampling is unknown.
    """
    names.check("sampling", sampling, SAMPLINGS)
    if not maskers.MASKERS[sampling].draws_in_evaluation:
        return [threshold(logits)]
    return [
        sample(logits, seeds.derive(seed, "sample", index))
        for index in range(count)
    ]


def expected_density(logits: Network) -> dict[str, float]:
    """Returns the mean probability of each layer's weights to be kept.

    Args:
        logits: Dict, layer name -> array.
    """
    return {
        name: float(each.mean()) for name, each in probabilities(logits).items()
    }


def factors(masks: Network, rescaling: str) -> dict[str, float]:
    """Returns what kept weights are multiplied by, layer by layer.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067), "Dynamic
    weight rescaling": N / S, of whose N weights S are kept.
    Differs: a layer that keeps nothing is divided by 1.

    Args:
        masks: Dict, layer name -> array of 0s and 1s, or of their means, of
            which S is the sum.
        rescaling: A name in RESCALINGS; "none" is 1 everywhere.

    Raises:
        ValueError: If the rescaling is unknown.
    """
    names.check("rescaling", rescaling, RESCALINGS)
    if rescaling == "none":
        return dict.fromkeys(masks, 1.0)
    return {
        name: mask.size / max(mask.sum(dtype=np.float64), 1)
        for name, mask in masks.items()
    }


def effective(weights: Network, masks: Network, rescaling: str) -> Network:
    """Returns what a network computes with under masks: 0 where pruned.

    Args:
        weights: Dict, name -> array; what has no mask stays as it is.
        masks: Dict, layer name -> array of 0s and 1s, or of their means.
        rescaling: As for `factors`.

    Returns:
        A new dict, name -> array of the weights' dtype.

    Raises:
        ValueError: As for `factors`.
    """
    network = dict(weights)
    for name, factor in factors(masks, rescaling).items():
        dtype = weights[name].dtype.type
        kept = weights[name] * dtype(factor) * masks[name].astype(dtype)
        network[name] = np.where(masks[name], kept, np.zeros_like(kept))
    return network


def _uniform(shape, seed, name):
    return np.random.default_rng(seeds.derive(seed, name)).random(shape)
