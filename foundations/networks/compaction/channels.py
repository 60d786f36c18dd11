"""Which channels of a network must stay for its outputs to stay the same."""

import collections
import dataclasses

import numpy as np

from lottery_ticket.foundations.networks.compaction import (
    graph,
    known_layers,
    rules,
)


@dataclasses.dataclass
class Found:
    """What is known of a network's tensors and calls.

    Args:
        graph: The network.
        steps: The rule of each call, in the same order.
        constants: Of each tensor.
        kept: Of each tensor: what the smaller network has of it, nothing if it
            can do without.
        why: Tensor -> why constant channels of it stay.
        around: Of each call that stays, by its place: what its layer sees.
    """

    graph: graph.Graph
    steps: list[rules.Rule]
    constants: list[rules.Constants]
    kept: list[rules.Kept]
    why: dict[int, str]

    def around(self, index: int) -> rules.Around:
        """Returns what is known around a call, by its place."""
        call = self.graph.calls[index]
        return rules.Around(
            self._shared(index),
            [self.kept[number] for number in call.inputs],
            [self.kept[number] for number in call.outputs],
        )

    def is_there(self, index: int) -> bool:
        """Whether anything of a call's outputs is kept."""
        call = self.graph.calls[index]
        return any(self.kept[number].any() for number in call.outputs)

    def calls_of(self, index: int) -> list[int]:
        """Returns the places of the calls that share a call's variables."""
        operation = self.graph.calls[index].operation
        if not getattr(operation, "weights", None):
            return [index]
        return self._calls[id(operation)]

    def __post_init__(self):
        """Notes which calls are of one layer."""
        self._calls = collections.defaultdict(list)
        for index, call in enumerate(self.graph.calls):
            self._calls[id(call.operation)].append(index)

    def _shared(self, index):
        """Constants of the inputs that all calls of the layer agree on."""
        first, *others = self.graph.calls[index].inputs
        several = [
            self.constants[self.graph.calls[other].inputs[0]]
            for other in self.calls_of(index)
            if other == index or self.is_there(other)
        ]
        return [_agreed(several), *(self.constants[n] for n in others)]


def find(network_graph: graph.Graph, folds: bool = True) -> Found:
    """Returns what of a network must stay.

    First from the inputs on: what is constant. Then from the outputs back: what
    is needed; as a layer may ask for channels of another's input, and that for
    more, until nothing is added any more.

    Args:
        network_graph: The network.
        folds: Whether constants are looked for, which can become a part of
            biases. Else all counts as varying, and what goes is what no other
            reads.
    """
    tensors = network_graph.tensors
    found = Found(
        network_graph,
        [known_layers.rule(call, tensors) for call in network_graph.calls],
        [rules.varying(each.channels) for each in tensors],
        [np.zeros(each.channels, bool) for each in tensors],
        {},
    )
    if folds:
        _look_for_constants(found)
    for number in network_graph.inputs:
        found.kept[number][:] = True
    for number in network_graph.outputs:
        _keep(found, number, np.ones(1, bool), "the network gives them")
    while _spread(found) or _fill(found):
        pass
    return found


def _look_for_constants(found):
    for rule in found.steps:
        given = [found.constants[number] for number in rule.call.inputs]
        for number, constants in zip(
            rule.call.outputs, rule.constants(given), strict=True
        ):
            found.constants[number] = constants


def _spread(found):
    """Keeps what calls need for what is kept; whether that was any more."""
    before = _count(found)
    for index in reversed(range(len(found.steps))):
        if not found.is_there(index):
            continue
        rule, around = found.steps[index], found.around(index)
        why = found.why.get(rule.call.outputs[0])
        if rule.reads or why is None or isinstance(rule, rules.Barrier):
            why = rule.why()
        for number, kept in zip(
            rule.call.inputs, rule.needed(around), strict=True
        ):
            _keep(found, number, kept, why)
    for index, rule in enumerate(found.steps):
        if not found.is_there(index):
            continue
        present = rule.present(found.around(index))
        for number, kept in zip(rule.call.outputs, present, strict=True):
            _keep(found, number, kept, rule.why())
        _share(found, index)
    return _count(found) > before


def _share(found, index):
    """Keeps the same of all calls of a layer with variables."""
    calls = [each for each in found.calls_of(index) if found.is_there(each)]
    if len(calls) < 2:
        return
    # What else goes in, such as masks, is kept whole.
    rows = [
        (found.graph.calls[n].inputs[0], *found.graph.calls[n].outputs)
        for n in calls
    ]
    why = f"{found.graph.calls[index].label} is called several times"
    for numbers in zip(*rows, strict=True):
        kept = np.any([found.kept[number] for number in numbers], axis=0)
        for number in numbers:
            _keep(found, number, kept, why)


def _fill(found):
    """Keeps a channel where a layer would be without input; whether any was."""
    for index, rule in enumerate(found.steps):
        if not (rule.reads and found.is_there(index)):
            continue
        number = rule.call.inputs[0]
        if not found.kept[number].any():
            found.kept[number][0] = True
            return True
    return False


def _keep(found, number, kept, why):
    new = kept & ~found.kept[number]
    if new.any():
        found.kept[number] = found.kept[number] | kept
        if (new & ~rules.varies(found.constants[number])).any():
            found.why.setdefault(number, why)


def _agreed(several):
    """Constants where all have the same ones."""
    if len(several) == 1:
        return several[0]
    every = np.stack(several)
    return np.where((every == every[:1]).all(axis=0), every[0], np.nan)


def _count(found):
    return sum(int(kept.sum()) for kept in found.kept)
