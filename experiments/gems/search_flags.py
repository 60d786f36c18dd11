"""The flags of a GemSearch one by one: their values, and whose they are."""

import numbers

from lottery_ticket.experiments.gems import search_algos
from lottery_ticket.foundations import integers, kernel_draws, names
from lottery_ticket.foundations.command_line import flat_functions
from lottery_ticket.foundations.supermasks import (
    pruning_events,
    regularizers,
    score_draws,
    score_rounding,
)

CHOICES = {
    "algo": search_algos.ALGOS,
    "prune_scope": pruning_events.SCOPES,
    "ties": pruning_events.TIES,
    "score_init": score_draws.SCORE_INITS,
    "regularization": regularizers.REGULARIZERS,
    "rounding": score_rounding.ROUNDINGS,
    "init": kernel_draws.INITS,
    "fan_mode": kernel_draws.MODES,
    "gain": kernel_draws.GAINS,
    "scale_fan": ("none", "kept", "legacy"),
    "retraining": ("rewind", "lr_rewind"),
}
INTEGERS = {
    "prune_period": 1,
    "project_every": 0,
    "evaluation_samples": 1,
    "imp_rounds": 1,
    "smart_ratio_version": 1,
    "mask_seed": 0,
}
# Flag -> numbers that it must lie between, and those of them that it may be.
BOUNDS = {
    "density": (0, 1, (1,)),
    "target_sparsity": (0, 100, (100,)),
    "prune_fraction": (0, 1, ()),
    "threshold": (0, 1, (0,)),
    "regularization_weight": (0, float("inf"), (0,)),
    "noise_ratio": (0, float("inf"), (0,)),
    "smart_ratio_version": (1, 2, (1, 2)),
    "alpha": (1, float("inf"), (1,)),
    "alpha_prime": (1, float("inf"), (1,)),
}
# Flag -> algos that it has an effect with, where that is not all of them.
USES = {
    flag: tuple(
        name for name, each in search_algos.ALGOS.items() if flag in each.flags
    )
    for algo in search_algos.ALGOS.values()
    for flag in algo.flags
}


def usual(search) -> dict:
    """Returns what None stands for, of the flags that an algo uses.

    Args:
        search: GemSearch.
    """
    algo = search.algorithm
    if not algo.trains_scores:
        return {"init": "kaiming_normal"}
    found = {"init": "signed_constant", "regularization": algo.regularization}
    if not algo.is_hypercube:
        found["score_init"] = "edge_popup"
    elif not search.drop_bottom_half:
        found["score_init"] = "unif"
    return found


def has_fraction(search) -> bool:
    """Whether events take a fraction of the scores for good.

    Args:
        search: GemSearch.
    """
    has_flags = search.algorithm.has_events and search.algorithm.is_hypercube
    return has_flags and search.prune_scope != "threshold"


def check_values(search) -> None:
    """Raises unless all flags are known names, and numbers in their range.

    Args:
        search: GemSearch.

    Raises:
        ValueError: Naming the flag.
    """
    for name, known in CHOICES.items():
        value = getattr(search, name)
        if value is not None:
            names.check(name, value, known)
    for name, low in INTEGERS.items():
        if getattr(search, name) is not None:
            integers.check(name, getattr(search, name), low)
    for name in BOUNDS:
        _check_number(name, getattr(search, name))


def check_uses(search) -> None:
    """Raises if a flag is given that the algo leaves without effect.

    Args:
        search: GemSearch.

    Raises:
        ValueError: Naming the flag, and what uses it.
    """
    for name, algos in USES.items():
        if search.algo not in algos and flat_functions.is_given(search, name):
            raise ValueError(
                f"{name} is for algo={' or '.join(algos)}. Received: "
                f"{name}={getattr(search, name)} with algo={search.algo}"
            )


def _check_number(name, value):
    low, high, ends = BOUNDS[name]
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if value is None or is_number and (low < value < high or value in ends):
        return
    above = f"at least {low}" if low in ends else f"above {low}"
    below = f" and at most {high}" if high in ends else f" and below {high}"
    raise ValueError(
        f"{name} must be a number {above}"
        f"{below if high != float('inf') else ', and finite'}. "
        f"Received: {value!r}"
    )
