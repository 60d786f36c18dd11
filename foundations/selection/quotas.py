"""How many weights layers keep: exact counts, from fractions or densities."""

import math
import typing
from collections.abc import Iterable

import numpy as np

from lottery_ticket.foundations.selection import layer_shares
from lottery_ticket.foundations.values import fields, names

# Layer name -> array of 0s and 1s; 1 means kept.
Masks = dict[str, np.ndarray]
# How a fraction of n weights becomes a whole number of them.
COUNT_ROUNDINGS = ("exact", "legacy", "ceil_plus_one")
# More than floating point is off by in a fraction, which is at most 1.
_SLACK = 1e-15


class Quota(typing.NamedTuple):
    """How many weights some layers keep together."""

    layers: tuple[str, ...]  # Their scores are compared with each other.
    count: int


def of_fractions(
    fractions: dict[str, float],
    masks: Masks,
    scope: str = "layerwise",
    count_rounding: str = "exact",
    prunings: int = 1,
) -> list[Quota]:
    """Returns how many weights layers keep that lose fractions of them.

    A fraction is of the weights *still kept*: exactly `round(fraction * kept)`
    weights go. Several prunings in one are those that leave (1 - fraction) to
    the power of their number.

    Source: of the rounding "legacy", the authors' code of Zhou et al. 2019
    (https://arxiv.org/abs/1905.01067). As .2 comes out as 19.999999999999996 %
    there, 47,039 of 235,200 weights go, not 47,040. Of "ceil_plus_one", that of
    Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002): its threshold is
    the first weight that should stay, which goes with the others.

    Args:
        fractions: Dict, layer name or pattern -> fraction of kept weights to
            prune, in [0, 1]; see `layer_shares.expand`. A layer that is not
            named has no quota.
        scope: "layerwise" gives each layer a quota; "global" one to all layers
            together whose fraction is above 0, or whose density is below 1.
        count_rounding: Of how many go: "exact" is to the nearest number;
            "legacy" is down, after floating point, as in that code;
            "ceil_plus_one" is up, and one weight more, where the fraction is
            above 0 and there is one.
        prunings: How many prunings to count as one, 1 or more.

    Raises:
        ValueError: If a layer, the scope or the rounding is unknown, a fraction
            is outside [0, 1], there are no prunings, or the scope is global and
            the fractions above 0 differ.
    """
    names.check("rounding", count_rounding, COUNT_ROUNDINGS)
    fields.check("prunings", prunings, int, at_least=1)
    quotas = []
    for layers, fraction in layer_shares.groups(
        "fraction", fractions, masks, scope
    ):
        kept = _kept(layers, masks)
        goes = _pruned(kept, fraction, count_rounding, prunings)
        quotas.append(Quota(layers, kept - goes))
    return quotas


def of_densities(
    densities: dict[str, float],
    masks: Masks,
    scope: str = "layerwise",
    clip: bool = False,
) -> list[Quota]:
    """Returns how many weights layers keep to have densities.

    A density is of *all* weights of a layer, whatever its mask keeps already:
    exactly `round(density * size)` stay, `size` counted over all layers of the
    quota. What that comes to, `reached` says. Patterns, scope and errors are as
    for `of_fractions`; it is an error, too, if a density is above what is kept,
    unless to `clip` says that what is kept stays then.
    """
    grouped = layer_shares.groups("density", densities, masks, scope)
    quotas = [
        Quota(layers, round(density * _total(layers, masks)))
        for layers, density in grouped
    ]
    if clip:
        return [
            Quota(layers, min(count, _kept(layers, masks)))
            for layers, count in quotas
        ]
    expanded = layer_shares.expand("density", densities, masks)
    whole = [name for name, density in expanded.items() if density == 1]
    check([Quota((name,), masks[name].size) for name in whole], masks)
    check(quotas, masks)
    return quotas


