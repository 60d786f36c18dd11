"""The weights that a gem is a part of: drawn once, before any training."""

import numpy as np

from lottery_ticket.foundations.networks import kernel_initializers
from lottery_ticket.foundations.values import seeds

Network = dict[str, np.ndarray]
LEGACY_FACTOR = 0.5  # Of the authors' code: 1 less its default prune_rate.


def draw(gem, model) -> Network:
    """Returns all weights, none pruned: presets, where they name them.

    Kernels with masks are drawn by the search's init. Others, biases and norms
    are as the network itself draws them.

    Args:
        gem: gem.Gem.
        model: ModelBase of the network.

    Raises:
        ValueError: If a preset is of no variable, or of another shape.
    """
    seed = gem.recipe.init_seed
    drawn = {**model.draw(seed), **kernels(gem.search, model, seed)}
    return model.reset({**drawn, **(gem.presets or {})}).weights


def redrawn(gem, model, start: Network) -> Network:
    """Returns weights with all kernels that have masks drawn anew.

    Args:
        gem: gem.Gem, whose checks say by which init.
        model: ModelBase of the network.
        start: Dict, name -> array: what the others are.
    """
    seed = seeds.derive(gem.recipe.init_seed, "weight_reinit")
    init = gem.checks.reinit_init
    return {**start, **kernels(gem.search, model, seed, init)}


def kernels(search, model, seed: int, init: str | None = None) -> Network:
    """Returns a draw of all kernels with masks.

    Args:
        search: GemSearch, resolved.
        model: ModelBase of the network.
        seed: Seed of the draw.
        init: A name in kernel_initializers.INITS; None is the search's.
    """
    return kernel_initializers.draw(
        init or search.init,
        {name: mask.shape for name, mask in model.masks.items()},
        model.fans,
        seed,
        mode=search.fan_mode,
        gain=search.gain,
        scale_fan=_factor(search),
    )


def _factor(search):
    """What fans are multiplied by."""
    if search.scale_fan == "kept":
        return search.density
    return LEGACY_FACTOR if search.scale_fan == "legacy" else 1.0
