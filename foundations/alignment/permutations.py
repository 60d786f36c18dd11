"""Permutations of a network's units, and of what has them on its axes."""

import numpy as np
import scipy.optimize

from lottery_ticket.foundations.alignment import groups as groups_lib
from lottery_ticket.foundations.values import seeds

Network = dict[str, np.ndarray]
# Name of a group -> p, int: the new unit j is the old unit p[j].
Permutations = dict[str, np.ndarray]


def identity(groups: groups_lib.Groups) -> Permutations:
    """Returns those that leave every unit where it is."""
    return {name: np.arange(size) for name, size in groups.sizes.items()}


def random(groups: groups_lib.Groups, seed: int) -> Permutations:
    """Returns permutations drawn uniformly, each from a seed of its own."""
    return {
        name: np.random.default_rng(seeds.derive(seed, name)).permutation(size)
        for name, size in groups.sizes.items()
    }


def inverse(permutations: Permutations) -> Permutations:
    """Returns permutations that take these back."""
    return {name: np.argsort(each) for name, each in permutations.items()}


def applied(
    groups: groups_lib.Groups, permutations: Permutations, network: Network
) -> Network:
    """Returns a network, or masks, whose units have changed places.

    What makes a unit, such as column p[j] of a kernel, its bias and what a
    batch normalisation has of it, moves to j, and so do the rows of kernels
    that read it; behind a flattening, at each pixel. The whole network then
    computes what it did before, but for rounding.

    Args:
        permutations: A group that is not named keeps its order.
        network: Dict, name -> array; of variables that are not in it nothing
            is made.

    Raises:
        ValueError: If a name is no group's, or an array is no permutation of
            its units.
    """
    check(groups, permutations)
    moved = dict(network)
    for group in groups.every:
        if group.name not in permutations:
            continue
        order = permutations[group.name]
        for axis in group.axes:
            if axis.name in moved:
                array = moved[axis.name]
                index = np.arange(array.shape[axis.axis])
                index[axis.places] = axis.places[order]
                moved[axis.name] = np.take(array, index, axis.axis)
    return moved


def check(groups: groups_lib.Groups, permutations: Permutations) -> None:
    """Raises as `applied` does."""
    sizes = groups.sizes
    for name, each in permutations.items():
        if name not in sizes:
            raise ValueError(
                f"Expected the names of groups, {', '.join(sizes)}. Received: "
                f"{name}"
            )
        if not np.array_equal(np.sort(each), np.arange(sizes[name])):
            raise ValueError(
                f"Expected a permutation of the {sizes[name]} units of "
                f"{name!r}. Received: {each}"
            )


def assigned(scores: np.ndarray) -> np.ndarray:
    """Returns the permutation p of the highest sum of scores[j, p[j]].

    Rows that are all 0, such as those of units that never vary, say nothing:
    they share what is left in ascending order.

    Source: Crouse 2016, "On implementing 2D rectangular assignment algorithms",
    as scipy has it.

    Args:
        scores: Shape (units, units), finite.
    """
    _, found = scipy.optimize.linear_sum_assignment(scores, maximize=True)
    says_nothing = ~scores.any(axis=1)
    found[says_nothing] = np.sort(found[says_nothing])
    return found
