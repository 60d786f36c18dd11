"""Masks that look at no weight: the smart ratio, and coins.

Each is a function (gem, dataset, model, weights) of the dense network's weights
before any training; see search_algos.
"""

import math

from lottery_ticket.experiments.stages.gem import gem_weights
from lottery_ticket.foundations.selection import random_masks as draws
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.foundations.values import seeds
from lottery_ticket.models import registry as models


def smart(gem, dataset, model, weights) -> gem_weights.Ticket:
    """Returns a mask whose layers have the densities of the smart ratio.

    Some networks have a rule of their own.

    Raises:
        ValueError: If the density is out of reach, or version 2 has no values
            for it and the network.
    """
    del dataset
    whole = masks_lib.ones(model.masks)
    entry = models.MODELS.get(gem.recipe.model)  # None is a user's own.
    counts = draws.smart_ratio(
        gem.search.density,
        {name: mask.shape for name, mask in whole.items()},
        rule=entry.smart_ratio_rule if entry else "resnet",
        ends=_ends(gem.search, sum(mask.size for mask in whole.values())),
    )
    seed = seeds.derive(gem.search.mask_seed, "smart_ratio")
    return gem_weights.Ticket(draws.draw(counts, whole, seed), weights)


def _ends(search, weights):
    """Densities of the first and the last layer in version 2, or None."""
    if search.smart_ratio_version == 1:
        return None
    published = [e.gem_ends for e in models.MODELS.values() if e.gem_ends]
    for ends in published:
        for density, parts in ends.densities.items():
            is_near = math.isclose(search.density, density, rel_tol=1e-9)
            if is_near and ends.weights == weights:
                return parts
    known = " or ".join(
        f"of {ends.weights:,} weights at a density of "
        f"{' or '.join(map(str, ends.densities))}"
        for ends in published
    )
    raise ValueError(
        "Version 2 of the smart ratio takes the first and the last layer from "
        f"a published Gem-Miner's network, {known}; it has no other values. "
        f"Received: {weights:,} weights, density {search.density}. Use version "
        "1"
    )


def coins(gem, dataset, model, weights) -> gem_weights.Ticket:
    """Returns a mask that keeps each weight with the density as probability."""
    del dataset
    whole = masks_lib.ones(model.masks)
    seed = seeds.derive(gem.search.mask_seed, "random")
    drawn = draws.bernoulli(gem.search.density, whole, seed)
    return gem_weights.Ticket(drawn, weights)


def whole(gem, dataset, model, weights) -> gem_weights.Ticket:
    """Returns the mask of the dense network."""
    del gem, dataset
    return gem_weights.Ticket(masks_lib.ones(model.masks), weights)
