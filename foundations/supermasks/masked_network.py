"""A network whose weights are frozen and whose masks are trained."""

import abc
import threading

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.supermasks import search_variables


class MaskSource(abc.ABC):
    """What a MaskedNetwork makes masks of its scores by."""

    @abc.abstractmethod
    def build(self, scores, iterations) -> None:
        """Makes variables of its own, in the scope of a MaskedNetwork.

        Args:
            scores: Dict, layer name -> float32 keras.Variable.
            iterations: keras.Variable, the number of iterations done.
        """

    @property
    @abc.abstractmethod
    def variables(self) -> list[keras.Variable]:
        """Its own, but for the scores, in a stable order."""

    @abc.abstractmethod
    def effective(self, scores, weights, iteration, training) -> list:
        """Returns tensors to compute with in place of the kernels.

        Args:
            scores: List of float32 tensors.
            weights: List of tensors of their shapes: the kernels.
            iteration: int64 scalar, the number of iterations done.
            training: Whether this is a training iteration.
        """

    @abc.abstractmethod
    def losses(self, scores, weights) -> list:
        """Returns a list of what the scores add to the loss.

        Args:
            scores: As for `effective`.
            weights: As for `effective`.
        """


class MaskedNetwork:
    """Stands in for a keras.Model in training and evaluation.

    Each kernel is computed with as weights * mask, the mask being made of
    scores, the only variables that are trained. Kernels, biases and all else of
    the network within stay as they are, but for what moves in training by
    itself: statistics of batch normalisations, states of random layers. Nothing
    of it is changed for that, not even `trainable`: it trains as ever when it
    is trained itself.

    A loss that a layer adds counts, too, such as an activity regulariser's;
    those of weights do not: there are no trained weights.

    Attributes:
        scores: Dict, layer name -> float32 keras.Variable of the kernel's
            shape.
        iterations: keras.Variable, the number of training calls.
        masks: MaskSource.
        losses: What layers and scores added to the loss in the last training
            call, of this thread: each of several devices is traced on its own,
            and evaluations are on another meanwhile.
    """

    def __init__(self, model, masks: MaskSource, name: str):
        """Makes the variables; all scores are 0 until `reset`.

        Args:
            model: ModelBase with the network; its kernels with masks get
                learned ones.
            masks: MaskSource, not built yet, such as SampledMasks.
            name: What the scores' paths begin with; no two MaskedNetworks of
                one model may have the same.
        """
        self._inner = model.network
        self._kernels = {name: model.variables[name] for name in model.masks}
        self.masks = masks
        self._traced = threading.local()
        with model.strategy.scope(), keras.name_scope(name):
            self.scores = {
                layer: keras.Variable(
                    np.zeros(kernel.shape), dtype="float32", name=layer
                )
                for layer, kernel in self._kernels.items()
            }
            self.iterations = search_variables.integers(0, "iterations")
            self.masks.build(self.scores, self.iterations)

    @property
    def losses(self) -> list:
        """See above."""
        return getattr(self._traced, "losses", [])

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        """The scores."""
        return list(self.scores.values())

    @property
    def non_trainable_variables(self) -> list[keras.Variable]:
        """All else that the outputs depend on."""
        own = [*self.masks.variables, self.iterations]
        return [*self._inner.variables, *own]

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables, in a stable order."""
        return [*self.trainable_variables, *self.non_trainable_variables]

    def reset(self, scores: dict[str, np.ndarray]) -> None:
        """Gives the scores new values; nothing is compiled anew.

        Args:
            scores: Dict, layer name -> array, one for each layer with a mask.
        """
        for name, variable in self.scores.items():
            variable.assign(scores[name])
        self.iterations.assign(0)

    def __call__(self, x, training=False):
        """Returns the network's outputs under a mask.

        Args:
            x: Prepared examples.
            training: Whether this is a training iteration.
        """
        values = [(each, _tensor(each)) for each in self._inner.variables]
        scores = [_tensor(each) for each in self.scores.values()]
        weights = [_tensor(each) for each in self._kernels.values()]
        effective = self.masks.effective(
            scores, weights, _tensor(self.iterations), training
        )
        stands = zip(self._kernels.values(), effective, strict=True)
        scope = keras.StatelessScope(collect_losses=True)
        for update in [*values, *stands]:
            scope.add_update(update)  # The last one of a variable holds.
        with scope:
            outputs = self._inner(x, training=training)
        self._take_over(scope, values)
        if training:
            own = self.masks.losses(scores, weights)
            self._traced.losses = [*scope.losses, *own]
            self.iterations.assign(self.iterations.value + 1)
        return outputs

    def _take_over(self, scope, before):
        """Gives variables the values that layers have assigned to them."""
        never = {id(each) for each in self._kernels.values()}
        never |= {id(each) for each in self._inner.trainable_variables}
        for variable, value in before:
            moved = scope.get_current_value(variable)
            if moved is not value and id(variable) not in never:
                variable.assign(moved)

    def _flatten_layers(self, **options):
        """As keras.Model's, by which its layers are found."""
        return self._inner._flatten_layers(**options)


def _tensor(variable):
    return tf.convert_to_tensor(variable.value)
