"""A network whose weights are frozen and whose masks are trained."""

import contextlib
import threading
import typing
from collections.abc import Callable

import keras
import tensorflow as tf

from lottery_ticket.foundations.learned_masks import mask_source
from lottery_ticket.foundations.networks import (
    keras_private,
    substitution,
    tracing,
)


class MaskedNetwork(keras_private.StandIn):
    """Stands in for a keras.Model in training and evaluation.

    Each kernel is computed with as weights * mask, the mask being made of
    variables of a source, the only ones that are trained. Kernels, biases and
    all else of the network within stay as they are, but for what moves in
    training by itself: statistics of batch normalisations, states of random
    layers. Nothing of it is changed for that, not even `trainable`: it trains
    as ever when it is trained itself.

    A loss that a layer adds counts, too, such as an activity regulariser's;
    those of weights do not: there are no trained weights.

    Attributes:
        source: mask_source.MaskSource.
        records: What a training call, and one of `unmasked`, leave in `seen`:
            nothing, "features", the outputs of ReLUs, or "values", tensors
            of all that is trained in the network within, kernels with masks
            first, without masks.
        seen: List of tensors that `records` asks for, of the last such call of
            this thread.
        losses: What layers and the source added to the loss in the last
            training call, of this thread: each of several devices is traced on
            its own, and evaluations are on another meanwhile.
    """

    def __init__(
        self,
        model: typing.Any,
        make: Callable[[dict[str, tuple]], mask_source.MaskSource],
        name: str,
    ):
        """Makes the variables.

        Args:
            model: ModelBase with the network; its kernels with masks get
                learned ones.
            make: Function (shapes of the kernels by layer) -> MaskSource.
            name: What the variables' paths begin with; no two MaskedNetworks of
                one model may have the same.
        """
        super().__init__(model.network)
        self._kernels = {name: model.variables[name] for name in model.masks}
        self._traced = threading.local()
        self.records = ""
        with model.strategy.scope(), keras.name_scope(name):
            self.source = make(
                {layer: each.shape for layer, each in self._kernels.items()}
            )

    @property
    def losses(self) -> list:
        """See above."""
        return getattr(self._traced, "losses", [])

    @property
    def seen(self) -> list:
        """See above."""
        return getattr(self._traced, "seen", [])

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        """Those of the source that are trained."""
        return list(self.source.trained.values())

    @property
    def non_trainable_variables(self) -> list[keras.Variable]:
        """All else that the outputs depend on."""
        own = [*self.source.variables, self.source.iterations]
        return [*self._inner.variables, *own]

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables, in a stable order."""
        return [*self.trainable_variables, *self.non_trainable_variables]

    def __call__(self, x: tf.Tensor, training: bool = False) -> typing.Any:
        """Returns the network's outputs under a mask.

        Args:
            x: Prepared examples.
            training: Whether this is a training iteration.
        """
        trained = [_tensor(each) for each in self.trainable_variables]
        weights = [_tensor(each) for each in self._kernels.values()]
        masked = self.source.masked(trained, weights, training)
        stands = list(zip(self._kernels.values(), masked, strict=True))
        outputs, losses = self._call(x, stands, weights, training)
        if training:
            own = self.source.losses(trained, weights)
            self._traced.losses = [*losses, *own]
            iterations = self.source.iterations
            iterations.assign(iterations.value + 1)
        return outputs

    def unmasked(self, x: tf.Tensor) -> typing.Any:
        """Returns the outputs without masks, in training; nothing moves.

        Batch normalisation has the batch's statistics, which it does not
        remember, and random layers draw, unless the source has no dropout.

        Args:
            x: Prepared examples.
        """
        weights, stands = [], []
        if self.records == "values":
            weights = [_tensor(each) for each in self._kernels.values()]
            stands = list(zip(self._kernels.values(), weights, strict=True))
        outputs, _ = self._call(x, stands, weights, True, keeps_state=False)
        return outputs

    def _call(self, x, stands, weights, training, keeps_state=True):
        """Outputs and losses; weights are what stands for kernels is made of.

        What `records` asks for is left in `seen`.
        """
        if self.records == "values" and training:
            known = {id(variable) for variable, _ in stands}
            others = [
                (each, _tensor(each))
                for each in self._inner.trainable_variables
                if id(each) not in known
            ]
            stands = [*stands, *others]
            weights = [*weights, *(value for _, value in others)]
        with self._layers() as relus:
            found = substitution.call(
                self._inner, x, stands, training, keeps_state=keeps_state
            )
        if training:
            is_of_features = self.records == "features"
            self._traced.seen = relus if is_of_features else weights
        return found

    @contextlib.contextmanager
    def _layers(self):
        """Context that layers are traced in; gives outputs of ReLUs."""
        with contextlib.ExitStack() as stack:
            if not self.source.has_dropout:
                stack.enter_context(tracing.without_dropout(self._inner))
            relus = []
            if self.records == "features":
                entered = tracing.recorded_relus(self._inner)
                relus = stack.enter_context(entered)
            yield relus


def _tensor(variable):
    return tf.convert_to_tensor(variable.value)
