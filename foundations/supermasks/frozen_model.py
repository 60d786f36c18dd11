"""FrozenModel: a ModelBase in training whose weights stand still."""

import abc

import numpy as np

from lottery_ticket.foundations import save_restore
from lottery_ticket.foundations.training import trainee

Network = dict[str, np.ndarray]


class FrozenModel(trainee.Trainee):
    """A Trainee whose weights stand still: scores of its masks are trained.

    The model within is changed by `reset` and `restore`, and by training as far
    as MaskedNetwork says; to train it itself, reset it. A subclass adds how its
    scores become a mask.

    Attributes:
        network: masked_network.MaskedNetwork, whose scores are trained.
        strategy: As the model's, like the next two.
        input_shape: Shape of one example.
        num_outputs: Number of logits of a class.
        programs: The model's own, so that only one of all keeps its data.
    """

    def __init__(self, model, network):
        """Takes over a model; its weights are frozen by `_start`.

        Args:
            model: ModelBase with the network and its frozen weights.
            network: masked_network.MaskedNetwork of it.
        """
        self._model = model
        self.network = network
        self.strategy = model.strategy
        self.input_shape = model.input_shape
        self.num_outputs = model.num_outputs
        self.programs = model.programs
        self._mask_seed = 0
        self._frozen = None

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

    @property
    def holds(self) -> bool:
        """As the model's."""
        return self._model.holds

    def effective_masks(self, masks: Network) -> Network | None:
        """Returns masks of the kept weights on a path; see `networks.flow`.

        Args:
            masks: Dict, layer name -> array of 0s and 1s.
        """
        return self._model.effective_masks(masks)

    def create_loss_and_accuracy(self, labels, logits, **smoothing):
        """Returns the model's own loss and accuracy of a batch.

        Args:
            labels: As for `ModelBase`, like the others.
            logits: Shape (batch, classes).
            smoothing: `label_smoothing`, if it is not 0.
        """
        return self._model.create_loss_and_accuracy(labels, logits, **smoothing)

    @property
    def weights(self) -> Network:
        """The frozen weights, name -> array, none of them pruned."""
        return self._model.weights

    @property
    def masks(self) -> Network:
        """Masks that the search starts under: nothing is pruned."""
        return self._model.masks

    @property
    def scores(self) -> Network:
        """The scores, layer name -> float32 array."""
        return {name: v.numpy() for name, v in self.network.scores.items()}

    def _start(self, weights, scores, mask_seed, seed):
        """Gives it frozen weights and scores to start from."""
        self._model.reset(weights, seed=seed)
        self.network.reset(scores)
        self._mask_seed = mask_seed
        self._frozen = self._checksum()

    def _put_back(self, networks, scores):
        """Gives it the weights of a finished run, none pruned, and scores."""
        kernels = {name: networks["initial"][name] for name in self.masks}
        self._model.reset({**networks["final"], **kernels})
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
                for name, variable in self._model.variables.items()
                if variable.trainable
            }
        )
