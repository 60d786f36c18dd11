"""What is pruned at once: a weight, a unit, a block; or n of every m stay.

Or a weight, with those of its own unit alone to compare with.
"""

import dataclasses
import math
import re
import typing
from collections.abc import Callable

import numpy as np

from lottery_ticket.foundations.selection import layer_shares
from lottery_ticket.foundations.values import entries, names
from lottery_ticket.foundations.values import masks as masks_lib

Network = dict[str, np.ndarray]
# Layer name -> array of 0s and 1s; 1 means kept.
Masks = Network
KINDS = ("weight", "per_unit", "unit", "block:HxW", "n:m")


@dataclasses.dataclass(frozen=True)
class Granularity:
    """What is pruned at once.

    Args:
        kind: One of KINDS.
        size: Of blocks, height and width; of n:m, n and m; else (1, 1).
    """

    kind: str = "weight"
    size: tuple[int, int] = (1, 1)

    def __str__(self) -> str:
        """Returns it as it is written: "unit", "block:4x1", "2:4"."""
        if self.kind == "block:HxW":
            return "block:{}x{}".format(*self.size)
        return "{}:{}".format(*self.size) if self.is_n_of_m else self.kind

    @property
    def is_n_of_m(self) -> bool:
        """Whether it sets the density itself."""
        return self.kind == "n:m"

    @property
    def is_per_unit(self) -> bool:
        """Whether weights are compared with those of their unit alone."""
        return self.kind == "per_unit"

    @property
    def is_grouped(self) -> bool:
        """Whether scores are pooled, over groups of weights."""
        return self.kind in ("unit", "block:HxW")

    @property
    def noun(self) -> str:
        """What is counted: "weights", "units" or "blocks"."""
        counted = {"unit": "units", "block:HxW": "blocks"}
        return counted.get(self.kind, "weights")


WEIGHT = Granularity()


class Layout(typing.NamedTuple):
    """Which axes of a kernel are inputs of a unit, and which are units."""

    inputs: tuple[int, ...]  # In the kernel's order: height, width, input.
    outputs: tuple[int, ...]
    gates: int = 1  # Columns that each unit has, a gate's units side by side.


def parse(text: str) -> Granularity:
    """Returns what a text such as "unit", "block:4x1" or "2:4" says.

    Raises ValueError if it says none, a block has no weights, or n of n:m is
    not from 1 to m - 1.
    """
    block = re.fullmatch(r"block:(\d+)x(\d+)", str(text))
    of_each = re.fullmatch(r"(\d+):(\d+)", str(text))
    if block:
        height, width = map(int, block.groups())
        if not height or not width:
            raise ValueError(
                "A block has a height and a width of at least 1, such as "
                f"block:4x1. Received: {text}"
            )
        return Granularity("block:HxW", (height, width))
    if of_each:
        n, m = map(int, of_each.groups())
        if not 0 < n < m:
            raise ValueError(
                "Of n:m, n is at least 1 and below m, such as 2:4: n of every "
                f"m weights stay. Received: {text}"
            )
        return Granularity("n:m", (n, m))
    names.check("granularity", text, KINDS)
    if text not in ("weight", "per_unit", "unit"):
        raise ValueError(
            "Expected numbers, such as block:4x1 or 2:4. Received: "
            f"granularity={text}"
        )
    return Granularity(text)


def text(written: typing.Any) -> str:
    """Returns a granularity in the one way to write it; errors as `parse`."""
    return str(parse(written))


def _mean(scores, groups, count):
    sizes = np.bincount(groups, minlength=count)
    return _sum(scores, groups, count) / np.maximum(sizes, 1)


def _l2(scores, groups, count):
    squares = _sum(scores * np.abs(scores), groups, count)
    return np.sign(squares) * np.sqrt(np.abs(squares))


def _sum(scores, groups, count):
    return np.bincount(groups, scores, count)


# Name -> what makes one score of those of a group's kept weights. A function
# takes (scores, their groups' numbers, number of groups), all in float64.
POOLINGS = {
    "mean": entries.Entry(_mean, "mean", "their mean", entries.HERE),
    "l2": entries.Entry(
        _l2,
        "L2",
        "the root of the sum of their squares, each with its score's sign",
        entries.HERE,
    ),
    "sum": entries.Entry(
        _sum,
        "sum",
        "their sum; of magnitudes, the L1 norm",
        "Li et al. 2017 (https://arxiv.org/abs/1608.08710)",
    ),
}


def matrix(array: np.ndarray, layout: Layout) -> np.ndarray:
    """Returns a kernel's array as (inputs of a unit, units).

    Inputs are in the kernel's height, width, input order, and so are units
    where several axes are.
    """
    moved = np.transpose(array, (*layout.inputs, *layout.outputs))
    inputs = math.prod(array.shape[axis] for axis in layout.inputs)
    units = math.prod(array.shape[axis] for axis in layout.outputs)
    return moved.reshape(inputs, units)


