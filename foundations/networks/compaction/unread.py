"""A smaller network to train: without the units that no kept weight reads."""

import contextlib
import dataclasses

import keras
import numpy as np

from lottery_ticket.foundations.networks import (
    keras_private,
    mask_constraint,
    network_variables,
)
from lottery_ticket.foundations.networks.compaction import (
    channels,
    graph,
    smaller_network,
)

# Places in a variable are told by numbers in it: float32 counts up to here.
_MOST = 2**24


@dataclasses.dataclass(frozen=True)
class Part:
    """What the smaller network has of a variable.

    Args:
        whole: The variable of the full network.
        part: That of the smaller one.
        places: In the shape of the part, where each entry stands in the whole,
            counted in C order.
    """

    whole: keras.Variable
    part: keras.Variable
    places: np.ndarray


@dataclasses.dataclass(frozen=True)
class Smaller:
    """A smaller network, and where its numbers stand in the full one.

    Args:
        network: Plain Keras, functional; its masks hold as the full one's do.
        parts: One for each of its variables.
    """

    network: keras.Model
    parts: list[Part]


def obstacle(network: keras.Model) -> str | None:
    """Returns why a network cannot be trained as a smaller one; None if it can.

    Where it is trained so, all that is left must move as in the full network,
    but for the rounding of sums: nothing may draw random numbers by the number
    of units, and no loss or constraint may be of those that go.
    """
    if network_variables.random_states(network):
        return "a layer is random in training, as dropout is"
    if keras_private.weight_losses(network) or any(
        getattr(layer, "activity_regularizer", None) is not None
        for layer in keras_private.layers(network)
    ):
        return "a layer adds to the loss"
    constraints = [v.constraint for v in network.variables]
    if any(map(_is_anothers, constraints)):
        return "a variable has a constraint beside its mask"
    if any(np.prod(v.shape) >= _MOST for v in network.variables):
        return f"a variable has {_MOST:,} numbers or more"
    try:
        calls = graph.of(network).calls
    except ValueError:  # `without_unread` says so.
        return None
    operations = [call.operation for call in calls]
    return smaller_network.obstacle(network, operations)


def without_unread(network: keras.Model) -> Smaller | None:
    """Returns a network without the units and channels that nothing reads.

    A weight reads if its mask keeps it, be it 0, and if it has no mask. What is
    constant stays. The smaller network has the values of the full one, and on
    its kernels masks hold as far as they prune any of what is left. Layers of
    classes that are not Keras's are in both.

    Args:
        network: Functional or sequential, built, and without an `obstacle`. It
            stays as it is.

    Returns:
        None if no unit goes.

    Raises:
        ValueError: If the network has a call of its own, or a variable whose
            dtype cannot tell its places.
    """
    flat = graph.of(network)
    with _changed(network):
        for variable in network.variables:
            reads = _mask(variable)
            variable.constraint = None
            variable.assign(np.ones(variable.shape) if reads is None else reads)
        found = channels.find(flat, folds=False)
        if all(kept.all() for kept in found.kept):
            return None
        for variable in network.variables:
            numbers = np.arange(np.prod(variable.shape))
            variable.assign(numbers.reshape(variable.shape))
        made, layers = smaller_network.build(network, found)
        parts = [
            Part(whole, part, _places(whole, part))
            for index, layer in layers.items()
            for whole, part in _pairs(flat.calls[index].operation, layer)
        ]
    for each in parts:
        _put(each)
    return Smaller(made, parts)


@contextlib.contextmanager
def _changed(network):
    """Values and constraints may change; they are put back at the end."""
    before = [(v, v.numpy(), v.constraint) for v in network.variables]
    try:
        yield
    finally:
        for variable, value, constraint in before:
            variable.constraint = None
            variable.assign(value)
            variable.constraint = constraint


def _mask(variable):
    """The mask that holds on a variable, or None."""
    constraint = variable.constraint
    if isinstance(constraint, mask_constraint.MaskConstraint):
        return constraint.mask.numpy().astype(np.float32)
    return None


def _is_anothers(constraint):
    if isinstance(constraint, mask_constraint.MaskConstraint):
        return constraint.other is not None
    return constraint is not None


def _pairs(old, new):
    """Variables of a layer, and those of what is made of it."""
    weights = getattr(old, "weights", ())
    return zip(weights, getattr(new, "weights", ()), strict=True)


def _places(whole, part):
    """Places of a part's entries, which are their values now."""
    values = part.numpy().astype(np.float64)
    places = values.astype(np.int64)
    size = int(np.prod(whole.shape))
    is_told = np.array_equal(values, places) and (
        places.size == np.unique(places).size
    )
    if not is_told or (places.size and not 0 <= places.max() < size):
        raise ValueError(
            f"Which part of {whole.path} is left cannot be told, of a variable "
            f"in {whole.dtype}"
        )
    return places


def _put(each):
    """Gives a part its values, and its mask if that prunes any of them.

    Of layers that are not Keras's own, the variables are in both networks.
    """
    if each.part is each.whole:
        return
    each.part.assign(each.whole.numpy().reshape(-1)[each.places])
    mask = _mask(each.whole)
    if mask is None or mask.reshape(-1)[each.places].all():
        return
    constraint = mask_constraint.MaskConstraint(each.part.shape)
    constraint.mask.assign(mask.reshape(-1)[each.places] == 1)
    mask_constraint.attach(each.part, constraint)