def of_each(layers: Iterable[str], n: int, m: int, masks: Masks) -> list[Quota]:
    """Returns how many weights layers keep, each, of which n of every m stay.

    No more than are kept already.
    """
    return [
        Quota((name,), min(masks[name].size * n // m, _kept([name], masks)))
        for name in layers
    ]


def in_steps(
    quotas: list[Quota], masks: Masks, steps: int
) -> list[list[Quota]]:
    """Returns the quotas of each step of an iterative pruning.

    Counts fall geometrically, from those of the masks to those of the quotas:
    after step k of n, kept^(1 - k/n) * count^(k/n), rounded. From full masks to
    a density d, that is a density of d^(k/n). No count ever rises, and the last
    step's are exactly the quotas'. On the way to 0, counts fall as if to 1, and
    to 0 in the last step.

    Source: Tanaka et al. 2020 (https://arxiv.org/abs/2006.05467), algorithm 1.

    Raises:
        ValueError: If there are no steps, or the quotas do not fit the masks
            before the first, see `check`.
    """
    fields.check("steps", steps, int, at_least=1)
    check(quotas, masks)
    falling = [
        _falling(_kept(layers, masks), count, steps) for layers, count in quotas
    ]
    return [
        [
            Quota(quota.layers, counts[step])
            for quota, counts in zip(quotas, falling, strict=True)
        ]
        for step in range(steps)
    ]


def in_halving_steps(
    quotas: list[Quota], masks: Masks, steps: int
) -> list[list[Quota]]:
    """Returns the quotas of steps that halve what is still to go, from half on.

    After the first, half of the weights are left; of those above the quota's
    count, each step after it takes half, rounded, and the last all. A quota of
    half and more is had at once, and of several steps those in which nothing
    would go are left out. One step goes to the quotas at once.

    Source: Rachwan et al. 2022 (https://arxiv.org/abs/2206.10451), in the
    authors' code: S - (S - .5) .5^i of the weights are gone after step i, from
    0 on, S of them in the end.

    Raises:
        ValueError: As for `in_steps`.
    """
    fields.check("steps", steps, int, at_least=1)
    check(quotas, masks)
    halves = [_kept(layers, masks) / 2 for layers, _ in quotas]
    found: list[list[Quota]] = []
    for step in range(steps - 1):
        counts = [
            Quota(own.layers, round(own.count + above * 0.5**step))
            for own, half in zip(quotas, halves, strict=True)
            for above in [max(half - own.count, 0)]
        ]
        if not found or counts != found[-1]:
            found.append(counts)
    return found if found and found[-1] == quotas else [*found, quotas]


def rounded_up(fraction: float, count: int) -> int:
    """Returns ceil(fraction * count), without what floating point adds to it.

    The fraction that leaves a density of .7 is .30000000000000004, and of 10
    weights a hair above 3, of which the ceiling is 4. Here it is 3.
    """
    return max(math.ceil((fraction - _SLACK) * count), 0)


def reached(density: float, masks: Masks, noun: str = "weights") -> str:
    """Returns text about the density that masks have, counted from them.

    For example "density 5 % (13,310 of 266,200 weights kept)", or, if it is not
    what was asked for, "density 3 % asked, 3.2 % reached (8 of 250 weights
    kept)", with as many digits as it takes to tell them apart.

    Args:
        density: The density that was asked for, of these layers together.
        noun: What masks are of, such as "units".
    """
    kept, total = _kept(masks, masks), _total(masks, masks)
    counted = f"({kept:,} of {total:,} {noun} kept)"
    if abs(kept - density * total) < 1e-3:  # A float's rounding, not a weight.
        return f"density {_percent(density, 4)} {counted}"
    digits = 4
    while _percent(density, digits) == _percent(kept / total, digits):
        digits += 1
    return (
        f"density {_percent(density, digits)} asked, "
        f"{_percent(kept / total, digits)} reached {counted}"
    )


def check(quotas: list[Quota], masks: Masks) -> None:
    """Raises ValueError unless masks can be pruned to quotas.

    They cannot if a layer is unknown, or a count is negative or above what is
    still kept.
    """
    for layers, count in quotas:
        for name in layers:
            names.check("layer in quotas", name, masks)
        kept = _kept(layers, masks)
        if not 0 <= count <= kept:
            raise ValueError(
                f"Expected {', '.join(layers)} to keep from 0 to {kept:,} "
                f"weights: no more of their {_total(layers, masks):,} are "
                f"still kept. Received: {count:,}"
            )


def _pruned(kept, fraction, count_rounding, prunings):
    """How many of the kept weights go by a fraction, taken several times."""
    if count_rounding == "legacy":  # In the order of operations of that code.
        percent = (1 - (1 - fraction) ** prunings) * 100
        return int(kept * percent / 100)
    if prunings > 1:
        fraction = 1 - (1 - fraction) ** prunings
    if count_rounding == "ceil_plus_one":
        return min(rounded_up(fraction, kept) + 1, kept) if fraction else 0
    return round(fraction * kept)


def _falling(kept, count, steps):
    """List of counts after each step, from kept (before the first) to count."""
    part = np.arange(1, steps) / steps
    between = np.rint(kept ** (1 - part) * max(count, 1) ** part)
    falling = np.minimum.accumulate(np.clip(between, count, kept))
    return [*(int(number) for number in falling), count]


def _kept(layers, masks):
    return sum(int(np.count_nonzero(masks[name])) for name in layers)


def _total(layers, masks):
    return sum(masks[name].size for name in layers)


def _percent(share, digits):
    return f"{100 * share:.{digits}g} %"
