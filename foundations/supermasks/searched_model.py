"""SearchedModel: a ModelBase whose masks are trained, not its weights."""

import numpy as np

from lottery_ticket.foundations import save_restore
from lottery_ticket.foundations.supermasks import (
    learned_masks,
    masked_network,
    maskers,
)

Network = dict[str, np.ndarray]


def searched(model, sampling: str, rescaling: str) -> "SearchedModel":
    """Returns the search for a mask of a model, in need of a `reset`.

    One is made for each kind and kept with the model: what was compiled for it
    serves other weights, logits and seeds.

    Args:
        model: ModelBase.
        sampling: A name in learned_masks.SAMPLINGS.
        rescaling: A name in learned_masks.RESCALINGS.
    """
    key = "supermask", sampling, rescaling
    if key not in model.compiled:
        model.compiled[key] = SearchedModel(model, sampling, rescaling)
    return model.compiled[key]


class SearchedModel:
    """What the trainer asks of a model, of one whose masks are trained.

    The model within is changed by `reset` and `restore`, and by training as far
    as MaskedNetwork says; to train it itself, reset it.

    Attributes:
        plain: ModelBase with the network and its frozen weights.
        network: masked_network.MaskedNetwork, whose scores are mask logits.
        strategy: As the model's, like the next three.
        compiled: What scores compiled for it.
        input_shape: Shape of one example.
        num_outputs: Number of logits of a class.
        create_loss_and_accuracy: The model's method.
    """

    def __init__(self, plain, sampling: str, rescaling: str):
        """Makes the logits; see `searched`.

        Args:
            plain: ModelBase.
            sampling: A name in learned_masks.SAMPLINGS.
            rescaling: A name in learned_masks.RESCALINGS.
        """
        self.plain = plain
        self.strategy = plain.strategy
        self.compiled = plain.compiled
        self.input_shape = plain.input_shape
        self.num_outputs = plain.num_outputs
        self.create_loss_and_accuracy = plain.create_loss_and_accuracy
        self._sampling = sampling
        self._rescaling = rescaling
        self._mask_seed = 0
        self._frozen = None
        self.network = masked_network.MaskedNetwork(
            plain,
            maskers.MASKERS[sampling],
            rescaling,
            f"supermask_{sampling}_{rescaling}",
        )

    def reset(
        self,
        weights: Network,
        logits: Network,
        mask_seed: int,
        seed: int = 0,
    ) -> "SearchedModel":
        """Gives it frozen weights and logits to start from.

        Args:
            weights: Dict, name -> array, all that the network computes with.
            logits: Dict, layer name -> array, one for each layer with a mask.
            mask_seed: Seed of all masks that are drawn.
            seed: As for `ModelBase.reset`, of layers that are random in
                training.

        Returns:
            This model.

        Raises:
            ValueError: As `ModelBase.reset`.
        """
        self.plain.reset(weights, seed=seed)
        self.network.reset(logits, mask_seed)
        self._mask_seed = mask_seed
        self._frozen = self._checksum()
        return self

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
    def logits(self) -> Network:
        """The mask logits, layer name -> float32 array."""
        return {name: v.numpy() for name, v in self.network.scores.items()}

    @property
    def identity(self) -> dict:
        """What it is and where it stands, as JSON values."""
        return {
            **self.plain.identity,
            "supermask": {
                "sampling": self._sampling,
                "rescaling": self._rescaling,
                "mask_seed": self._mask_seed,
                "logits": save_restore.checksum(self.logits),
            },
        }

    def samples(self, count: int) -> list[Network]:
        """Returns the masks that the search is judged by.

        Args:
            count: As for `learned_masks.samples`.
        """
        return learned_masks.samples(
            self._sampling, self.logits, self._mask_seed, count
        )

    def effective(self, masks: Network) -> Network:
        """Returns what the network computes with under masks, name -> array.

        Args:
            masks: Dict, layer name -> array of 0s and 1s.
        """
        return learned_masks.effective(self.weights, masks, self._rescaling)

    def outcome(self) -> dict[str, Network]:
        """Returns what a run leaves behind, name of a folder -> network.

        "masks" is the learned mask, one seeded sample, and "final" what the
        network computes with under it, rescaled.

        Raises:
            RuntimeError: If a weight moved that was frozen.
        """
        if self._checksum() != self._frozen:
            raise RuntimeError(
                "Frozen weights moved while a mask was learned. Does the "
                "network change its variables by itself?"
            )
        masks = self.samples(1)[0]
        return {
            "final": self.effective(masks),
            "masks": masks,
            "logits": self.logits,
            "thresholded": learned_masks.threshold(self.logits),
        }

    def restore(self, networks: dict[str, Network]) -> None:
        """Puts it where a finished run has left it; what it drew from stays.

        Args:
            networks: As `outcome` gives, and "initial", the frozen weights.
        """
        kernels = {name: networks["initial"][name] for name in self.masks}
        self.plain.reset({**networks["final"], **kernels})
        self.network.reset(networks["logits"], self._mask_seed)

    def _checksum(self):
        """SHA-256 over all that gradients would move, if it were not frozen."""
        return save_restore.checksum(
            {
                name: variable.numpy()
                for name, variable in self.plain.variables.items()
                if variable.trainable
            }
        )
