"""Random masks: how many weights stay by the smart ratio, and which."""

import math
from collections.abc import Collection

import numpy as np

from lottery_ticket.foundations.selection import layer_shares, quotas
from lottery_ticket.foundations.values import names, seeds

Masks = dict[str, np.ndarray]
# What classifiers keep by it, whatever the density.
CLASSIFIER_DENSITY = 0.3


def _resnet(position, depth):
    """Of layer `position`, counted from 1; proportional to its density."""
    remaining = depth - position + 1
    return remaining**2 + remaining


def _vgg(position, depth):
    return _resnet(position, depth) / position**2


# Of the smart ratio: name -> function (position, depth) of a layer's density,
# but for a factor.
RULES = {"resnet": _resnet, "vgg": _vgg}


def smart_ratio(
    density: float,
    shapes: dict[str, tuple[int, ...]],
    *,
    rule: str = "resnet",
    ends: tuple[float, float] | None = None,
    classifiers: Collection[str] | None = None,
) -> dict[str, int]:
    """Returns how many weights each layer keeps by the smart ratio.

    They are denser the nearer a layer is to the input, and `draw` takes them.
    With L layers, layer l from the input has a density proportional to
    (L-l+1)^2 + (L-l+1), but classifiers .3. A layer that would have more
    weights than there are stays dense and hands the rest on, to the first
    layers after it that have room. Each step cuts off to whole weights, so up
    to a weight per layer fewer stay than the density says.

    Source: Su et al. 2020 (https://arxiv.org/abs/2009.11094), as in the code of
    Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), whose counts
    these are.

    Args:
        density: Density of all layers together, in [0, 1].
        shapes: Dict, layer name -> shape of its kernel, from the input on.
        rule: "resnet", or "vgg", which divides by l^2.
        ends: Densities that the first and the last layer have instead, whatever
            the density says; None is none.
        classifiers: Names of layers that keep .3; None is the last one.

    Raises:
        ValueError: If the rule or a classifier is unknown, or the density is
            out of reach with classifiers at .3.
    """
    names.check("rule of the smart ratio", rule, RULES)
    layer_shares.check("density", density)
    sizes = {name: math.prod(shape) for name, shape in shapes.items()}
    last = list(sizes)[-1:] if classifiers is None else classifiers
    for name in last:
        names.check("classifier", name, sizes)
    shares = _shares(density, sizes, RULES[rule], last)
    counts = _carried(shares, sizes)
    for name in last:
        counts[name] = int(CLASSIFIER_DENSITY * sizes[name])
    if ends is not None:
        first, *_, last_one = sizes
        for name, part in zip((first, last_one), ends, strict=True):
            counts[name] = int(part * sizes[name])
    return {name: counts[name] for name in sizes}


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


def _shares(density, sizes, rule, classifiers):
    """Weights of each layer but classifiers, not yet whole nor capped."""
    others = [name for name in sizes if name not in classifiers]
    fixed = CLASSIFIER_DENSITY * sum(sizes[name] for name in classifiers)
    total, room = sum(sizes.values()), sum(sizes[name] for name in others)
    left = density * total - fixed
    if not 0 <= left <= room:
        raise ValueError(
            f"With classifiers at {CLASSIFIER_DENSITY}, expected a density "
            f"from {fixed / total:.4g} to {(fixed + room) / total:.4g}. "
            f"Received: {density}"
        )
    raw = {
        name: rule(position, len(sizes)) * sizes[name]
        for position, name in enumerate(others, 1)
    }
    factor = left / sum(raw.values())
    return {name: factor * each for name, each in raw.items()}


def _carried(shares, sizes):
    """Whole numbers; what is above a layer's size is handed on."""
    carry, counts = 0, {}
    for name, share in shares.items():
        size = sizes[name]
        if share >= size:
            carry += int(share - size)
            counts[name] = size
        else:
            taken = min(carry, size - share)
            counts[name] = int(share + taken)
            carry -= int(taken)
    return counts
