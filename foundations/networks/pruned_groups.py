"""The groups of a network's weights: its units, and what reads them."""

import math
import typing

import numpy as np

from lottery_ticket.foundations.networks import flow, keras_private
from lottery_ticket.foundations.selection import doubts, granularity

Masks = dict[str, np.ndarray]


def of(
    model: typing.Any, text: str, pooling: str | None = None
) -> granularity.Groups:
    """Returns the groups of a network's kernels.

    With units, two kinds of layers lose none by their scores: those whose units
    are the network's outputs, such as the logits of classes, and depthwise
    kernels, each of whose filters goes with the one channel that it reads. With
    n:m, layers whose units have other numbers of inputs than multiples of m.

    What reads a unit that is gone is pruned with it, `follow`, where the graph
    proves that nothing from the input reaches it any more, through flattening,
    normalisation, concatenation and the like; where units are added up, once
    all of them are gone. In networks with an `obstacle` to paths, it stays.

    Args:
        model: ModelBase.
        text: Granularity, as `granularity.parse` takes it.
        pooling: A name in granularity.POOLINGS; None is mean.

    Raises:
        ValueError: If one of them is unknown, or all layers would stay whole.
    """
    parsed = granularity.parse(text)
    if parsed == granularity.WEIGHT:
        return granularity.WEIGHTS
    layouts, notes, follow = model.layouts, [], _same
    whole: list[str] = []
    if parsed.kind == "unit":
        whole, notes = _without_own(model)
        obstacle = flow.obstacle(model)
        if obstacle is None:
            follow = _Readers(model)
        else:
            notes.append(
                "weights that read units that are gone stay, as it cannot be "
                f"told which do: {obstacle}"
            )
    elif parsed.is_n_of_m:
        m, shapes = parsed.size[1], _shapes(model)
        inputs = {n: _inputs(shapes[n], layouts[n]) for n in layouts}
        whole = [name for name, count in inputs.items() if count % m]
        notes = [
            f"{name} stays whole: {inputs[name]:,} inputs are no multiple of "
            f"{m}"
            for name in whole
        ]
    if len(whole) == len(layouts):
        raise ValueError(
            f"granularity={parsed} leaves no layer of {model.network.name!r} "
            f"that could be pruned: {'; '.join(notes)}"
        )
    return granularity.Groups(
        parsed,
        pooling or "mean",
        layouts,
        tuple(whole),
        follow,
        tuple(f"granularity={parsed}: {note}" for note in notes),
    )


class _Readers:
    """Function (masks) -> masks without what reads units that are gone."""

    def __init__(self, model):
        self._model = model
        self._always: Masks | None = None  # What is reached if all is kept.

    def __call__(self, masks: Masks) -> Masks:
        if self._always is None:
            full = {name: np.ones_like(mask) for name, mask in masks.items()}
            self._always = flow.reached_masks(self._model, full) or {}
        reached = flow.reached_masks(self._model, masks) or {}
        # What sees nothing but padding was never reached, and stays.
        return {
            name: mask * ~((self._always[name] == 1) & (reached[name] == 0))
            for name, mask in masks.items()
        }


def _same(masks):
    return masks


def _shapes(model):
    return {name: mask.shape for name, mask in model.masks.items()}


def _inputs(shape, layout):
    return math.prod(shape[axis] for axis in layout.inputs)


def _without_own(model):
    """Layers whose units do not go by their own scores, and why, in lines."""
    names = {id(model.variables[name]): name for name in model.masks}
    network = model.network
    if not keras_private.is_functional(network):
        raise ValueError(
            "granularity=unit is for networks whose layers are called by "
            f"Keras: which units of {network.name!r} are its outputs is not "
            "known"
        )
    found, _ = _last(network, names)
    last = [name for name in names.values() if name in found]
    depthwise = [n for n in model.depthwise if n not in last]
    notes = [f"{doubts.listed(last)}: units are outputs, and all stay"]
    if depthwise:
        notes.append(
            f"{doubts.listed(depthwise)}: each filter goes with the channel "
            "that it reads"
        )
    return [*last, *depthwise], notes


def _last(network, names):
    """Names of kernels that lead to outputs through no other kernel.

    And whether an input of the network does. What a layer does inside is not
    looked at: all of its kernels may.
    """
    left, seen, found, passes = list(network.outputs), set(), set(), False
    inputs = {id(each) for each in network.inputs}
    while left:
        tensor = left.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        passes |= id(tensor) in inputs
        operation, before = keras_private.made_by(tensor)
        if keras_private.is_functional(operation):
            inner, leads_through = _last(operation, names)
            found |= inner
        else:
            own = [names.get(id(v)) for v in getattr(operation, "weights", ())]
            inner = {name for name in own if name is not None}
            found |= inner
            leads_through = not inner
        if leads_through:
            left += before
    return found, passes
