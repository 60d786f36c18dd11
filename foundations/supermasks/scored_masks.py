"""Masks that are made of scores: by a threshold, or a share at the top."""

import math

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.supermasks import (
    masked_network,
    projection,
    pruning_events,
    regularizers,
    score_method,
    search_variables,
    top_scores,
)


class ScoredMasks(masked_network.MaskSource):
    """What a MaskedNetwork multiplies its kernels by, made of scores.

    Flags, what no pruning event has taken, are multiplied by outside of what
    the gradient passes straight through: a flagged-off score gets none, but for
    that of the regulariser. All that differs between searches of one kind is in
    variables, so that they compile once.
    """

    def __init__(self, method: score_method.ScoreMethod):
        """Prepares; `build` makes the variables.

        Args:
            method: Its `compiled_key` counts; for the rest, see `reset`.
        """
        self._method = method
        self._masker = method.masker_entry.function
        self._regularizer = regularizers.REGULARIZERS[
            method.regularization
        ].function
        self._scores = {}
        self._flags = {}
        self._removed = None
        self._weight = None
        self._per_epoch = None

    def build(self, scores, iterations) -> None:
        """Makes the variables, in the scope of a MaskedNetwork.

        Args:
            scores: Dict, layer name -> keras.Variable, to be projected.
            iterations: keras.Variable, the number of iterations done.
        """
        self._scores = scores
        if self._method.has_flags:
            self._flags = {
                name: search_variables.booleans(
                    np.ones(each.shape), f"{name}_flags"
                )
                for name, each in scores.items()
            }
        else:
            groups = len(scores) if self._method.masker_entry.by_layer else 1
            self._removed = search_variables.integers(
                np.zeros(groups), "removed"
            )
        self._weight = search_variables.floats(0, "regularization_weight")
        self._per_epoch = search_variables.integers(1, "per_epoch")
        every = self._method.projected_every
        if every:
            constraint = projection.Projection(
                every, iterations, self._per_epoch
            )
            for each in scores.values():
                each.constraint = constraint

    @property
    def variables(self) -> list[keras.Variable]:
        """Its own, but for the scores."""
        removed = [] if self._removed is None else [self._removed]
        own = [self._weight, self._per_epoch]
        return [*self._flags.values(), *removed, *own]

    def reset(self, method: score_method.ScoreMethod, per_epoch: int) -> None:
        """Starts another search; nothing is flagged off, and none compiled.

        Args:
            method: One of the same `compiled_key`.
            per_epoch: Iterations of an epoch.
        """
        self._method = method
        self._weight.assign(method.regularization_weight)
        self._per_epoch.assign(per_epoch)
        self._set_flags({n: np.ones(v.shape) for n, v in self._flags.items()})
        self._set_removed(-1)

    def restore(self, flags: dict[str, np.ndarray]) -> None:
        """Puts it where a finished search has left it.

        Args:
            flags: Dict, layer name -> array of 0s and 1s.
        """
        self._set_flags(flags)
        self._set_removed(max(self._method.plan.epochs, default=-1))

    def prune(self, epoch: int) -> int:
        """Does a pruning event; returns how many more weights are left out.

        Args:
            epoch: Number of the epoch that has ended, counted from 0.
        """
        before = self._left_out()
        if self._flags:
            scores = {name: each.numpy() for name, each in self._scores.items()}
            plan = self._method.plan
            self._set_flags(pruning_events.prune(self.flags, scores, plan))
        self._set_removed(epoch)
        return self._left_out() - before

    @property
    def flags(self) -> dict[str, np.ndarray]:
        """Layer name -> uint8 array: 1 is what no pruning event has taken."""
        if self._flags:
            found = {name: each.numpy() for name, each in self._flags.items()}
        else:
            found = {n: np.ones(v.shape) for n, v in self._scores.items()}
        return {name: each.astype(np.uint8) for name, each in found.items()}

    @property
    def removed(self) -> list[int] | None:
        """How many scores are left out, as of top_scores.removed; or None."""
        return None if self._removed is None else self._removed.numpy().tolist()

    def effective(self, scores, weights, iteration, training):
        """Returns what to compute with in place of the kernels.

        Args:
            scores: List of float32 tensors.
            weights: List of tensors of their shapes: the kernels.
            iteration: Number of iterations done; not looked at.
            training: Whether this is a training iteration.
        """
        del iteration
        removed = None
        if self._removed is not None:
            removed = tf.convert_to_tensor(self._removed.value)
        threshold = self._method.threshold
        masks = self._masker(scores, removed, threshold, training)
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

    def losses(self, scores, weights):
        """Returns what the scores add to the loss.

        Args:
            scores: As for `effective`.
            weights: As for `effective`.
        """
        if self._method.regularization == "none":
            return []
        return [self._weight.value * self._total(scores, weights)]

    def regularization(self, scores, weights) -> float:
        """Returns the same, counted in float64.

        Args:
            scores: Dict, layer name -> array.
            weights: Dict, name -> array; those of `scores` are looked at.
        """
        pairs = [(each, weights[name]) for name, each in scores.items()]
        scores, weights = zip(*pairs, strict=True)
        scores = [tf.constant(each, tf.float64) for each in scores]
        # Sync point.
        return self._method.regularization_weight * float(
            self._total(scores, weights)
        )

    def _total(self, scores, weights):
        weights = [
            tf.cast(own, score.dtype)
            for score, own in zip(scores, weights, strict=True)
        ]
        exponents = self._method.alpha, self._method.alpha_prime
        return self._regularizer(scores, weights, *exponents)

    def _set_flags(self, flags):
        for name, variable in self._flags.items():
            variable.assign(np.asarray(flags[name], bool))

    def _set_removed(self, epoch):
        if self._removed is None:
            return
        sizes = {name: math.prod(v.shape) for name, v in self._scores.items()}
        self._removed.assign(top_scores.removed(self._method, sizes, epoch))

    def _left_out(self):
        if self._removed is not None:
            return sum(self.removed)
        return sum(mask.size - int(mask.sum()) for mask in self.flags.values())
