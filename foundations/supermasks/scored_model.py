"""ScoredModel: a ModelBase whose scores are trained, not its weights."""

import logging

import numpy as np

from lottery_ticket.foundations import masks as masks_lib
from lottery_ticket.foundations import save_restore
from lottery_ticket.foundations.selection import collapse
from lottery_ticket.foundations.supermasks import (
    frozen_model,
    learned_masks,
    masked_network,
    score_method,
    score_outcome,
    scored_masks,
)

Network = dict[str, np.ndarray]
_log = logging.getLogger(__name__)


def scored(model, method: score_method.ScoreMethod) -> "ScoredModel":
    """Returns the search for a mask of a model, in need of a `reset`.

    One is made for each `compiled_key` and kept with the model: what was
    compiled for it serves other densities, weights of the regulariser, plans,
    scores and seeds.

    Args:
        model: ModelBase.
        method: How its scores are trained.
    """
    key = "scores", *method.compiled_key
    if key not in model.compiled:
        model.compiled[key] = ScoredModel(model, method)
    return model.compiled[key]


class ScoredModel(frozen_model.FrozenModel):
    """A search for a mask by scores: Gem-Miner, edge-popup and relatives.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002) and the
    code released with it.
    """

    folders = ("final", "masks", "scores", "flags")
    has_events = True

    def __init__(self, model, method: score_method.ScoreMethod):
        """Makes the scores; see `scored`.

        Args:
            model: ModelBase.
            method: Its `compiled_key` counts; for the rest, see `reset`.
        """
        self._method = method
        self._source = scored_masks.ScoredMasks(method)
        self._per_epoch = 1
        self._rounding_loss = None
        self._is_warned = False
        name = "_".join(str(part) for part in ("scores", *method.compiled_key))
        super().__init__(
            model, masked_network.MaskedNetwork(model, self._source, name)
        )

    def reset(
        self,
        weights: Network,
        scores: Network,
        method: score_method.ScoreMethod,
        per_epoch: int,
        mask_seed: int,
        seed: int = 0,
        *,
        rounding_loss=None,
    ) -> "ScoredModel":
        """Gives it frozen weights and scores to start from.

        Args:
            weights: Dict, name -> array, all that the network computes with.
            scores: Dict, layer name -> array, one for each layer with a mask;
                they are projected to [0, 1] where training projects them.
            method: How they are trained; of the `compiled_key` that this was
                made with.
            per_epoch: Iterations of an epoch.
            mask_seed: Seed of all that roundings draw.
            seed: As for `ModelBase.reset`, of layers that are random in
                training.
            rounding_loss: Function (masks) -> float, for the rounding
                "pseudo_boolean" alone.

        Returns:
            This model.

        Raises:
            ValueError: As `ModelBase.reset`; or if the method needs its own
                compilation, or per_epoch is not positive.
        """
        if method.compiled_key != self._method.compiled_key:
            raise ValueError(
                "This search is compiled for other settings: "
                f"{self._method.compiled_key}. Received: {method.compiled_key}."
                " Let scored_model.scored make one"
            )
        if per_epoch < 1:
            raise ValueError(
                f"per_epoch must be at least 1. Received: {per_epoch}"
            )
        self._method, self._per_epoch = method, per_epoch
        self._rounding_loss, self._is_warned = rounding_loss, False
        self._source.reset(method, per_epoch)
        self._start(weights, self._projected(scores), mask_seed, seed)
        return self

    @property
    def flags(self) -> Network:
        """Masks of what no pruning event has taken: uint8, layer by layer."""
        return self._source.flags

    @property
    def kept(self) -> Network:
        """The mask as it stands; see `score_outcome.kept`."""
        return score_outcome.kept(
            self._method, self.scores, self.flags, self._source.removed
        )

    @property
    def identity(self) -> dict:
        """What it is and where it stands, as JSON values."""
        return {
            **self._model.identity,
            "scored": {
                **self._method.settings(),
                "per_epoch": self._per_epoch,
                "mask_seed": self._mask_seed,
                "scores": save_restore.checksum(self.scores),
            },
        }

    def samples(self, count: int) -> list[Network]:
        """Returns the masks that the search is judged by.

        Args:
            count: How many, where roundings draw; else there is one.
        """
        return score_outcome.samples(
            self._method,
            self.scores,
            self.flags,
            self._source.removed,
            self._mask_seed,
            count,
            self._rounding_loss,
        )

    def effective(self, masks: Network) -> Network:
        """Returns what the network computes with under masks, name -> array.

        Args:
            masks: Dict, layer name -> array of 0s and 1s.
        """
        return learned_masks.effective(self.weights, masks, "none")

    def event(self, iteration: int) -> dict:
        """Does what is due after an iteration; returns it as JSON values.

        Scores are projected. At the end of an epoch that the method's plan
        names, flags are pruned, or a share at the top gets smaller.

        Differs: where rounded scores keep nothing, the published code prunes
        once more, below the density, and ends the search. Here a search whose
        final mask will be another goes on, with one warning, as planned.

        Args:
            iteration: Number of iterations done.

        Returns:
            Dict: "iteration"; "epoch", the one that has ended, counted from 0;
            "density", layer name -> weights kept after naive rounding and
            flags; "flags", layer name -> weights that no event has taken;
            "regularization", the weighted sum; "pruned", how many weights this
            event took.

        Raises:
            ValueError: If nothing is kept, and so would be the final mask.
        """
        epoch, left = divmod(iteration - 1, self._per_epoch)
        for name, each in self._projected(self.scores).items():
            self.network.scores[name].assign(each)
        pruned = 0
        if left == self._per_epoch - 1 and epoch in self._method.plan.epochs:
            pruned = self._source.prune(epoch)
        scores, kept = self.scores, self.kept
        self._check_kept(scores, kept, f"The mask after epoch {epoch}")
        return {
            "iteration": iteration,
            "epoch": epoch,
            "density": _counts(kept),
            "flags": _counts(self.flags),
            "regularization": self._source.regularization(scores, self.weights),
            "pruned": pruned,
        }

    def outcome(self) -> dict[str, Network]:
        """Returns what a run leaves behind, name of a folder -> network.

        "masks" is the final mask: the flags, where the method says so; else the
        first of `samples`. "final" is what the network computes with under it.

        Raises:
            RuntimeError: If a weight moved that was frozen.
            ValueError: If the final mask keeps nothing.
        """
        self._check_frozen()
        flags = self.flags
        masks = flags if self._method.is_unflagged else self.samples(1)[0]
        score_outcome.check(self._method, masks, "The final mask")
        effective = self.effective_masks(masks)
        collapse.check(masks, effective, "warn", "the final mask")
        return {
            "final": self.effective(masks),
            "masks": masks,
            "scores": self.scores,
            "flags": flags,
        }

    def restore(self, networks: dict[str, Network]) -> None:
        """Puts it where a finished run has left it; what it drew from stays.

        Args:
            networks: As `outcome` gives, and "initial", the frozen weights.
        """
        self._put_back(networks, networks["scores"])
        self._source.restore(networks["flags"])

    def _projected(self, scores):
        if not self._method.projected_every:
            return scores
        return {name: np.clip(each, 0, 1) for name, each in scores.items()}

    def _check_kept(self, scores, kept, where):
        if self._method.is_rounded_naively:
            score_outcome.check(self._method, kept, where)
        text = score_outcome.warning(self._method, scores, kept, where)
        if text is not None and not self._is_warned:
            self._is_warned = True
            _log.warning("%s", text)


def _counts(masks):
    return {name: kept for name, (kept, _) in masks_lib.counts(masks).items()}
