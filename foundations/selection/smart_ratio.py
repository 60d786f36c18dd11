"""Smart ratio: random tickets, denser the nearer a layer is to the input."""

import math
from collections.abc import Collection

from lottery_ticket.foundations import names
from lottery_ticket.foundations.selection import layer_shares

VERSIONS = (1, 2)
# What classifiers keep, whatever the density.
CLASSIFIER_DENSITY = 0.3
# Density -> densities of the first and the last layer in version 2, which are
# those that Gem-Miner leaves them in the ResNet-20 of CIFAR-10.
OVERWRITES = {0.0144: (0.344907, 0.259375), 0.0372: (0.414352, 0.546875)}
RESNET20_WEIGHTS = 268_336


def _resnet(position, depth):
    """Of layer `position`, counted from 1; proportional to its density."""
    remaining = depth - position + 1
    return remaining**2 + remaining


def _vgg(position, depth):
    return _resnet(position, depth) / position**2


# Name -> function (position, depth) of a layer's density but for a factor.
RULES = {"resnet": _resnet, "vgg": _vgg}


def densities(
    density: float,
    shapes: dict[str, tuple[int, ...]],
    *,
    rule: str = "resnet",
    version: int = 1,
    classifiers: Collection[str] | None = None,
) -> dict[str, int]:
    """Returns how many weights each layer keeps, without looking at any.

    With L layers, layer l from the input has a density proportional to
    (L-l+1)^2 + (L-l+1), but classifiers .3. A layer that would have more
    weights than there are stays dense and hands the rest on, to the first
    layers after it that have room. Each step cuts off to whole weights, so up
    to a weight per layer fewer stay than the density says.

    Source: Su et al. 2020 (https://arxiv.org/abs/2009.11094), as in the code of
    Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), whose counts
    these are.

    Args:
        density: Density of all layers together.
        shapes: Dict, layer name -> shape of its kernel, from the input on.
        rule: "resnet", or "vgg", which divides by l^2.
        version: 2 gives the first and the last layer the densities that
            Gem-Miner leaves them, in ResNet-20 at densities .0144 and .0372,
            so that a few weights more stay than the density says.
        classifiers: Names of layers that keep .3; None is the last one.

    Returns:
        Dict, layer name -> count; quotas for `random_masks.draw`.

    Raises:
        ValueError: If the rule, the version or a classifier is unknown, the
            density is out of reach with classifiers at .3, or version 2 has
            no values for it or the network.
    """
    names.check("rule of the smart ratio", rule, RULES)
    layer_shares.check("density", density)
    _check_version(version, density, shapes)
    sizes = {name: math.prod(shape) for name, shape in shapes.items()}
    last = list(sizes)[-1:] if classifiers is None else classifiers
    for name in last:
        names.check("classifier", name, sizes)
    shares = _shares(density, sizes, RULES[rule], last)
    counts = _carried(shares, sizes)
    for name in last:
        counts[name] = int(CLASSIFIER_DENSITY * sizes[name])
    if version == 2:
        first, *_, end = sizes
        for name, part in zip((first, end), _overwrite(density), strict=True):
            counts[name] = int(part * sizes[name])
    return {name: counts[name] for name in sizes}


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


def _check_version(version, density, shapes):
    if version not in VERSIONS:
        raise ValueError(
            f"Expected a version of the smart ratio of 1 or 2. "
            f"Received: {version}"
        )
    if version == 1:
        return
    total = sum(math.prod(shape) for shape in shapes.values())
    if _overwrite(density) is None or total != RESNET20_WEIGHTS:
        known = " or ".join(str(each) for each in OVERWRITES)
        raise ValueError(
            "Version 2 of the smart ratio takes the first and the last layer "
            f"from Gem-Miner's ResNet-20, with {RESNET20_WEIGHTS:,} weights, "
            f"at a density of {known}; it has no other values. Received: "
            f"{total:,} weights, density {density}. Use version 1"
        )


def _overwrite(density):
    """Densities of the first and last layer, or None if there are none."""
    for known, parts in OVERWRITES.items():
        if math.isclose(density, known, rel_tol=1e-9):
            return parts
    return None
