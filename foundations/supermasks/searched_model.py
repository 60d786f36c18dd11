"""SearchedModel: a ModelBase whose mask logits are trained, not its weights."""

import numpy as np

from lottery_ticket.foundations import save_restore
from lottery_ticket.foundations.supermasks import (
    frozen_model,
    learned_masks,
    masked_network,
    maskers,
    sampled_masks,
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


class SearchedModel(frozen_model.FrozenModel):
    """A search for a mask by logits: how probably each weight is kept."""

    folders = ("final", "masks", "logits", "thresholded")

    def __init__(self, model, sampling: str, rescaling: str):
        """Makes the logits; see `searched`.

        Args:
            model: ModelBase.
            sampling: A name in learned_masks.SAMPLINGS.
            rescaling: A name in learned_masks.RESCALINGS.
        """
        self._sampling = sampling
        self._rescaling = rescaling
        self._source = sampled_masks.SampledMasks(
            maskers.MASKERS[sampling].function, rescaling
        )
        name = f"supermask_{sampling}_{rescaling}"
        super().__init__(
            model, masked_network.MaskedNetwork(model, self._source, name)
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
        self._source.reset(mask_seed)
        self._start(weights, logits, mask_seed, seed)
        return self

    @property
    def logits(self) -> Network:
        """The mask logits, layer name -> float32 array."""
        return self.scores

    @property
    def identity(self) -> dict:
        """What it is and where it stands, as JSON values."""
        return {
            **self._model.identity,
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
        self._check_frozen()
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
        self._put_back(networks, networks["logits"])