def kernel(
    values: np.ndarray, shape: tuple[int, ...], layout: Layout
) -> np.ndarray:
    """Returns what `matrix` made such values of, as a kernel of a shape."""
    axes = (*layout.inputs, *layout.outputs)
    moved = values.reshape([shape[axis] for axis in axes])
    return np.ascontiguousarray(np.transpose(moved, np.argsort(axes)))


def group_numbers(
    granularity: Granularity, shape: tuple[int, ...], layout: Layout
) -> tuple[np.ndarray, int]:
    """Returns the group of each weight of a kernel, and how many there are.

    A unit is what comes in to one output: a column of the `matrix`, for all
    gates. Blocks are tiles of that matrix, numbered row by row from its top
    left corner; at its lower and right edges they are what is left.

    Returns:
        Pair: array of numbers from 0 up, in the kernel's shape; their number.
    """
    height = math.prod(shape[axis] for axis in layout.inputs)
    width = math.prod(shape[axis] for axis in layout.outputs)
    rows, columns = np.ogrid[:height, :width]
    if granularity.kind in ("unit", "per_unit"):
        count = width // layout.gates
        numbers = columns % count + 0 * rows
    else:
        tall, wide = granularity.size
        across = -(-width // wide)
        count = -(-height // tall) * across
        numbers = rows // tall * across + columns // wide
    return kernel(numbers, shape, layout), count


@dataclasses.dataclass(frozen=True, eq=False)
class Groups:
    """The groups of weights of a network's kernels, pruned as a whole.

    Where weights are pruned one by one, each is a group: masks and scores of
    groups are then those of weights, the same arrays. With n:m, too. Where they
    are compared within their units, their scores are ranks there.

    Args:
        granularity: What a group is.
        pooling: A name in POOLINGS.
        layouts: Dict, layer name -> Layout, of all masks; unused for weights.
        whole: Names of layers that lose no group, nor count.
        follow: Function (masks) -> masks, without the weights that are of no
            use once groups are gone.
        notes: What to say of that, in lines.
    """

    granularity: Granularity = WEIGHT
    pooling: str = "mean"
    layouts: dict[str, Layout] = dataclasses.field(default_factory=dict)
    whole: tuple[str, ...] = ()
    follow: Callable[[Masks], Masks] = lambda masks: masks
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        """Checks the name of the pooling."""
        names.check("score_pooling", self.pooling, POOLINGS)

    def masks(self, masks: Masks) -> Masks:
        """Returns dict, layer name -> 1 for each group with a kept weight.

        Layers that are left whole are in no dict of groups.
        """
        own = {n: mask for n, mask in masks.items() if n not in self.whole}
        if not self.granularity.is_grouped:
            return own
        return {
            name: (self._kept(name, mask) > 0).astype(np.uint8)
            for name, mask in own.items()
        }

    def losing(
        self, kind: str, shares: dict[str, float], masks: Masks
    ) -> dict[str, float]:
        """Returns dict, layer name -> share, of layers that can lose groups.

        It is what is given, patterns included, if no layer is left whole.

        Args:
            kind: As for `layer_shares.expand`, like shares.
            masks: Of weights, of all layers.

        Raises:
            ValueError: As for `layer_shares.expand`, or if all layers that are
                to lose any are left whole.
        """
        if not self.whole:
            return shares
        expanded = layer_shares.expand(kind, shares, masks)
        _, nothing = layer_shares.KINDS[kind]
        pruned = [name for name, x in expanded.items() if x != nothing]
        if pruned and set(pruned) <= set(self.whole):
            raise ValueError(
                f"With granularity={self.granularity} all layers that are to "
                f"be pruned stay whole: {', '.join(pruned)}"
            )
        return {n: x for n, x in expanded.items() if n not in self.whole}

    def pooled(
        self,
        masks: Masks,
        scores: Network,
        rng: np.random.Generator | None = None,
    ) -> Network:
        """Returns scores of groups: the pooled ones of their kept weights.

        That is in float64; 0 for a group without kept weights. It is of the
        layers of `masks`; scores of others are left out.

        Where weights are compared within their units, each scores its rank
        among the kept weights of its unit, from the lowest up, as a part of
        their number. So units lose like parts, to within one weight, whatever
        else is compared with each other.

        Args:
            masks: Of weights.
            scores: Of weights.
            rng: Draws which of equal scores of a unit ranks lower; None means
                that the earlier does.

        Raises:
            ValueError: If a score is infinite, and so would be its group's, or
                is NaN, and would have no rank.
        """
        if self.granularity.is_per_unit:
            own = self.masks(masks)
            masks_lib.check_numbers("Scores", {n: scores[n] for n in own})
            return {
                name: _ranks(
                    scores[name],
                    mask,
                    self._numbers(name, mask.shape)[0],
                    rng,
                )
                for name, mask in own.items()
            }
        if not self.granularity.is_grouped:
            return scores
        pool = POOLINGS[self.pooling].function
        found = {}
        for name in self.masks(masks):
            kept = masks[name].astype(bool)
            own = scores[name][kept].astype(np.float64)
            if np.isinf(own).any():
                raise ValueError(
                    f"Scores of layer {name!r} are infinite: they cannot be "
                    f"pooled over {self.granularity.noun}"
                )
            numbers, count = self._numbers(name, masks[name].shape)
            found[name] = pool(own, numbers[kept], count)
        return found

    def spread(self, masks: Masks, kept: Masks) -> Masks:
        """Returns masks without the weights of groups that are pruned.

        Args:
            masks: Of weights.
            kept: Of groups, as `masks` returns them.
        """
        if not self.granularity.is_grouped:
            return {**masks, **kept}
        spread = dict(masks)
        for name, own in kept.items():
            numbers, _ = self._numbers(name, masks[name].shape)
            spread[name] = masks[name] * own[numbers]
        return spread

    def counts(self, masks: Masks) -> dict[str, tuple[int, int]]:
        """Returns (kept, total) groups of each layer that can lose any."""
        return {
            name: (int(np.count_nonzero(own)), int(own.size))
            for name, own in self.masks(masks).items()
        }

    def counted(self, masks: Masks) -> str:
        """Returns in words how many groups, and how many weights, are kept.

        Such as "200 of 400 units and 31.2 % of 266,200 weights kept".
        """
        groups, total = np.sum(list(self.counts(masks).values()), axis=0)
        kept, weights = np.sum(list(masks_lib.counts(masks).values()), axis=0)
        return (
            f"{groups:,} of {total:,} {self.granularity.noun} and "
            f"{100 * kept / weights:.4g} % of {weights:,} weights kept"
        )

    def facts(self, masks: Masks) -> dict:
        """Returns what a run's record says of masks: its `counts`, of groups.

        Nothing where weights are pruned one by one, and with n:m.
        """
        is_told = self.granularity.is_grouped
        return {"groups": self.counts(masks)} if is_told else {}

    def shuffled(self, masks: Masks, seed: int) -> Masks:
        """Returns masks with each layer's groups in random order.

        As many groups are kept as before, and all weights of those, but for
        what does not go on without the others, `follow`. Of n:m, each m places
        are put in random order, and of weights that are compared within their
        units those of each unit. Of weights, it is `masks.shuffle`.
        """
        if self.granularity.kind == "weight":
            return masks_lib.shuffle(masks, seed)
        rng = np.random.default_rng(seed)
        if self.granularity.is_n_of_m:
            return {n: self._turned(n, mask, rng) for n, mask in masks.items()}
        if self.granularity.is_per_unit:
            return {n: self._moved(n, mask, rng) for n, mask in masks.items()}
        drawn = {n: rng.permutation(x) for n, x in self.masks(masks).items()}
        return self.follow(self.spread(masks_lib.ones(masks), drawn))

    def _turned(self, name, mask, rng):
        """A mask of n:m, each m places in random order."""
        if name in self.whole:
            return mask
        layout, m = self.layouts[name], self.granularity.size[1]
        columns = matrix(mask, layout).T
        turned = rng.permuted(columns.reshape(-1, m), axis=1)
        return kernel(turned.reshape(columns.shape).T, mask.shape, layout)

    def _moved(self, name, mask, rng):
        """A mask, each unit's places in random order."""
        numbers = self._numbers(name, mask.shape)[0].ravel()
        drawn = np.lexsort((rng.random(mask.size), numbers))
        moved = np.empty_like(mask)
        moved.flat[np.argsort(numbers, kind="stable")] = mask.flat[drawn]
        return moved

    def _kept(self, name, mask):
        """How many weights each group keeps."""
        numbers, count = self._numbers(name, mask.shape)
        return np.bincount(numbers[mask.astype(bool)], minlength=count)

    def _numbers(self, name, shape):
        return group_numbers(self.granularity, shape, self.layouts[name])


def _ranks(scores, mask, units, rng):
    """Ranks among the kept weights of units, as parts of their number; else 0.

    Args:
        units: Array of the units' numbers.
    """
    kept = np.flatnonzero(mask)
    own = units.flat[kept]
    turns = kept if rng is None else rng.permutation(kept.size)
    order = np.lexsort((turns, scores.flat[kept], own))
    counts = np.bincount(own)
    first = np.cumsum(counts) - counts
    unit = own[order]
    ranks = np.zeros(mask.shape)
    ranks.flat[kept[order]] = (
        np.arange(1, kept.size + 1) - first[unit]
    ) / counts[unit]
    return ranks


# Weights, one by one.
WEIGHTS = Groups()
