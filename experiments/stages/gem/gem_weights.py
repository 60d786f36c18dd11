"""The weights of a gem: as drawn, and as a search leaves them."""

import dataclasses

import numpy as np

from lottery_ticket.foundations.networks import kernel_initializers

Network = dict[str, np.ndarray]
LEGACY_FACTOR = 0.5  # Of the authors' code: 1 less its default prune_rate.


@dataclasses.dataclass(frozen=True, eq=False)
class Ticket:
    """What a search leaves to fine-tuning: a mask, and weights under it.

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


def draw(gem, model) -> Network:
    """Returns all weights, none pruned: presets, where they name them.

    Kernels with masks are drawn by the init of a gem_run.Gem's search. Others,
    biases and norms are as the network itself draws them.

    Raises ValueError if a preset is of no variable, or of another shape.
    """
    seed = gem.recipe.init_seed
    drawn = {**model.draw(seed), **kernels(gem.search, model, seed)}
    return model.reset({**drawn, **(gem.presets or {})}).weights


def with_statistics(model, weights: Network, final: Network) -> Network:
    """Returns weights with the batch normalisations' statistics of `final`."""
    moved = [name for name, v in model.variables.items() if not v.trainable]
    return {**weights, **{name: final[name] for name in moved}}


def kernels(search, model, seed: int, init: str | None = None) -> Network:
    """Returns a draw of all kernels with masks, by an init or the search's."""
    factors = {"none": 1.0, "kept": search.density, "legacy": LEGACY_FACTOR}
    return kernel_initializers.draw(
        init or search.init,
        {name: mask.shape for name, mask in model.masks.items()},
        model.fans,
        seed,
        mode=search.fan_mode,
        gain=search.gain,
        scale_fan=factors[search.scale_fan],
    )
