"""Masks that look at no weight: the smart ratio, and coins."""

from lottery_ticket.experiments.gems import found
from lottery_ticket.foundations import masks as masks_lib
from lottery_ticket.foundations import seeds
from lottery_ticket.foundations.selection import random_masks as draws
from lottery_ticket.foundations.selection import smart_ratio


def smart(gem, dataset, model, weights) -> found.Found:
    """Returns a mask whose layers have the densities of the smart ratio.

    Args:
        gem: gem.Gem. VGGs have a rule of their own.
        dataset: Not used.
        model: ModelBase of the network.
        weights: Dict, name -> array, none pruned.

    Raises:
        ValueError: If the density is out of reach.
    """
    del dataset
    whole = masks_lib.ones(model.masks)
    counts = smart_ratio.densities(
        gem.search.density,
        {name: mask.shape for name, mask in whole.items()},
        rule="vgg" if "vgg" in gem.recipe.model else "resnet",
        version=gem.search.smart_ratio_version,
    )
    seed = seeds.derive(gem.search.mask_seed, "smart_ratio")
    return found.Found(draws.draw(counts, whole, seed), weights)


def coins(gem, dataset, model, weights) -> found.Found:
    """Returns a mask that keeps each weight with the density as probability.

    Args:
        gem: gem.Gem.
        dataset: Not used.
        model: ModelBase of the network.
        weights: Dict, name -> array, none pruned.
    """
    del dataset
    whole = masks_lib.ones(model.masks)
    seed = seeds.derive(gem.search.mask_seed, "random")
    drawn = draws.bernoulli(gem.search.density, whole, seed)
    return found.Found(drawn, weights)


def whole(gem, dataset, model, weights) -> found.Found:
    """Returns the mask of the dense network.

    Args:
        gem: Not used.
        dataset: Not used.
        model: ModelBase of the network.
        weights: Dict, name -> array.
    """
    del gem, dataset
    return found.Found(masks_lib.ones(model.masks), weights)
