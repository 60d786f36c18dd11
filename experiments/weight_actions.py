"""What kept and pruned weights of a level are set to, by the two actions."""

import numbers

import numpy as np

from lottery_ticket.foundations import seeds, steps
from lottery_ticket.foundations.mask_actions import mask_0, mask_1

Network = dict[str, np.ndarray]
# What float32 can hold without losing digits, and at all.
SMALLEST = float(np.finfo(np.float32).tiny)
LARGEST = float(np.finfo(np.float32).max)


def check(rules) -> None:
    """Raises unless two actions are known, and fit the rest of the rules.

    Args:
        rules: level_rules.LevelRules.

    Raises:
        ValueError: If an action is unknown, or others than rewind and zero are
            not those of a network that is put back to where it began.
    """
    mask_1.check(rules.mask_1_action)
    mask_0.check(rules.mask_0_action)
    is_usual = (rules.mask_1_action, rules.mask_0_action) == ("rewind", "zero")
    is_put_back = (
        rules.retraining == "rewind"
        and not steps.parse(rules.rewind_iteration)[1]
    )
    if not is_usual and not is_put_back:
        raise ValueError(
            f"mask_1_action={rules.mask_1_action} with "
            f"mask_0_action={rules.mask_0_action} is of weights that are put "
            "back to where level 0 began: expected retraining=rewind and "
            f"rewind_iteration=0it. Received: retraining={rules.retraining}, "
            f"rewind_iteration={rules.rewind_iteration}"
        )


def constant(magnitude: float | None, *mask_1_actions: str) -> float | None:
    """Returns the magnitude of signed constants, once it fits an action.

    Args:
        magnitude: Number above 0, or None for each layer's own.
        mask_1_actions: Names of actions, one of which is to take it.

    Raises:
        ValueError: If it is no such number, or an action is unknown, or none of
            them has a constant.
    """
    if magnitude is None:
        return None
    is_number = isinstance(magnitude, numbers.Real)
    if not is_number or isinstance(magnitude, bool) or not magnitude > 0:
        raise ValueError(
            "signed_constant must be a number above 0, the magnitude of every "
            f"kept weight. Received: {magnitude!r}"
        )
    if not SMALLEST <= magnitude <= LARGEST:
        raise ValueError(
            "signed_constant must be finite, and not 0, as a float32. "
            f"Received: {magnitude}"
        )
    if not any(takes_constant(each) for each in mask_1_actions):
        raise ValueError(
            "signed_constant is for an action of constants, such as "
            "mask_1_action=signed_constant. Received: "
            f"mask_1_action={' and '.join(mask_1_actions)}"
        )
    return float(magnitude)


def takes_constant(mask_1_action: str) -> bool:
    """Whether an action gives all weights one magnitude.

    Args:
        mask_1_action: Its name.

    Raises:
        ValueError: If it is unknown.
    """
    mask_1.check(mask_1_action)
    return mask_1.MASK_1_ACTIONS[mask_1_action].takes_constant


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
