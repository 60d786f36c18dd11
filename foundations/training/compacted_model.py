"""CompactedModel: a ModelBase that is trained as a smaller network."""

import typing
from collections.abc import Mapping

import numpy as np

from lottery_ticket.foundations.networks.compaction import unread
from lottery_ticket.foundations.training import trainee

Network = dict[str, np.ndarray]


def check(model: typing.Any) -> None:
    """Raises ValueError if a model cannot be trained as a smaller network."""
    found = unread.obstacle(model.network)
    if model.task.name == "compiled":
        found = "it is compiled with a loss of its own"
    if found is not None:
        raise ValueError(
            f"compact_levels is not for {model.network.name!r}: {found}"
        )


def of(model: typing.Any) -> trainee.Trainee:
    """Returns what trains a model as a smaller network, as it stands.

    That is the model itself, where every unit is read.

    Args:
        model: ModelBase, with the weights and masks to start from.

    Raises:
        ValueError: As `check`, or if a layer cannot be made anew.
    """
    check(model)
    with model.strategy.scope():
        smaller = unread.without_unread(model.network)
    return model if smaller is None else CompactedModel(model, smaller)


class CompactedModel(trainee.Trainee):
    """A Trainee that has a model's weights and masks, and a smaller network.

    Without the units that no kept weight reads, which get no gradient: what is
    left is trained as in the full network, but that sums of fewer terms are
    rounded otherwise. What belongs to units that are gone, so biases, norms and
    their statistics, stays as training starts with it; in the full network
    weight decay and running statistics would move it, and nothing reads it.

    What is not said here is as the model's, or as Trainee says.

    Attributes:
        network: The smaller one.
    """

    def __init__(self, model: typing.Any, smaller: unread.Smaller):
        """Takes over a model where training starts; see `of`."""
        self._model = model
        self._start = model.weights
        names = {id(each): name for name, each in model.variables.items()}
        self._parts = [
            (names[id(each.whole)], each.part, each.places)
            for each in smaller.parts
        ]
        self.network = smaller.network
        self.strategy = model.strategy
        self.input_shape = model.input_shape
        self.num_outputs = model.num_outputs
        self.holds = False
        self.programs = {}  # Those of the model are of its shapes.
        self.task = model.task
        weights = [model.network.count_params(), self.network.count_params()]
        self.facts = {**model.facts, "compacted_weights": weights}
        for program in model.programs.values():
            program.unload()

    @property
    def weights(self) -> Network:
        """All weights of the full network, name -> array."""
        found = {name: each.copy() for name, each in self._start.items()}
        for name, part, places in self._parts:
            np.put(found[name], places, part.numpy())
        return found

    @property
    def masks(self) -> Network:
        return self._model.masks

    @property
    def identity(self) -> dict:
        return {**self._model.identity, "compacted": True}

    def effective_masks(self, masks: Network) -> Network | None:
        return self._model.effective_masks(masks)

    @property
    def positions(self) -> Mapping[str, int]:
        return self._model.positions

    def check_own_training(self) -> None:
        self._model.check_own_training()

    def outcome(self) -> dict[str, Network]:
        """Returns the model's outcome, which has what was trained from here."""
        self._model.restore({"final": self.weights, "masks": self.masks})
        return self._model.outcome()

    def restore(self, networks: dict[str, Network]) -> None:
        self._model.restore(networks)
        for name, part, places in self._parts:
            part.assign(networks["final"][name].reshape(-1)[places])
