"""Which axes of which variables are permuted together: groups of units.

Found from the graph of a network, call by call. A unit is whatever has to move
as one: channels that are the same by flattening, normalisation, pooling or an
activation, and those that are added up. Units are of one group if they stand in
the same tensors and variables, as often as each other: then any of them can
take the place of any other, and the network computes the same.
"""

import collections
import dataclasses
import typing

import numpy as np

from lottery_ticket.foundations.networks.compaction import (
    channel_rules,
    graph,
    known_layers,
    merging_rules,
    moving_rules,
    rules,
    weighted_rules,
)

# Of each channel, the number of its unit.
Units = np.ndarray
_FIXED = 0  # The unit of all channels that nothing may move.


@dataclasses.dataclass(frozen=True, eq=False)
class Axis:
    """Where the units of a group stand on an axis of a variable.

    Args:
        name: The variable's, as `ModelBase.variables` has it.
        axis: Counted from the last one, which is -1.
        places: Shape (units, places of each), int.
    """

    name: str
    axis: int
    places: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Group:
    """Units that can take each other's places.

    Args:
        name: That of the first kernel that makes them.
        size: Number of units.
        axes: Of all variables that have them, in the order of the calls.
        tensor: Number, in the network's graph, of the tensor that shows best
            what they do: the last one behind an activation, such as that of a
            residual stream's last block; without any, the last one.
        places: On the last axis of that tensor, as of an Axis.
    """

    name: str
    size: int
    axes: tuple[Axis, ...]
    tensor: int
    places: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Groups:
    """All groups of a network, those nearest to its input first."""

    graph: graph.Graph
    every: tuple[Group, ...]

    @property
    def sizes(self) -> dict[str, int]:
        """Dict, name of a group -> number of its units."""
        return {group.name: group.size for group in self.every}


def of(model: typing.Any) -> Groups:
    """Returns the groups of a network's hidden units.

    Inputs and outputs are in none. A residual stream is one group, with all
    that is added to it; of one whose shortcuts pad zeros, what is padded is a
    group of its own. Units behind a flattening have a place at each pixel.

    Source: the groups of ResNets are those of Adnan et al. 2025
    (https://arxiv.org/abs/2505.05143).
    Differs: there they are tables, here they are proven from the graph.

    Args:
        model: ModelBase.

    Raises:
        ValueError: If the network is not functional or sequential, a layer is
            not known to keep its channels apart, or nothing can be permuted.
    """
    network = model.network
    found = _Found(graph.of(network, "to be aligned"))
    for call in found.graph.calls:
        found.add(known_layers.rule(call, found.graph.tensors))
    found.fix_outputs()
    found.check()
    names = {id(each): name for name, each in model.variables.items()}
    every = found.groups(names)
    if not every:
        raise ValueError(
            "Expected a network with hidden units, which can be permuted. "
            f"Received: {network.name!r}, which has none"
        )
    return Groups(found.graph, every)


