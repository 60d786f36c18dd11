"""Masks that are made of mask logits and drawn anew for each iteration."""

import functools

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations import seeds
from lottery_ticket.foundations.supermasks import (
    masked_network,
    maskers,
    search_variables,
)


class SampledMasks(masked_network.MaskSource):
    """What a MaskedNetwork multiplies its kernels by, made of mask logits.

    One mask is drawn for each iteration and shared by the batch. It is a pure
    function of a seed, the layer's name and a counter of the iterations, which
    is a variable and so goes into checkpoints. Evaluations draw from seeds of
    their own: the same mask for all batches and splits at one point of
    training, another one at the next.
    """

    def __init__(self, masker, rescaling: str):
        """Prepares; `build` makes the variables.

        Args:
            masker: Function as described in `maskers`.
            rescaling: As for `maskers.rescaled`.
        """
        self._masker = masker
        self._rescaling = rescaling
        self._layers = []
        self._seeds = None

    def build(self, scores, iterations) -> None:
        """Makes the variables, in the scope of a MaskedNetwork.

        Args:
            scores: Dict, layer name -> keras.Variable.
            iterations: keras.Variable, the number of iterations done.
        """
        del iterations
        self._layers = list(scores)
        # A row of two for each layer: of training, of evaluation.
        self._seeds = search_variables.integers(
            np.zeros((len(scores), 2)), "seeds"
        )

    @property
    def variables(self) -> list[keras.Variable]:
        """Its own, but for the scores."""
        return [self._seeds]

    def reset(self, seed: int) -> None:
        """Gives it another seed; nothing is compiled anew.

        Args:
            seed: Seed of all masks that are drawn from now on.
        """
        drawn = [
            [seeds.derive(seed, name, kind) for kind in ("train", "evaluate")]
            for name in self._layers
        ]
        self._seeds.assign(drawn)

    def effective(self, scores, weights, iteration, training):
        """Returns what to compute with in place of the kernels.

        Args:
            scores: List of float32 tensors.
            weights: List of tensors of their shapes: the kernels.
            iteration: int64 scalar, the number of iterations done.
            training: Whether this is a training iteration.
        """
        shapes = tuple(tuple(each.shape) for each in scores)
        uniforms = self.uniforms(shapes, iteration, training)
        masks = self._masker(scores, uniforms, training)
        effective = []
        for mask, own in zip(masks, weights, strict=True):
            mask = maskers.rescaled(mask, self._rescaling)
            effective.append(own * tf.cast(mask, own.dtype))
        return effective

    def uniforms(self, shapes, iteration, training):
        """Returns a tensor for each layer, of one iteration or evaluation.

        Args:
            shapes: Tuple of the shapes.
            iteration: As for `effective`.
            training: As for `effective`.
        """
        drawn = tf.convert_to_tensor(self._seeds.value)
        return _draw(drawn[:, 0 if training else 1], iteration, shapes)

    def losses(self, scores, weights):
        """Returns what the scores add to the loss: nothing."""
        del scores, weights
        return []


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
