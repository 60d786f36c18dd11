"""What kept and pruned weights of a level are set to, by the two actions."""

import numpy as np

from lottery_ticket.foundations.mask_actions import mask_0, mask_1
from lottery_ticket.foundations.values import seeds

Network = dict[str, np.ndarray]
# Mask-1 actions that give all weights one magnitude, and what float32 can hold
# of one without losing digits, and at all.
OF_CONSTANTS = tuple(
    name for name, each in mask_1.MASK_1_ACTIONS.items() if each.takes_constant
)
SMALLEST = float(np.finfo(np.float32).tiny)
LARGEST = float(np.finfo(np.float32).max)


def start(
    rules, pruning: mask_0.Pruning, dense: Network, seed: int, level: int
) -> tuple[Network, Network]:
    """Returns what a level starts from, and what the next level acts on.

    First the pruned weights get what they are held at, which may change the
    others too, then the kept ones what they start from.

    Source: Zhou et al. 2019 (https://arxiv.org/abs/1905.01067), sec. 3 and 4.

    Args:
        rules: level_rules.LevelRules.
        pruning: mask_0.Pruning, whose `initial` is what this returned second
            at the level before; at level 0, the weights it started from.
        dense: Dict, name -> array that level 0 started from.
        seed: Seed that the level's draws derive from.
        level: Number of prunings so far, this one included.

    Returns:
        Pair of dicts, name -> array. The first has what pruned weights are
        held at where they are held, and may have anything where they are 0.
        The second is what the actions have made of all weights, pruned ones
        included.
    """
    seed_0, seed_1 = (
        seeds.derive(seed, which, level) for which in ("mask_0", "mask_1")
    )
    weights, held = mask_0.apply(rules.mask_0_action, pruning, seed_0)
    given = mask_1.Start(
        weights=weights,
        masks=pruning.masks,
        dense=dense,
        draw=pruning.draw,
        constant=rules.signed_constant,
    )
    weights = mask_1.apply(rules.mask_1_action, given, seed_1)
    return _with_held(weights, pruning.masks, held), weights


def _with_held(weights, masks, held):
    if held is None:
        return weights
    pruned = {
        name: np.where(mask == 1, weights[name], held[name])
        for name, mask in masks.items()
    }
    return {**weights, **pruned}
