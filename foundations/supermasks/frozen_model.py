"""FrozenModel: a ModelBase in training whose weights stand still."""

import abc

import numpy as np

from lottery_ticket.foundations import save_restore

Network = dict[str, np.ndarray]


class FrozenModel(abc.ABC):
    """What the trainer asks of a model, of one whose masks are trained.

    The model within is changed by `reset` and `restore`, and by training as far
    as MaskedNetwork says; to train it itself, reset it. A subclass adds how its
    scores become a mask.

    Attributes:
        plain: ModelBase with the network and its frozen weights.
        network: masked_network.MaskedNetwork, whose scores are trained.
        strategy: As the model's, like the next three.
        compiled: What scores of weights compiled for it.
        input_shape: Shape of one example.
        num_outputs: Number of logits of a class.
        create_loss_and_accuracy: The model's method.
    """

    def __init__(self, plain, network):
        """Takes over a model; its weights are frozen by `_start`.

        Args:
            plain: ModelBase.
            network: masked_network.MaskedNetwork of it.
        """
        self.plain = plain
        self.network = network
        self.strategy = plain.strategy
        self.compiled = plain.compiled
        self.input_shape = plain.input_shape
        self.num_outputs = plain.num_outputs
        self.create_loss_and_accuracy = plain.create_loss_and_accuracy
        self._mask_seed = 0
        self._frozen = None

    @property
    @abc.abstractmethod
    def identity(self) -> dict:
        """What it is and where it stands, as JSON values."""

    @abc.abstractmethod
    def samples(self, count: int) -> list[Network]:
        """Returns the masks that the search is judged by.

        Args:
            count: How many, where they are drawn; else there is one.
        """

    @abc.abstractmethod
    def effective(self, masks: Network) -> Network:
        """Returns what the network computes with under masks, name -> array.

        Args:
            masks: Dict, layer name -> array of 0s and 1s.
        """

    @abc.abstractmethod
    def outcome(self) -> dict[str, Network]:
        """Returns what a run leaves behind, name of a folder -> network."""

    @abc.abstractmethod
    def restore(self, networks: dict[str, Network]) -> None:
        """Puts it where a finished run has left it; what it drew from stays.

        Args:
            networks: As `outcome` gives, and "initial", the frozen weights.
        """

    @property
    def programs(self) -> dict:
        """The model's own, so that only one of all keeps its data."""
        return self.plain.programs

    @programs.setter
    def programs(self, programs):
        self.plain.programs = programs

    @property
    def weights(self) -> Network:
        """The frozen weights, name -> array, none of them pruned."""
        return self.plain.weights

    @property
    def masks(self) -> Network:
        """Masks that the search starts under: nothing is pruned."""
        return self.plain.masks

    @property
    def scores(self) -> Network:
        """The scores, layer name -> float32 array."""
        return {name: v.numpy() for name, v in self.network.scores.items()}

    def _start(self, weights, scores, mask_seed, seed):
        """Gives it frozen weights and scores to start from."""
        self.plain.reset(weights, seed=seed)
        self.network.reset(scores)
        self._mask_seed = mask_seed
        self._frozen = self._checksum()

    def _put_back(self, networks, scores):
        """Gives it the weights of a finished run, none pruned, and scores."""
        kernels = {name: networks["initial"][name] for name in self.masks}
        self.plain.reset({**networks["final"], **kernels})
        self.network.reset(scores)

    def _check_frozen(self):
        if self._checksum() != self._frozen:
            raise RuntimeError(
                "Frozen weights moved while a mask was learned. Does the "
                "network change its variables by itself?"
            )

    def _checksum(self):
        """SHA-256 over all that gradients would move, if it were not frozen."""
        return save_restore.checksum(
            {
                name: variable.numpy()
                for name, variable in self.plain.variables.items()
                if variable.trainable
            }
        )
