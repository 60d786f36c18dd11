"""What tells kept scores from others: events, a share, or thresholds."""

import abc
import math

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.learned_masks import (
    mask_source,
    pruning_events,
    score_method,
    score_rounding,
)
from lottery_ticket.foundations.selection import doubts, quotas
from lottery_ticket.foundations.values import masks as masks_lib

Network = dict[str, np.ndarray]
Method = score_method.ScoreMethod


class Cut(abc.ABC):
    """Variables that a mask is made with, beside the scores.

    Methods take a ScoreMethod with the `compiled_key` of the one that it was
    made for, scores as dict, layer name -> array, and the epoch that has ended,
    counted from 0.

    Attributes:
        variables: All its variables, in a stable order, for checkpoints.
        why_empty: What it means if the forward pass keeps nothing.
    """

    variables: list[keras.Variable]
    why_empty: str

    @property
    @abc.abstractmethod
    def active(self) -> Network:
        """Layer name -> uint8 array: 1 is what no pruning event has taken."""

    @property
    @abc.abstractmethod
    def left_out(self) -> int:
        """How many scores are left out of masks, or taken by events."""

    @abc.abstractmethod
    def start(self, method: Method, scores: Network) -> None:
        """Takes what it needs of the scores that a search starts from."""

    @abc.abstractmethod
    def place(self, method: Method, active: Network, epoch: int) -> None:
        """Puts it where the events up to that of an epoch have left it."""

    @abc.abstractmethod
    def prune(self, method: Method, scores: Network, epoch: int) -> None:
        """Does the pruning event that follows an epoch."""

    @abc.abstractmethod
    def kept(self, method: Method, scores: Network) -> Network:
        """Returns the mask as it stands, the rounding being naive."""

    @abc.abstractmethod
    def warn_of_ties(
        self, method: Method, scores: Network, masks: Network
    ) -> None:
        """Warns if ties decided most of what the final masks leave out."""

    @abc.abstractmethod
    def forward(self, method: Method, scores: Network) -> Network:
        """Returns the mask that an evaluation computes with, of 0s and 1s."""

    @abc.abstractmethod
    def masked(
        self, method: Method, trained: list, weights: list, training: bool
    ) -> list:
        """Returns masked kernels, as `mask_source.MaskSource.masked`."""


class EventCut(Cut):
    """What no pruning event has taken, and scores above a threshold.

    Activity is multiplied by outside of what the gradient passes straight
    through: a score that was taken gets none, but for the regulariser's.
    """

    why_empty = "the final mask will be another one"

    def __init__(self, shapes: dict[str, tuple]):
        """Makes the variables for kernels of these shapes."""
        self._active = {
            name: mask_source.variable(np.ones(shape), "bool", f"{name}_active")
            for name, shape in shapes.items()
        }
        self.variables = list(self._active.values())
        self._ties = _ties(shapes)

    def start(self, method: Method, scores: Network) -> None:
        """Takes nothing."""

    @property
    def active(self) -> Network:
        return {
            name: each.numpy().astype(np.uint8)
            for name, each in self._active.items()
        }

    @property
    def left_out(self) -> int:
        return sum(mask.size - int(mask.sum()) for mask in self.active.values())

    def place(self, method: Method, active: Network, epoch: int) -> None:
        if epoch < 0:
            self._ties = _ties({n: a.shape for n, a in active.items()})
        for name, variable in self._active.items():
            variable.assign(np.asarray(active[name], bool))

    def prune(self, method: Method, scores: Network, epoch: int) -> None:
        active = pruning_events.prune(
            self.active, scores, method.plan, self._ties
        )
        self.place(method, active, epoch)

    def kept(self, method: Method, scores: Network) -> Network:
        threshold, active = method.rounding.threshold, self.active
        return {n: active[n] * (each > threshold) for n, each in scores.items()}

    def warn_of_ties(
        self, method: Method, scores: Network, masks: Network
    ) -> None:
        self._ties.say(masks)

    def forward(self, method: Method, scores: Network) -> Network:
        return self.kept(method, scores)

    def masked(
        self, method: Method, trained: list, weights: list, training: bool
    ) -> list:
        function = method.masker_entry.function
        masks = function(trained, method.threshold, training)
        weights = [
            tf.where(active.value, own, tf.zeros_like(own))
            for active, own in zip(self.variables, weights, strict=True)
        ]
        return mask_source.products(masks, weights)


