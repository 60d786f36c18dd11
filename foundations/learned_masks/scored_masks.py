"""Masks that are made of scores: by a threshold, or a share at the top."""

import logging
import math

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.learned_masks import (
    mask_source,
    pruning_events,
    regularizers,
    score_method,
    score_rounding,
    searched_model,
)
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.selection import collapse, quotas
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.foundations.values import seeds

Network = dict[str, np.ndarray]
_log = logging.getLogger(__name__)


def search(
    model,
    method: score_method.ScoreMethod,
    per_epoch: int,
    mask_seed: int,
    *,
    rounding_loss=None,
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

    Flags, what no pruning event has taken, are multiplied by outside of what
    the gradient passes straight through: a flagged-off score gets none, but for
    that of the regulariser.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002) and the
    code released with it.
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
        self._flags, self._removed = {}, None
        if method.has_flags:
            self._flags = {
                name: mask_source.variable(
                    np.ones(shape), "bool", f"{name}_flags"
                )
                for name, shape in shapes.items()
            }
        else:
            groups = len(shapes) if method.masker_entry.by_layer else 1
            self._removed = mask_source.variable(
                np.zeros(groups), "int64", "removed"
            )
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
        rounding_loss=None,
    ) -> None:
        """Prepares another search, of a method with the same `compiled_key`.

        Nothing is flagged off, and nothing compiled anew; see `search`.
        """
        if per_epoch < 1:
            raise ValueError(
                f"per_epoch must be at least 1. Received: {per_epoch}"
            )
        self._method, self._mask_seed = method, mask_seed
        self._rounding_loss, self._is_warned = rounding_loss, False
        self._weight.assign(method.regularization_weight)
        self._per_epoch.assign(per_epoch)
        self._place(masks_lib.ones(self.flags), -1)

    @property
    def variables(self) -> list[keras.Variable]:
        """Flags or the number that is left out, and two settings."""
        removed = [] if self._removed is None else [self._removed]
        own = [self._weight, self._per_epoch]
        return [*self._flags.values(), *removed, *own]

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
    def flags(self) -> Network:
        """Layer name -> uint8 array: 1 is what no pruning event has taken."""
        if self._removed is not None:
            return masks_lib.ones(self.values)
        return {
            name: each.numpy().astype(np.uint8)
            for name, each in self._flags.items()
        }

    @property
    def removed(self) -> list[int] | None:
        """How many scores are left out; None with flags."""
        return None if self._removed is None else self._removed.numpy().tolist()

    @property
    def kept(self) -> Network:
        """The mask as it stands: as `samples`, the rounding being naive."""
        if self._removed is not None:
            entry = self._method.masker_entry
            return score_rounding.top(entry, self.values, self.removed)
        threshold, flags = self._method.rounding.threshold, self.flags
        return {
            name: flags[name] * (each > threshold)
            for name, each in self.values.items()
        }

    def start(self, values: Network) -> None:
        """Assigns scores, projected to [0, 1] where training projects them."""
        self.assign(self._projected(values))

    def restore(self, networks: dict[str, Network]) -> None:
        """Puts scores and flags where a finished search has left them."""
        self.assign(networks["scores"])
        last = max(self._method.plan.epochs, default=-1)
        self._place(networks["flags"], last)

    def masked(self, trained, weights, training) -> list:
        """Returns the kernels, where nothing is flagged off, times masks."""
        cut = self._method.threshold
        if self._removed is not None:
            cut = tf.convert_to_tensor(self._removed.value)
        masks = self._method.masker_entry.function(trained, cut, training)
        if self._flags:
            flags = self._flags.values()
            weights = [
                tf.where(flag.value, own, tf.zeros_like(own))
                for flag, own in zip(flags, weights, strict=True)
            ]
        return [
            own * tf.cast(mask, own.dtype)
            for mask, own in zip(masks, weights, strict=True)
        ]

    def losses(self, trained, weights) -> list:
        """Returns the weighted sum of the regulariser, where there is one."""
        if self._method.regularization == "none":
            return []
        return [self._weight.value * self._total(trained, weights)]

    def event(self, iteration: int, weights: Network) -> dict:
        """Does what is due after an iteration; returns it as JSON values.

        Scores are projected. At the end of an epoch that the method's plan
        names, flags are pruned, or a share at the top gets smaller.

        Differs: where rounded scores keep nothing, the published code prunes
        once more, below the density, and ends the search. Here a search whose
        final mask will be another goes on, with one warning, as planned.

        Args:
            iteration: Number of iterations done.
            weights: Dict, name -> array: the frozen weights.

        Returns:
            Dict: "iteration"; "epoch", the one that has ended, counted from 0;
            "density", layer name -> weights kept after naive rounding and
            flags; "flags", layer name -> weights that no event has taken;
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
            "flags": _counts(self.flags),
            "regularization": self.regularization(weights),
            "pruned": pruned,
        }

    def prune(self, epoch: int) -> int:
        """Does a pruning event; returns how many more weights are left out.

        Args:
            epoch: Number of the epoch that has ended, counted from 0.
        """
        before, flags = self._left_out(), self.flags
        if self._flags:
            plan = self._method.plan
            flags = pruning_events.prune(flags, self.values, plan)
        self._place(flags, epoch)
        return self._left_out() - before

    def regularization(self, weights: Network) -> float:
        """Returns what scores add to the loss, counted in float64.

        Args:
            weights: Dict, name -> array; those with scores are looked at.
        """
        pairs = [(each, weights[name]) for name, each in self.values.items()]
        scores, weights = zip(*pairs, strict=True)
        scores = [tf.constant(each, tf.float64) for each in scores]
        # Sync point.
        return self._method.regularization_weight * float(
            self._total(scores, weights)
        )

    def samples(self, count: int) -> list[Network]:
        """Returns the masks that a search is judged by.

        With flags, rounded scores where nothing is flagged off; else the mask
        of the forward pass, as `score_rounding.top`.

        Args:
            count: How many, where roundings draw; else there is one.
        """
        if self._removed is not None:
            return [self.kept]
        rounding, scores, flags = self._method.rounding, self.values, self.flags
        draws = score_rounding.draws(rounding.name, rounding.noise_ratio)
        return [
            score_rounding.round_scores(
                rounding,
                scores,
                seeds.derive(self._mask_seed, "rounding", index),
                self._rounding_loss,
                flags,
            )
            for index in range(count if draws else 1)
        ]

    def final_masks(self, effective_masks) -> Network:
        """Returns the flags, where the method says so; else the first sample.

        Args:
            effective_masks: Function as `Trainee.effective_masks`.

        Raises:
            ValueError: If they keep nothing.
        """
        is_unflagged = self._method.is_unflagged
        masks = self.flags if is_unflagged else self.samples(1)[0]
        self._check(masks, "The final mask")
        collapse.check(masks, effective_masks(masks), "warn", "the final mask")
        return masks

    def outcome(self) -> dict[str, Network]:
        """Returns the scores and the flags."""
        return {"scores": self.values, "flags": self.flags}

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

    def _place(self, flags, epoch):
        """Puts it where the events up to that of an epoch have left it."""
        for name, variable in self._flags.items():
            variable.assign(np.asarray(flags[name], bool))
        if self._removed is not None:
            self._removed.assign(self._counts_at(epoch))

    def _counts_at(self, epoch):
        """How many of the lowest scores are left out: of layers, or of all.

        Source: Sreenivasan et al. 2022's code: int((1 - k) * n) of a layer for
        "ep", else ceil((1 - d) * D) of all; without what floating point adds.
        """
        method = self._method
        sizes = [math.prod(each.shape) for each in self.trained.values()]
        if method.masker_entry.by_layer:
            kept = [quotas.rounded_up(method.density, size) for size in sizes]
            return [size - own for size, own in zip(sizes, kept, strict=True)]
        if method.plan.epochs:  # Sparser by and by.
            fraction = pruning_events.removed_fraction(method.plan, epoch)
        else:
            fraction = 1 - method.density
        return [quotas.rounded_up(fraction, sum(sizes))]

    def _left_out(self):
        if self._removed is not None:
            return sum(self.removed)
        return sum(mask.size - int(mask.sum()) for mask in self.flags.values())

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
        cause = "the final mask will be another one"
        if self._removed is not None:
            scores = {n: tf.constant(each) for n, each in self.values.items()}
            forward = self._method.masker_entry.function(
                list(scores.values()), tf.constant(self.removed), False
            )
            # Sync point.
            kept = {n: m.numpy() for n, m in zip(scores, forward, strict=True)}
            cause = (
                "scores tie in bulk with the last that is left out, and go, too"
            )
        emptiness = self._emptiness(kept, where)
        if emptiness and not self._is_warned:
            self._is_warned = True
            _log.warning("%s; %s", emptiness, cause)

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
    if method.regularization == "none" or not method.regularization_weight:
        return (
            "Expected scores above the threshold, and pruning that leaves some."
            " Use another learning rate or other scores to start from, or prune"
            " less"
        )
    advice = "Use a smaller regularization_weight"
    if method.has_flags and not method.unflag:
        advice += ", or unflag, which keeps what no event has pruned"
    if method.plan.epochs or not method.has_flags:
        advice += ", or prune less"
    return advice


def _counts(masks):
    return {name: kept for name, (kept, _) in masks_lib.counts(masks).items()}