class _Found:
    """What is known of units, call by call."""

    def __init__(self, network_graph):
        self.graph = network_graph
        self._parents = [_FIXED]
        # ("tensor", number), ("variable", id, axis) or ("zeros", ...) -> Units.
        self._places: dict[tuple, Units] = {}
        self._activated: set[int] = set()  # Tensors behind an activation.
        self._mixed: list[tuple] = []  # Calls that need fixed units.
        self._rules: list[rules.Rule] = []
        for number in network_graph.inputs:
            self._give(number, self._fixed_of(number))

    def add(self, rule: rules.Rule) -> None:
        """Notes what a call does to units."""
        self._rules.append(rule)
        if isinstance(rule, rules.Barrier):
            self._add_barrier(rule)
            return
        units = _RULES[type(rule)](self, rule)
        self._check_variables(rule)
        (number,) = rule.call.outputs
        self._give(number, units)
        activation = getattr(rule.layer, "activation", None)
        if _is_activation(rule):
            self._activated.add(number)
        if not rules.is_per_value(activation):
            self._mixed.append((rule, "has an activation over all", units))

    def fix_outputs(self) -> None:
        """Fixes what the network gives, and what leads there by no weights."""
        last = set(self.graph.outputs)
        for number in last:
            self._fix(self._of(number))
        for rule in reversed(self._rules):
            is_last = last.issuperset(rule.call.outputs)
            if is_last and not getattr(rule.layer, "weights", ()):
                last.update(rule.call.inputs)
                if isinstance(rule, rules.Barrier):
                    for number in rule.call.inputs:
                        self._fix(self._of(number))

    def check(self) -> None:
        """Raises ValueError if a call mixes units that are not fixed."""
        for rule, reason, units in self._mixed:
            if (self._roots(units) != self._root(_FIXED)).any():
                _refuse(rule, reason)

    def groups(self, names: dict[int, str]) -> tuple[Group, ...]:
        """Returns all groups of two or more units that variables have.

        Args:
            names: Dict, id of a variable -> its name.
        """
        counts: dict[int, list] = collections.defaultdict(list)
        for key, units in self._places.items():
            for unit, count in zip(
                *np.unique(self._roots(units), return_counts=True), strict=True
            ):
                counts[int(unit)].append((key, int(count)))
        counts.pop(self._root(_FIXED), None)
        alike: dict[tuple, list[int]] = collections.defaultdict(list)
        for unit, where in counts.items():
            alike[tuple(where)].append(unit)
        found: dict[str, Group] = {}
        for where, units in alike.items():
            keys = [key for key, _ in where]
            axes = [key for key in keys if key[0] == "variable"]
            if axes and len(units) > 1:
                name = _new_name(names[axes[0][1]], found)
                found[name] = self._group(name, keys, units, names)
        return tuple(found.values())

    def units_of(self, rule: rules.Rule, index: int = 0) -> Units:
        """Returns the units of one of a call's inputs."""
        return self._of(rule.call.inputs[index])

    def new(self, count: int) -> Units:
        """Returns new units."""
        start = len(self._parents)
        self._parents += range(start, start + count)
        return np.arange(start, start + count)

    def unite(self, one: Units, other: Units) -> None:
        """Makes units the same, each with the one at its place."""
        for pair in np.unique(np.stack([one, other]), axis=1).T:
            roots = sorted(self._root(int(unit)) for unit in pair)
            self._parents[roots[1]] = roots[0]

    def bind(self, variable: typing.Any, axis: int, units: Units) -> None:
        """Notes the units on an axis of a variable, or None for no variable.

        One that is used several times has the same each time.
        """
        if variable is None:
            return
        known = self._places.setdefault(("variable", id(variable), axis), units)
        self.unite(known, units)

    def zeros(self, rule: rules.Rule, side: int, count: int) -> Units:
        """Returns new units of zeros, on one side of a call's input."""
        units = self.new(count)
        self._places["zeros", rule.call.outputs[0], side] = units
        return units

    def _add_barrier(self, rule):
        if any(each.trainable for each in getattr(rule.layer, "weights", ())):
            _refuse(rule, rule.reason)
        for number in rule.call.inputs:
            self._mixed.append((rule, rule.reason, self._of(number)))
        for number in rule.call.outputs:
            self._give(number, self._fixed_of(number))

    def _check_variables(self, rule):
        """Raises if a layer has variables that no rule has seen."""
        seen = {key[1] for key in self._places if key[0] == "variable"}
        for each in getattr(rule.layer, "weights", ()):
            is_shared = isinstance(rule, channel_rules.ParametricReLU)
            if id(each) not in seen and not is_shared:
                _refuse(rule, f"has a variable that is not known, {each.name}")

    def _group(self, name, keys, units, names):
        tensors = [key[1] for key in keys if key[0] == "tensor"]
        activated = [each for each in tensors if each in self._activated]
        tensor = max(activated or tensors)
        axes = tuple(
            Axis(names[key[1]], key[2], self._stands(key, units))
            for key in keys
            if key[0] == "variable"
        )
        places = self._stands(("tensor", tensor), units)
        return Group(name, len(units), axes, tensor, places)

    def _stands(self, key, units):
        """Places of units, shape (units, places of each)."""
        of_all = self._roots(self._places[key])
        # Stable: a unit's places are in order.
        order = np.argsort(of_all, kind="stable")
        start = np.searchsorted(of_all[order], units, "left")
        end = np.searchsorted(of_all[order], units, "right")
        return np.stack([order[a:b] for a, b in zip(start, end, strict=True)])

    def _give(self, number, units):
        self._places["tensor", number] = units

    def _of(self, number):
        return self._places["tensor", number]

    def _fixed_of(self, number):
        return np.full(self.graph.tensors[number].channels, _FIXED)

    def _fix(self, units):
        self.unite(units, np.full_like(units, _FIXED))

    def _root(self, unit):
        while self._parents[unit] != unit:
            self._parents[unit] = self._parents[self._parents[unit]]
            unit = self._parents[unit]
        return unit

    def _roots(self, units):
        every, place = np.unique(units, return_inverse=True)
        roots = [self._root(int(unit)) for unit in every]
        return np.asarray(roots, int)[place.reshape(-1)]


