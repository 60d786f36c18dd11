"""Masks that are made of mask logits and drawn anew for each iteration."""

import typing
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.learned_masks import (
    mask_source,
    maskers,
    searched_model,
)
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.values import seeds

Network = dict[str, np.ndarray]


def search(
    model: typing.Any, sampling: str, rescaling: str, mask_seed: int
) -> searched_model.SearchedModel:
    """Returns the search for a mask by logits, in need of a `reset`.

    Args:
        model: ModelBase.
        sampling: A name in learned_masks.SAMPLINGS.
        rescaling: A name in learned_masks.RESCALINGS.
        mask_seed: Seed of all masks that are drawn; as the model has one search
            of each kind, that of an older one of this kind, too.
    """
    found = searched_model.searched(
        model,
        ("supermask", sampling, rescaling),
        lambda shapes: SampledMasks(shapes, sampling, rescaling),
    )
    found.source.reset(mask_seed)
    return found


class SampledMasks(mask_source.MaskSource):
    """Masks of logits, whose sigmoids are how probably each weight is kept.

    One mask is drawn for each iteration and shared by the batch. It is a pure
    function of a seed, the layer's name and a counter of the iterations, which
    is a variable and so goes into checkpoints. Evaluations draw from seeds of
    their own: the same mask for all batches and splits at one point of
    training, another one at the next.
    """

    folders = ("logits", "thresholded")

    def __init__(self, shapes: dict[str, tuple], sampling: str, rescaling: str):
        """Makes the variables for kernels of these shapes; see `search`."""
        super().__init__(shapes, rescaling)
        self._sampling = sampling
        self._mask_seed = 0
        # A row of two for each layer: of training, of evaluation.
        self._seeds = mask_source.variable(
            np.zeros((len(shapes), 2)), "int64", "seeds"
        )

    def reset(self, mask_seed: int) -> None:
        """Gives it another seed, see `search`; nothing is compiled anew."""
        self._mask_seed = mask_seed
        kinds = "train", "evaluate"
        self._seeds.assign(
            [
                [seeds.derive(mask_seed, n, k) for k in kinds]
                for n in self.trained
            ]
        )

    @property
    def variables(self) -> list[keras.Variable]:
        """The seeds that its draws derive from."""
        return [self._seeds]

    @property
    def identity(self) -> dict:
        """Its settings and the checksum of its logits, as "supermask"."""
        return {
            "supermask": {
                "sampling": self._sampling,
                "rescaling": self.rescaling,
                "mask_seed": self._mask_seed,
                "logits": save_restore.checksum(self.values),
            }
        }

    def start(self, values: Network) -> None:
        self.assign(values)

    def restore(self, networks: dict[str, Network]) -> None:
        self.assign(networks["logits"])

    def masked(self, trained: list, weights: list, training: bool) -> list:
        """Returns the kernels times masks that are drawn, and rescaled."""
        uniforms = self.uniforms(training)
        masker = maskers.MASKERS[self._sampling].function
        masks = masker(trained, uniforms, training)
        masks = [maskers.rescaled(each, self.rescaling) for each in masks]
        return mask_source.products(masks, weights)

    def uniforms(self, training: bool) -> list:
        """Returns a tensor for each layer, of this iteration or evaluation.

        Args:
            training: Whether this is a training iteration.
        """
        moment = 0 if training else 1
        return self.drawn(tf.convert_to_tensor(self._seeds.value)[:, moment])

    def losses(self, trained: list, weights: list) -> list:
        return []

    def samples(self, count: int) -> list[Network]:
        """Returns its result first; samples are independent of training's."""
        logits = self.values
        if not maskers.MASKERS[self._sampling].draws_in_evaluation:
            return [threshold(logits)]
        return [
            sample(logits, seeds.derive(self._mask_seed, "sample", index))
            for index in range(count)
        ]

    def final_masks(self, effective_masks: Callable) -> Network:
        """Returns the first of `samples`, whatever it leaves."""
        return self.samples(1)[0]

    def outcome(self) -> dict[str, Network]:
        """Returns the logits, and the masks of those above 0."""
        logits = self.values
        return {"logits": logits, "thresholded": threshold(logits)}


def probabilities(logits: Network) -> Network:
    """Returns how probably each weight is kept: the sigmoid of its logit.

    Networks here are dicts, layer name -> array; these are of float64.
    """
    return {
        # exp would overflow where a logit is far below 0.
        name: np.exp(-np.logaddexp(0, -each.astype(np.float64)))
        for name, each in logits.items()
    }


def sample(logits: Network, seed: int) -> Network:
    """Returns masks that keep each weight with its own probability.

    Each layer's seed derives from this one and the layer's name.
    """
    found = {}
    for name, each in probabilities(logits).items():
        rng = np.random.default_rng(seeds.derive(seed, name))
        found[name] = (rng.random(each.shape) < each).astype(np.uint8)
    return found


def threshold(logits: Network) -> Network:
    """Returns masks that keep the weights whose logit is above 0.

    A logit of 0, a probability of one half, is pruned.
    """
    return {name: (each > 0).astype(np.uint8) for name, each in logits.items()}


def expected_density(logits: Network) -> dict[str, float]:
    """Returns the mean probability of each layer's weights to be kept."""
    kept = probabilities(logits)
    return {name: float(each.mean()) for name, each in kept.items()}
