"""Masks that are made of scores: by a threshold, or a share at the top."""

import logging
import typing
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.learned_masks import (
    mask_source,
    regularizers,
    score_cuts,
    score_method,
    score_rounding,
    searched_model,
)
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.selection import collapse
from lottery_ticket.foundations.values import fields, seeds
from lottery_ticket.foundations.values import masks as masks_lib

Network = dict[str, np.ndarray]
_log = logging.getLogger(__name__)


def search(
    model: typing.Any,
    method: score_method.ScoreMethod,
    per_epoch: int,
    mask_seed: int,
    *,
    rounding_loss: Callable[[Network], float] | None = None,
) -> searched_model.SearchedModel:
    """Returns the search for a mask by scores, in need of a `reset`.

    What was compiled for a `compiled_key` serves other densities, weights of
    the regulariser and plans, too.

    Args:
        model: ModelBase.
        method: How its scores are trained.
        per_epoch: Iterations of an epoch.
        mask_seed: Seed of all that roundings draw.
        rounding_loss: Function (masks) -> float, for the rounding
            "pseudo_boolean" alone.

    Raises:
        ValueError: If per_epoch is not positive.
    """
    found = searched_model.searched(
        model,
        ("scores", *method.compiled_key),
        lambda shapes: ScoredMasks(shapes, method),
    )
    found.source.reset(method, per_epoch, mask_seed, rounding_loss)
    return found


class ScoredMasks(mask_source.MaskSource):
    """Masks of scores: Gem-Miner, edge-popup and relatives.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002) and the
    code released with it. Of masks that flip signs, the code released with
    Koster et al. 2022 (https://arxiv.org/abs/2201.13361).

    Attributes:
        cut: score_cuts.Cut: which scores the mask keeps.
    """

    folders = ("scores", "flags")
    has_events = True

    def __init__(
        self, shapes: dict[str, tuple], method: score_method.ScoreMethod
    ):
        """Makes the variables for kernels of these shapes; see `reset`."""
        super().__init__(shapes)
        self._method = method
        self._mask_seed = 0
        self._rounding_loss = None
        self._is_warned = False
        self.cut = score_cuts.cut(method, shapes)
        self._weight = mask_source.variable(
            0, "float32", "regularization_weight"
        )
        self._per_epoch = mask_source.variable(1, "int64", "per_epoch")
        every = method.projected_every
        if every:
            constraint = _Projection(every, self.iterations, self._per_epoch)
            for each in self.trained.values():
                each.constraint = constraint

    def reset(
        self,
        method: score_method.ScoreMethod,
        per_epoch: int,
        mask_seed: int,
        rounding_loss: Callable[[Network], float] | None = None,
    ) -> None:
        """Prepares another search, of a method with the same `compiled_key`.

        Everything is active, and nothing compiled anew; see `search`.
        """
        fields.check("per_epoch", per_epoch, int, at_least=1)
        self._method, self._mask_seed = method, mask_seed
        self._rounding_loss, self._is_warned = rounding_loss, False
        self._weight.assign(method.regularization_weight)
        self._per_epoch.assign(per_epoch)
        self.cut.place(method, masks_lib.ones(self.values), -1)

    @property
    def variables(self) -> list[keras.Variable]:
        """Those of the cut, and two settings."""
        return [*self.cut.variables, self._weight, self._per_epoch]

    @property
    def identity(self) -> dict:
        """Its settings and the checksum of its scores, as "scored"."""
        return {
            "scored": {
                **self._method.settings(),
                "per_epoch": int(self._per_epoch.numpy()),
                "mask_seed": self._mask_seed,
                "scores": save_restore.checksum(self.values),
            }
        }

    @property
    def active(self) -> Network:
        """Layer name -> uint8 array: 1 is what no pruning event has taken."""
        return self.cut.active

    @property
    def kept(self) -> Network:
        """The mask as it stands: as `samples`, the rounding being naive."""
        return self.cut.kept(self._method, self.values)

    @property
    def signs(self) -> Network:
        """Those of the scores, where masks have them."""
        if not self._method.masker_entry.flips_signs:
            return {}
        return {
            name: np.where(each < 0, np.float32(-1), np.float32(1))
            for name, each in self.values.items()
        }

    def start(self, values: Network) -> None:
        """Assigns scores, projected to [0, 1] where training projects them."""
        values = self._projected(values)
        self.assign(values)
        self.cut.start(self._method, values)

    def restore(self, networks: dict[str, Network]) -> None:
        self.assign(networks["scores"])
        last = max(self._method.plan.epochs, default=-1)
        self.cut.place(self._method, networks["flags"], last)

    def masked(self, trained: list, weights: list, training: bool) -> list:
        return self.cut.masked(self._method, trained, weights, training)

    def losses(self, trained: list, weights: list) -> list:
        """Returns the weighted sum of the regulariser, where there is one."""
        if self._method.regularization == "none":
            return []
        return [self._weight.value * self._total(trained, weights)]

    def event(self, iteration: int, weights: Network) -> dict:
        """Does what is due after an iteration; returns it as JSON values.

        Scores are projected. At the end of an epoch that the method's plan
        names, weights are pruned, or a share at the top gets smaller.

        Differs: where rounded scores keep nothing, the published code prunes
        once more, below the density, and ends the search. Here a search whose
        final mask will be another goes on, with one warning, as planned.

        Returns:
            Dict: "iteration"; "epoch", the one that has ended, counted from 0;
            "density", layer name -> weights kept after naive rounding and
            events; "flags", layer name -> weights that no event has taken;
            "regularization", the weighted sum; "pruned", how many weights this
            event took.

        Raises:
            ValueError: If nothing is kept, and so would be the final mask.
        """
        per_epoch = int(self._per_epoch.numpy())
        epoch, left = divmod(iteration - 1, per_epoch)
        self.assign(self._projected(self.values))
        pruned = 0
        if left == per_epoch - 1 and epoch in self._method.plan.epochs:
            pruned = self.prune(epoch)
        kept = self.kept
        self._check_kept(kept, f"The mask after epoch {epoch}")
        return {
            "iteration": iteration,
            "epoch": epoch,
            "density": _counts(kept),
            "flags": _counts(self.active),
            "regularization": self.regularization(weights),
            "pruned": pruned,
        }

    def prune(self, epoch: int) -> int:
        """Does a pruning event; returns how many more weights are left out.

        It follows the epoch of this number, counted from 0.
        """
        before = self.cut.left_out
        self.cut.prune(self._method, self.values, epoch)
        return self.cut.left_out - before

    def regularization(self, weights: Network) -> float:
        """Returns what scores add to the loss, counted in float64.

        Args:
            weights: Dict, name -> array; those with scores are looked at.
        """
        pairs = [(each, weights[name]) for name, each in self.values.items()]
        scores = [tf.constant(each, tf.float64) for each, _ in pairs]
        total = self._total(scores, [weight for _, weight in pairs])
        return self._method.regularization_weight * float(total)  # Sync point.

    def samples(self, count: int) -> list[Network]:
        """Returns the one mask that a search ends with, or several.

        By events, rounded scores of what is active; else the mask
        of the forward pass, as `score_rounding.top`.
        """
        if not self._method.by_events:
            return [self.kept]
        rounding, scores, active = (
            self._method.rounding,
            self.values,
            self.active,
        )
        draws = score_rounding.draws(rounding.name, rounding.noise_ratio)
        return [
            score_rounding.round_scores(
                rounding,
                scores,
                seeds.derive(self._mask_seed, "rounding", index),
                self._rounding_loss,
                active,
            )
            for index in range(count if draws else 1)
        ]

    def final_masks(self, effective_masks: Callable) -> Network:
        """Returns what is active, if the method says so; else the first sample.

        Raises:
            ValueError: If they keep nothing.
        """
        is_unflagged = self._method.is_unflagged
        masks = self.active if is_unflagged else self.samples(1)[0]
        self._check(masks, "The final mask")
        self.cut.warn_of_ties(self._method, self.values, masks)
        collapse.check(masks, effective_masks(masks), "warn", "the final mask")
        return masks

    def outcome(self) -> dict[str, Network]:
        return {"scores": self.values, "flags": self.active}

    def _projected(self, scores):
        if not self._method.projected_every:
            return scores
        return {name: np.clip(each, 0, 1) for name, each in scores.items()}

    def _total(self, scores, weights):
        weights = [
            tf.cast(own, score.dtype)
            for score, own in zip(scores, weights, strict=True)
        ]
        regularizer = regularizers.REGULARIZERS[self._method.regularization]
        exponents = self._method.alpha, self._method.alpha_prime
        return regularizer.function(scores, weights, *exponents)

    def _check(self, masks, where):
        """Raises if masks keep nothing, with what to do."""
        emptiness = self._emptiness(masks, where)
        if emptiness:
            raise ValueError(f"{emptiness}. {_advice(self._method)}")

    def _check_kept(self, kept, where):
        """Raises, or warns once of a forward pass without weights.

        Little or no gradient comes through it: little moves but by a
        regulariser.
        """
        if self._method.is_rounded_naively:
            self._check(kept, where)
        kept = self.cut.forward(self._method, self.values)
        emptiness = self._emptiness(kept, where)
        if emptiness and not self._is_warned:
            self._is_warned = True
            _log.warning("%s; %s", emptiness, self.cut.why_empty)

    def _emptiness(self, masks, where):
        """Words for masks that keep nothing, and what made them so; or None."""
        if any(mask.any() for mask in masks.values()):
            return None
        method, cause = self._method, "no regularization"
        if method.regularization != "none":
            cause = (
                f"the regularization {method.regularization!r} with weight "
                f"{method.regularization_weight:g}"
            )
        total = sum(mask.size for mask in masks.values())
        return f"{where} keeps none of {total:,} weights, under {cause}"


