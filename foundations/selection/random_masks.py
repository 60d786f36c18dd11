"""Random masks: so many weights at random places, or a coin for each."""

import numpy as np

from lottery_ticket.foundations import seeds
from lottery_ticket.foundations.selection import layer_shares, quotas

Masks = dict[str, np.ndarray]


def draw(counts: dict[str, int], masks: Masks, seed: int) -> Masks:
    """Returns masks that keep so many weights, each place equally likely.

    Args:
        counts: Dict, layer name -> how many of its kept weights stay; a layer
            that is not named keeps its mask.
        masks: Dict, layer name -> array of 0s and 1s; 1 means kept.
        seed: Seed of the draws; each layer's derives from it and its name.

    Returns:
        A new dict of masks, uint8; none that was 0 is 1.

    Raises:
        ValueError: If a layer is unknown, or a count is negative or above what
            is kept.
    """
    wanted = [quotas.Quota((name,), count) for name, count in counts.items()]
    quotas.check(wanted, masks)
    drawn = {name: mask.astype(np.uint8) for name, mask in masks.items()}
    for name, count in counts.items():
        rng = np.random.default_rng(seeds.derive(seed, "places", name))
        places = np.flatnonzero(masks[name])
        drawn[name].flat[places] = 0
        drawn[name].flat[rng.choice(places, count, replace=False)] = 1
    return drawn


def bernoulli(density: float, masks: Masks, seed: int) -> Masks:
    """Returns masks that keep each weight with a probability, independently.

    Args:
        density: The probability.
        masks: As for `draw`, like seed and what comes back.

    Raises:
        ValueError: If the density is outside [0, 1].
    """
    layer_shares.check("density", density)
    drawn = {}
    for name, mask in masks.items():
        rng = np.random.default_rng(seeds.derive(seed, "coins", name))
        keeps = rng.random(mask.shape) < density
        drawn[name] = (mask * keeps).astype(np.uint8)
    return drawn