class ShareCut(Cut):
    """The share at the top of each layer, or of all: how many it leaves out."""

    why_empty = "scores tie in bulk with the last that is left out, and go, too"

    def __init__(self, shapes: dict[str, tuple], by_layer: bool):
        """Makes the variable: one number for each layer, or one for all."""
        self._shapes = shapes
        count = len(shapes) if by_layer else 1
        self._removed = mask_source.variable(
            np.zeros(count), "int64", "removed"
        )
        self.variables = [self._removed]

    def start(self, method: Method, scores: Network) -> None:
        """Takes nothing."""

    @property
    def removed(self) -> list[int]:
        """How many of the lowest scores are left out."""
        return self._removed.numpy().tolist()

    @property
    def active(self) -> Network:
        return _whole(self._shapes)

    @property
    def left_out(self) -> int:
        return sum(self.removed)

    def place(self, method: Method, active: Network, epoch: int) -> None:
        """Gives it its number of an epoch.

        Source: Sreenivasan et al. 2022's code: int((1 - k) * n) of a layer for
        "ep", else ceil((1 - d) * D) of all; without what floating point adds.
        """
        sizes = [math.prod(shape) for shape in self._shapes.values()]
        density = method.density or 0.0  # None where a plan decides.
        if method.masker_entry.by_layer:
            kept = [quotas.rounded_up(density, size) for size in sizes]
            counts = [size - own for size, own in zip(sizes, kept, strict=True)]
        else:
            fraction = 1 - density
            if method.plan.epochs:  # Sparser by and by.
                fraction = pruning_events.removed_fraction(method.plan, epoch)
            counts = [quotas.rounded_up(fraction, sum(sizes))]
        self._removed.assign(counts)

    def prune(self, method: Method, scores: Network, epoch: int) -> None:
        self.place(method, self.active, epoch)

    def kept(self, method: Method, scores: Network) -> Network:
        return score_rounding.top(method.masker_entry, scores, self.removed)

    def warn_of_ties(
        self, method: Method, scores: Network, masks: Network
    ) -> None:
        ties = _ties(self._shapes)
        score_rounding.top(method.masker_entry, scores, self.removed, ties)
        ties.say(masks)

    def forward(self, method: Method, scores: Network) -> Network:
        given = [tf.constant(each) for each in scores.values()]
        function = method.masker_entry.function
        masks = function(given, tf.constant(self.removed), False)
        # Sync point.
        return {n: m.numpy() for n, m in zip(scores, masks, strict=True)}

    def masked(
        self, method: Method, trained: list, weights: list, training: bool
    ) -> list:
        removed = tf.convert_to_tensor(self._removed.value)
        masks = method.masker_entry.function(trained, removed, training)
        return mask_source.products(masks, weights)


class SignCut(Cut):
    """What is farther from 0 than a part of where its layer began.

    A layer's threshold is that part, the method's `threshold_share`, of the
    largest magnitude of the scores that the search started from. It stays.

    Source: the code released with Koster et al. 2022
    (https://arxiv.org/abs/2201.13361).
    """

    why_empty = "no score of a layer is above its threshold"

    def __init__(self, shapes: dict[str, tuple]):
        """Makes the variables: a threshold for each layer."""
        self._shapes = shapes
        self._thresholds = {
            name: mask_source.variable(0, "float32", f"{name}_threshold")
            for name in shapes
        }
        self.variables = list(self._thresholds.values())

    @property
    def thresholds(self) -> Network:
        """Layer name -> float32 scalar."""
        return {name: each.numpy() for name, each in self._thresholds.items()}

    @property
    def active(self) -> Network:
        return _whole(self._shapes)

    @property
    def left_out(self) -> int:
        return 0

    def start(self, method: Method, scores: Network) -> None:
        """Gives it the thresholds of a search."""
        for name, variable in self._thresholds.items():
            largest = np.abs(scores[name]).max(initial=0)
            variable.assign(np.float32(method.threshold_share) * largest)

    def place(self, method: Method, active: Network, epoch: int) -> None:
        """Does nothing: there are no events."""

    def prune(self, method: Method, scores: Network, epoch: int) -> None:
        """Does nothing, likewise."""

    def kept(self, method: Method, scores: Network) -> Network:
        return {
            name: (np.abs(scores[name]) > own).astype(np.uint8)
            for name, own in self.thresholds.items()
        }

    def warn_of_ties(
        self, method: Method, scores: Network, masks: Network
    ) -> None:
        """Says nothing: what ties with a threshold goes."""

    def forward(self, method: Method, scores: Network) -> Network:
        return self.kept(method, scores)

    def masked(
        self, method: Method, trained: list, weights: list, training: bool
    ) -> list:
        thresholds = [tf.convert_to_tensor(own.value) for own in self.variables]
        masks = method.masker_entry.function(trained, thresholds, training)
        return mask_source.products(masks, weights)


def cut(method: Method, shapes: dict[str, tuple]) -> Cut:
    """Returns the cut of a method's masker, for kernels of these shapes."""
    masker = method.masker_entry
    if masker.by_events:
        return EventCut(shapes)
    if masker.flips_signs:
        return SignCut(shapes)
    return ShareCut(shapes, masker.by_layer)


def _whole(shapes):
    return masks_lib.ones({name: np.empty(s) for name, s in shapes.items()})


def _ties(shapes):
    """What counts scores that go though they tie with others that stay."""
    return doubts.Chance("learned", _whole(shapes), doubts.PLACE)