class _Projection(keras.constraints.Constraint):
    """Clips scores to [0, 1] after an update, or after one of several.

    That is, before iteration i of an epoch, counted from 0, if i is a multiple
    of `every`, and after the epoch's last. Slots of the optimizer stay as they
    are. The counters are variables; iterations has that of the update, too.
    """

    def __init__(self, every, iterations, per_epoch):
        self._every = every
        self._iterations = iterations
        self._per_epoch = per_epoch

    def __call__(self, scores):
        scores = tf.convert_to_tensor(scores)
        clipped = tf.clip_by_value(scores, 0, 1)
        if self._every == 1:
            return clipped
        done = tf.convert_to_tensor(self._iterations.value)
        per_epoch = tf.convert_to_tensor(self._per_epoch.value)
        within = tf.math.floormod(done, per_epoch)
        is_due = tf.math.floormod(within, self._every) == 0
        return tf.where(is_due, clipped, scores)


def _advice(method):
    if method.masker_entry.flips_signs:
        return "Use a smaller weight_decay, lr or threshold_share"
    if method.regularization == "none" or not method.regularization_weight:
        return (
            "Expected scores above the threshold, and pruning that leaves some."
            " Use another learning rate or other scores to start from, or prune"
            " less"
        )
    advice = "Use a smaller regularization_weight"
    if method.by_events and not method.unflag:
        advice += ", or unflag, which keeps what no event has pruned"
    if method.plan.epochs or not method.by_events:
        advice += ", or prune less"
    return advice


def _counts(masks):
    return {name: kept for name, (kept, _) in masks_lib.counts(masks).items()}
