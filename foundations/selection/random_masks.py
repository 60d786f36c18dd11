"""Random masks: so many weights at random places, or a coin for each."""

import numpy as np

from lottery_ticket.foundations.selection import layer_shares, quotas
from lottery_ticket.foundations.values import seeds

Masks = dict[str, np.ndarray]


def draw(counts: dict[str, int], masks: Masks, seed: int) -> Masks:
    """Returns new masks that keep so many weights, each place equally likely.

    Args:
        counts: Dict, layer name -> how many of its kept weights stay; a layer
            that is not named keeps its mask.
        masks: Dict, layer name -> array of 0s and 1s; 1 means kept. None that
            was 0 comes back as 1; they are uint8.
        seed: Each layer's draw has a seed derived from it and its name.

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

    Raises ValueError if that, the density, is outside [0, 1]. All else is as
    for `draw`.
    """
    layer_shares.check("density", density)
    drawn = {}
    for name, mask in masks.items():
        rng = np.random.default_rng(seeds.derive(seed, "coins", name))
        keeps = rng.random(mask.shape) < density
        drawn[name] = (mask * keeps).astype(np.uint8)
    return drawn