def _new_name(name, taken):
    """The name, or if it is taken, name.1, name.2, ..."""
    count, new = 0, name
    while new in taken:
        count += 1
        new = f"{name}.{count}"
    return new


def _refuse(rule, reason):
    raise ValueError(
        "Expected layers whose units are known to be free to change places. "
        f"Received: {rule.call.label}, which {reason}"
    )


def _is_activation(rule):
    """Whether what a call gives is behind an activation."""
    if isinstance(rule, channel_rules.Rescaling):
        return False
    kinds = (channel_rules.Activation, channel_rules.ParametricReLU)
    if isinstance(rule, kinds):
        return True
    activation = getattr(rule.layer, "activation", None)
    return getattr(activation, "__name__", activation) not in (None, "linear")


def _same(found, rule):
    return found.units_of(rule)


def _weighted(found, rule):
    layer, units = rule.layer, found.new(rule.outputs[0].channels)
    axes = (-2, -1)
    if isinstance(rule, weighted_rules.Transposed):
        axes = (-1, -2)
    for axis, each in zip(axes, (found.units_of(rule), units), strict=True):
        found.bind(layer.kernel, axis, each)
    found.bind(layer.bias, -1, units)
    return units


def _separable(found, rule):
    layer, given = rule.layer, found.units_of(rule)
    units = found.new(rule.outputs[0].channels)
    found.bind(layer.depthwise_kernel, -2, given)
    multiplier = layer.depthwise_kernel.shape[-1]
    found.bind(layer.pointwise_kernel, -2, np.repeat(given, multiplier))
    found.bind(layer.pointwise_kernel, -1, units)
    found.bind(layer.bias, -1, units)
    return units


def _depthwise(found, rule):
    layer, given = rule.layer, found.units_of(rule)
    units = np.repeat(given, layer.kernel.shape[-1])
    found.bind(layer.kernel, -2, given)
    found.bind(layer.bias, -1, units)
    return units


def _embedding(found, rule):
    units = found.new(rule.outputs[0].channels)
    found.bind(rule.layer.embeddings, -1, units)
    return units


def _normed(found, rule):
    units = found.units_of(rule)
    for name in ("gamma", "beta", "moving_mean", "moving_variance"):
        found.bind(getattr(rule.layer, name, None), -1, units)
    return units


def _parametric(found, rule):
    units = found.units_of(rule)
    if rule.layer.alpha.shape[-1] == units.size:
        found.bind(rule.layer.alpha, -1, units)
    return units


def _spread(found, rule):
    given, count = found.units_of(rule), rule.outputs[0].channels
    if count >= given.size:
        return np.tile(given, count // given.size)
    found.unite(given, np.tile(given[:count], given.size // count))
    return given[:count]


def _padded(found, rule):
    before, behind = rule.layer.padding[1]
    return np.concatenate(
        [
            found.zeros(rule, 0, before),
            found.units_of(rule),
            found.zeros(rule, 1, behind),
        ]
    )


def _merged(found, rule):
    first, *others = [found.units_of(rule, n) for n in range(len(rule.inputs))]
    for each in others:
        found.unite(first, each)
    return first


def _concatenated(found, rule):
    is_of_channels = rule.layer.axis in (-1, len(rule.inputs[0].shape) - 1)
    if not is_of_channels:
        return _merged(found, rule)
    return np.concatenate(
        [found.units_of(rule, n) for n in range(len(rule.inputs))]
    )


# Rule -> function (_Found, rule) -> units of the output.
_RULES: dict[type[rules.Rule], typing.Callable] = {
    **dict.fromkeys(
        (
            *(channel_rules.Unchanged, channel_rules.Pooling),
            *(channel_rules.Padded, channel_rules.Resized),
            *(channel_rules.Activation, channel_rules.Rescaling),
            moving_rules.Permuted,
        ),
        _same,
    ),
    **dict.fromkeys(
        (
            *(weighted_rules.Dense, weighted_rules.Convolution),
            weighted_rules.Transposed,
        ),
        _weighted,
    ),
    weighted_rules.Separable: _separable,
    weighted_rules.Embedding: _embedding,
    channel_rules.Depthwise: _depthwise,
    channel_rules.BatchNorm: _normed,
    channel_rules.ParametricReLU: _parametric,
    moving_rules.Spread: _spread,
    moving_rules.PaddedChannels: _padded,
    merging_rules.Merge: _merged,
    merging_rules.Concatenation: _concatenated,
}
