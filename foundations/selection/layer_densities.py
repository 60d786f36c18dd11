"""Densities of layers from an overall one, by rules such as ERK."""

import numpy as np

from lottery_ticket.foundations.selection import layer_shares, quotas
from lottery_ticket.foundations.values import names

Shapes = dict[str, tuple[int, ...]]
HALVINGS = 100  # Of an interval until a factor is exact.


def uniform(
    density: float, shapes: Shapes, groups: dict[str, int] | None = None
) -> dict[str, float]:
    """Returns the same density for each layer, but for rounding.

    Densities are whole numbers of weights, and those sum up to exactly
    `round(density * total)`: each layer has its share of that, rounded down,
    and what is left goes one by one to the layers that rounding cost most (of
    ties, to the earlier).

    Args:
        density: Density of all layers together, in [0, 1], or ValueError.
        shapes: Dict, layer name -> shape of its kernel, as Keras has them:
            (in, out) for dense ones, (height, width, in, out) for
            convolutions, of one and three dimensions likewise, and (height,
            width, channels, multiplier) for depthwise ones.
        groups: Dict, layer name -> number of groups that its weights are
            pruned in, which are counted in place of weights.
    """
    sizes = groups or _sizes(shapes)
    return _share_out(density, sizes, list(sizes.values()))


def erdos_renyi_kernel(
    density: float, shapes: Shapes, groups: dict[str, int] | None = None
) -> dict[str, float]:
    """Returns densities proportional to the sum of a kernel's dimensions.

    More exactly, to that sum divided by the product: (in + out + height +
    width) / (in * out * height * width). Small layers stay denser than large
    ones. A layer that would have more weights than there are stays dense, and
    the others share what it leaves, in proportion. Arguments and rounding are
    as for `uniform`, so the kept weights of all layers are exactly
    `round(density * total)`.

    Source: Evci et al. 2020 (https://arxiv.org/abs/1911.11134), sec. 3 (1).
    """
    weights, sizes = _sizes(shapes), groups or _sizes(shapes)
    return _share_out(
        density,
        sizes,
        [
            sum(shape) * sizes[name] / max(weights[name], 1)
            if groups
            else sum(shape)
            for name, shape in shapes.items()
        ],
    )


def balanced(
    density: float, shapes: Shapes, groups: dict[str, int] | None = None
) -> dict[str, float]:
    """Returns densities with which all layers keep the same number of weights.

    A layer that is smaller stays whole, and what it leaves is spread evenly
    over the others. Arguments and rounding are as for `uniform`.

    Source: Gadhikar, Mukherjee & Burkholz 2023
    (https://arxiv.org/abs/2210.02412), the authors' code. Differs: counts are
    exact; there, masks are Bernoulli draws of these densities.
    """
    sizes = groups or _sizes(shapes)
    return _share_out(density, sizes, [1] * len(sizes))


def pyramid(
    density: float, shapes: Shapes, groups: dict[str, int] | None = None
) -> dict[str, float]:
    """Returns densities that fall from layer to layer by one factor.

    That of layer l, counted from 1 at the input, is r^l; r in [0, 1] is such
    that all together keep the density. The order is that of `shapes`: in which
    a network has its layers. Arguments and rounding are as for `uniform`.

    Source and differs: as for `balanced`.
    """
    sizes = groups or _sizes(shapes)
    layer_shares.check("density", density)
    counts = np.array([*sizes.values()], float)
    places = np.arange(1, len(counts) + 1)
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if (counts * middle**places).sum() < density * counts.sum():
            low = middle
        else:
            high = middle
    return _share_out(density, sizes, list(counts * high**places))


# Name -> function that divides a density between layers. None leaves that to
# the scores: the layers are compared with each other.
ALLOCATIONS = {
    "global": None,
    "uniform": uniform,
    "erk": erdos_renyi_kernel,
    "balanced": balanced,
    "pyramid": pyramid,
}


def allocate(
    allocation: str,
    density: float,
    masks: dict[str, np.ndarray],
    shapes: Shapes | None = None,
) -> list[quotas.Quota]:
    """Returns how many weights layers keep, by a name in ALLOCATIONS.

    The density is of all layers together, in [0, 1]. Where masks are of groups
    of weights, `shapes` are those of kernels. Raises ValueError if the density
    is out of range, the name is unknown, or a layer would keep more than it
    still has.
    """
    names.check("allocation", allocation, ALLOCATIONS)
    layer_shares.check("density", density)
    densities_of = ALLOCATIONS[allocation]
    if densities_of is None:
        everywhere = dict.fromkeys(masks, density)
        return quotas.of_densities(everywhere, masks, "global")
    groups = None
    if shapes is None:
        shapes = {name: mask.shape for name, mask in masks.items()}
    else:
        groups = {name: mask.size for name, mask in masks.items()}
        shapes = {name: shapes[name] for name in masks}
    return quotas.of_densities(densities_of(density, shapes, groups), masks)


def _sizes(shapes):
    return {name: int(np.prod(shape)) for name, shape in shapes.items()}


def _share_out(density, by_layer, weights):
    """Densities by layer, of counts in proportion to weights."""
    layer_shares.check("density", density)
    sizes = np.array(list(by_layer.values()), int)
    total = round(density * int(sizes.sum()))
    shares = _capped(total, np.array(weights, float), sizes)
    counts = _whole(total, shares, sizes)
    return dict(
        zip(by_layer, (counts / np.maximum(sizes, 1)).tolist(), strict=True)
    )


def _capped(total, weights, sizes):
    """Parts of a total, in proportion to weights, none above its size."""
    shares, free = sizes.astype(float), sizes > 0
    while free.any():
        left = total - sizes[~free].sum()
        shares[free] = left * weights[free] / weights[free].sum()
        above = free & (shares > sizes)
        if not above.any():
            break
        shares[above] = sizes[above]
        free &= ~above
    return shares


def _whole(total, shares, sizes):
    """Whole numbers that sum up to a total, by the largest remainders."""
    counts = np.floor(shares).astype(int)
    remainders = np.where(counts < sizes, shares - counts, -1)
    order = np.argsort(-remainders, kind="stable")
    counts[order[: total - counts.sum()]] += 1
    return counts
