"""A network whose weights are frozen and whose masks are trained."""

import functools

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations import seeds
from lottery_ticket.foundations.supermasks import maskers


class MaskedNetwork:
    """Stands in for a keras.Model in training and evaluation.

    Each kernel is computed with as weights * mask, the mask being made of
    scores, the only variables that are trained. Kernels, biases and all else of
    the network within stay as they are, but for what moves in training by
    itself: statistics of batch normalisations, states of random layers. Nothing
    of it is changed for that, not even `trainable`: it trains as ever when it
    is trained itself.

    One mask is drawn for each iteration and shared by the batch. It is a pure
    function of a seed, the layer's name and a counter of the iterations, which
    is a variable and so goes into checkpoints. Evaluations draw from seeds of
    their own: the same mask for all batches and splits at one point of
    training, another one at the next.

    A loss that a layer adds counts, such as an activity regulariser's; those of
    weights do not: there are no trained weights.

    Attributes:
        scores: Dict, layer name -> float32 keras.Variable of the kernel's
            shape.
        losses: Losses that layers added in the last training call.
    """

    def __init__(self, model, masker, rescaling: str, name: str):
        """Makes the variables; all scores are 0 until `reset`.

        Args:
            model: ModelBase with the network; its kernels with masks get
                learned ones.
            masker: Function as described in `maskers`.
            rescaling: As for `maskers.rescaled`.
            name: What the scores' paths begin with; no two MaskedNetworks of
                one model may have the same.
        """
        self._inner = model.network
        self._kernels = {name: model.variables[name] for name in model.masks}
        self._masker = masker
        self._rescaling = rescaling
        self.losses = []
        with model.strategy.scope(), keras.name_scope(name):
            self.scores = {
                layer: keras.Variable(
                    np.zeros(kernel.shape), dtype="float32", name=layer
                )
                for layer, kernel in self._kernels.items()
            }
            # A row of two for each layer: of training, of evaluation.
            self._seeds = _state(np.zeros((len(self.scores), 2)), "seeds")
            self._iterations = _state(0, "iterations")

    @property
    def trainable_variables(self) -> list[keras.Variable]:
        """The scores."""
        return list(self.scores.values())

    @property
    def non_trainable_variables(self) -> list[keras.Variable]:
        """All else that the outputs depend on."""
        return [*self._inner.variables, self._seeds, self._iterations]

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables, in a stable order."""
        return [*self.trainable_variables, *self.non_trainable_variables]

    def reset(self, scores: dict[str, np.ndarray], seed: int) -> None:
        """Gives the scores new values; nothing is compiled anew.

        Args:
            scores: Dict, layer name -> array, one for each layer with a mask.
            seed: Seed of all masks that are drawn from now on.
        """
        for name, variable in self.scores.items():
            variable.assign(scores[name])
        drawn = [
            [seeds.derive(seed, name, kind) for kind in ("train", "evaluate")]
            for name in self.scores
        ]
        self._seeds.assign(drawn)
        self._iterations.assign(0)

    def __call__(self, x, training=False):
        """Returns the network's outputs under a mask.

        Args:
            x: Prepared examples.
            training: Whether this is a training iteration.
        """
        values = [
            (each, tf.convert_to_tensor(each.value))
            for each in self._inner.variables
        ]
        scope = keras.StatelessScope(collect_losses=True)
        for update in [*values, *self._effective(training)]:
            scope.add_update(update)  # The last one of a variable holds.
        with scope:
            outputs = self._inner(x, training=training)
        self._take_over(scope, values)
        if training:  # Evaluations may be traced on another thread meanwhile.
            self.losses = list(scope.losses)
            self._iterations.assign(self._iterations.value + 1)
        return outputs

    def _effective(self, training):
        """Pairs of kernel and tensor to compute with in its place."""
        masks = self._masker(
            [tf.convert_to_tensor(each.value) for each in self.scores.values()],
            self._uniforms(training),
            training,
        )
        for kernel, mask in zip(self._kernels.values(), masks, strict=True):
            mask = maskers.rescaled(mask, self._rescaling)
            weights = tf.convert_to_tensor(kernel.value)
            yield kernel, weights * tf.cast(mask, weights.dtype)

    def _uniforms(self, training):
        """A tensor for each layer, of one iteration or evaluation."""
        shapes = tuple(tuple(each.shape) for each in self.scores.values())
        drawn = tf.convert_to_tensor(self._seeds.value)
        count = tf.convert_to_tensor(self._iterations.value)
        return _draw(drawn[:, 0 if training else 1], count, shapes)

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


def _state(value, name):
    """An integer variable."""
    return keras.Variable(
        value,
        dtype="int64",  # GPUs have no assignment of smaller integers.
        trainable=False,
        name=name,
        # Of several devices, all count alike.
        aggregation="only_first_replica",
    )


@functools.partial(tf.function, jit_compile=True, autograph=False)
def _draw(drawn_seeds, count, shapes):
    """Numbers in [0, 1), the same on all devices, with or without XLA.

    Only XLA has Threefry, so this is compiled with it even where the rest is
    not. Measured there on 2 cores of a Xeon, 266,200 numbers: .42 ms, and 2.75
    ms by Philox, more than all else of a LeNet's iteration.
    """
    return [
        tf.random.stateless_uniform(
            shape, tf.stack([drawn_seeds[index], count]), alg="threefry"
        )
        for index, shape in enumerate(shapes)
    ]
