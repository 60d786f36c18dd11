"""Permutations that bring the weights of two networks close to each other."""

import numpy as np

from lottery_ticket.foundations.alignment import groups as groups_lib
from lottery_ticket.foundations.alignment import permutations

_ROUNDING = 1e-12  # Of sums in float64, as a share of what is added up.


def matched(
    groups: groups_lib.Groups,
    first: permutations.Network,
    second: permutations.Network,
    seed: int,
) -> permutations.Permutations:
    """Returns permutations of the first network's units, by kernels alone.

    Group by group, in an order drawn anew for each pass, the assignment that
    maximises

        sum over kernels K with the group of <K_second, K_first permuted>

    the other groups permuted as they stand, until a pass changes nothing. A
    kernel that reads a group and makes it, too, has it on both axes: there an
    assignment counts only if the sum has grown. It is a local optimum, and
    needs no data.

    Source: Ainsworth et al. 2023, Git Re-Basin
    (https://arxiv.org/abs/2209.04836), weight matching.
    Differs: there biases and norms count as well, whose sizes are others.

    Args:
        first: Dict, name -> array of all variables, as of ModelBase.weights.
        second: The same of the other network.
        seed: Of the orders.
    """
    orders = permutations.identity(groups)
    kernels = {
        axis.name
        for group in groups.every
        for axis in group.axes
        if second[axis.name].ndim > 1
    }
    moved = {name: np.asarray(first[name], np.float64) for name in kernels}
    fixed = {name: np.asarray(second[name], np.float64) for name in kernels}
    rng = np.random.default_rng(seed)
    is_changed = True
    while is_changed:
        is_changed = False
        for index in rng.permutation(len(groups.every)):
            group = groups.every[index]
            order = permutations.assigned(similarities(group, moved, fixed))
            step = {group.name: order}
            after = permutations.applied(groups, step, moved)
            if _has_grown(group, moved, after, fixed):
                moved, is_changed = after, True
                orders[group.name] = orders[group.name][order]
    return orders


def similarities(
    group: groups_lib.Group,
    first: permutations.Network,
    second: permutations.Network,
) -> np.ndarray:
    """Returns inner products of each unit's weights in two networks.

    Args:
        first: Dict, name -> array, of kernels; others do not count.

    Returns:
        Shape (units of the second, units of the first), float64.
    """
    found = np.zeros((group.size, group.size))
    for axis in group.axes:
        if axis.name in first:
            of_second, of_first = (
                _rows(network[axis.name], axis) for network in (second, first)
            )
            found += of_second @ of_first.T
    return found


def _rows(kernel, axis):
    """Each unit's weights in a kernel, all its places in a row."""
    units = np.moveaxis(np.asarray(kernel, np.float64), axis.axis, 0)
    return units[axis.places].reshape(len(axis.places), -1)


def _has_grown(group, before, after, fixed):
    """Whether the sum over a group's kernels is higher by more than rounding.

    Of kernels on both of whose axes the group is, each counts once.
    """
    names = {axis.name for axis in group.axes if axis.name in fixed}
    grown = sum(np.vdot(fixed[n], after[n] - before[n]) for n in names)
    scale = sum(np.vdot(np.abs(fixed[n]), np.abs(before[n])) for n in names)
    return bool(grown > _ROUNDING * scale)
