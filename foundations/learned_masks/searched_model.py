"""SearchedModel: a ModelBase whose masks are trained, not its weights."""

import typing
from collections.abc import Callable, Mapping

import numpy as np

from lottery_ticket.foundations.learned_masks import (
    learned_masks,
    masked_network,
)
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.training import trainee

Network = dict[str, np.ndarray]


def searched(model: typing.Any, key: tuple, make: Callable) -> "SearchedModel":
    """Returns the search for a mask of a model, in need of a `reset`.

    One is made for each key and kept with the model, the last few of each kind:
    what was compiled for it serves other weights, trained variables and seeds.

    Args:
        model: ModelBase.
        key: The kind, and all that is compiled in; names of variables begin
            with it.
        make: Function (dict, layer name -> shape of its kernel) -> MaskSource.
    """
    name = "_".join(str(part) for part in key)
    return trainee.kept(
        model,
        key,
        lambda: SearchedModel(
            model, masked_network.MaskedNetwork(model, make, name)
        ),
    )


class SearchedModel(trainee.Trainee):
    """A Trainee whose weights stand still: what masks are made of is trained.

    The model within is changed by `reset` and `restore`, and by training as far
    as MaskedNetwork says; to train it itself, reset it.

    What is not said here is as the model's, or as Trainee says.

    Attributes:
        network: masked_network.MaskedNetwork, whose source is trained.
        source: mask_source.MaskSource: how masks are made.
        programs: The model's own, so that only one of all keeps its data.
    """

    trains_weights = False

    def __init__(
        self, model: typing.Any, network: masked_network.MaskedNetwork
    ):
        """Takes over a ModelBase and its MaskedNetwork; see `searched`."""
        self._model = model
        self.network = network
        self.source: typing.Any = network.source
        self.strategy = model.strategy
        self.input_shape = model.input_shape
        self.num_outputs = model.num_outputs
        self.programs = model.programs
        self.task = model.task
        self.facts = model.facts
        self.folders = ("final", "masks", *self.source.folders)
        self.has_events = self.source.has_events
        self._frozen = None

    def reset(
        self, weights: Network, values: Network, seed: int = 0
    ) -> "SearchedModel":
        """Gives it frozen weights and what its source starts from.

        Args:
            weights: Dict, name -> array, all that the network computes with.
            values: Dict, layer name -> array, one for each layer with a mask.
            seed: As for `ModelBase.reset`, of layers that are random in
                training.

        Returns:
            This model.

        Raises:
            ValueError: As `ModelBase.reset`.
        """
        self._model.reset(weights, seed=seed)
        self.source.start(values)
        self.source.iterations.assign(0)
        self._frozen = self._checksum()
        return self

    @property
    def holds(self) -> bool:
        return self._model.holds

    @property
    def weights(self) -> Network:
        """The frozen weights, name -> array, none of them pruned."""
        return self._model.weights

    @property
    def masks(self) -> Network:
        """Masks that the search starts under: nothing is pruned."""
        return self._model.masks

    @property
    def identity(self) -> dict:
        return {**self._model.identity, **self.source.identity}

    def effective_masks(self, masks: Network) -> Network | None:
        return self._model.effective_masks(masks)

    @property
    def positions(self) -> Mapping[str, int]:
        return self._model.positions

    def effective(self, masks: Network) -> Network:
        """Returns what the network computes with; see learned_masks."""
        rescaling = self.source.rescaling
        weights = self.signed(self.weights)
        return learned_masks.effective(weights, masks, rescaling)

    def signed(self, weights: Network) -> Network:
        """Returns weights with the signs that the search gives them."""
        signs = self.source.signs
        return {
            name: each * signs[name] if name in signs else each
            for name, each in weights.items()
        }

    def check_own_training(self) -> None:
        self._model.check_own_training()

    def event(self, iteration: int) -> dict:
        return self.source.event(iteration, self.weights)

    def outcome(self) -> dict[str, Network]:
        """Returns what a run leaves behind, name of a folder -> network.

        "masks" are the final masks, and "final" is what the network computes
        with under them, rescaled.

        Raises:
            RuntimeError: If a weight moved that was frozen.
            ValueError: As the source's `final_masks`.
        """
        if self._checksum() != self._frozen:
            raise RuntimeError(
                "Frozen weights moved while a mask was learned. Does the "
                "network change its variables by itself?"
            )
        masks = self.source.final_masks(self.effective_masks)
        return {
            "final": self.effective(masks),
            "masks": masks,
            **self.source.outcome(),
        }

    def restore(self, networks: dict[str, Network]) -> None:
        """Puts it where a finished run has left it; what it drew from stays.

        Args:
            networks: As `outcome` gives, and "initial", the frozen weights.
        """
        kernels = {name: networks["initial"][name] for name in self.masks}
        self._model.reset({**networks["final"], **kernels})
        self.source.restore(networks)
        self.source.iterations.assign(0)

    def _checksum(self):
        """SHA-256 over all that gradients would move, if it were not frozen."""
        return save_restore.checksum(
            {
                name: variable.numpy()
                for name, variable in self._model.variables.items()
                if variable.trainable
            }
        )
