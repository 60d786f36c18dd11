"""Soft masks that are drawn around scores, and the hard ones they come to."""

import typing
from collections.abc import Callable

import attrs
import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.learned_masks import (
    concrete_method,
    mask_source,
    maskers,
    searched_model,
)
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.selection import collapse, pruning, quotas
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.foundations.values import seeds

Network = dict[str, np.ndarray]


def search(
    model: typing.Any,
    method: concrete_method.ConcreteMethod,
    density: float,
    per_epoch: int,
    mask_seed: int,
) -> searched_model.SearchedModel:
    """Returns the search for a mask by soft masks, in need of a `reset`.

    It is trained with hooks: see `objectives` and `grad_balance`.

    Args:
        model: ModelBase.
        method: How masks are drawn.
        density: Part of all weights that the mask keeps, rounded to a number.
        per_epoch: Iterations of an epoch.
        mask_seed: Seed of all masks that are drawn.

    Raises:
        ValueError: If that keeps no weight, or all.
    """
    total = sum(mask.size for mask in model.masks.values())
    count = round(density * total)
    if not 0 < count < total:
        raise ValueError(
            f"A density of {density:g} keeps {count:,} of {total:,} weights: "
            "there is nothing to search for"
        )
    found = searched_model.searched(
        model,
        ("concrete", method.temperature),
        lambda shapes: ConcreteMasks(shapes, method.temperature),
    )
    found.source.reset(method, density, count, per_epoch, mask_seed)
    return found


class ConcreteMasks(mask_source.MaskSource):
    """Soft masks of scores in training, the highest scores' in evaluation.

    One mask is drawn for each iteration and shared by the batch: a function of
    a seed, the layer's name and a counter of the iterations.

    Source: Arora & Teuscher 2025 (https://arxiv.org/abs/2512.07142) and the
    code released with it.
    Differs: exactly as many are kept as asked; there, one more, and all that
    tie.

    Attributes:
        kept_count: int64 variable, how many weights the mask keeps.
        multiplier: float32 variable, factor of the gradient that holds it
            there.
    """

    folders = ("scores",)
    has_events = True
    has_dropout = False

    def __init__(self, shapes: dict[str, tuple], temperature: float):
        """Makes the variables for kernels of these shapes; see `reset`."""
        super().__init__(shapes)
        self._temperature = temperature
        self._method = concrete_method.ConcreteMethod()
        self._density, self._mask_seed, self._per_epoch = 0.0, 0, 1
        self._seeds = mask_source.variable(
            np.zeros(len(shapes)), "int64", "seeds"
        )
        self.kept_count = mask_source.variable(1, "int64", "kept_count")
        self.multiplier = mask_source.variable(0, "float32", "multiplier")
        # Of the objective, since the last event: sum, and how many.
        self._counted = mask_source.variable(
            np.zeros(2), "float32", "objectives"
        )

    def reset(
        self,
        method: concrete_method.ConcreteMethod,
        density: float,
        count: int,
        per_epoch: int,
        mask_seed: int,
    ) -> None:
        """Prepares another search of the same temperature; see `search`."""
        self._method, self._density = method, density
        self._per_epoch, self._mask_seed = per_epoch, mask_seed
        self.kept_count.assign(count)
        self._seeds.assign(
            [seeds.derive(mask_seed, name, "concrete") for name in self.trained]
        )

    @property
    def variables(self) -> list[keras.Variable]:
        """What it draws by, and where its control stands."""
        return [self._seeds, self.kept_count, self.multiplier, self._counted]

    @property
    def identity(self) -> dict:
        """Its settings and the checksum of its scores, as "concrete"."""
        return {
            "concrete": {
                **attrs.asdict(self._method),
                "density": self._density,
                "per_epoch": self._per_epoch,
                "mask_seed": self._mask_seed,
                "scores": save_restore.checksum(self.values),
            }
        }

    @property
    def kept(self) -> Network:
        """The mask of the highest scores as they stand."""
        return highest(self.values, int(self.kept_count.numpy()))

    def start(self, values: Network) -> None:
        self.assign(values)
        self.multiplier.assign(0)
        self._counted.assign([0, 0])

    def restore(self, networks: dict[str, Network]) -> None:
        self.assign(networks["scores"])

    def masked(self, trained: list, weights: list, training: bool) -> list:
        if training:
            uniforms = self.drawn(self._seeds.value)
            masks = maskers.concrete(trained, uniforms, self._temperature)
        else:
            count = tf.convert_to_tensor(self.kept_count.value)
            masks = maskers.highest(trained, count)
        return mask_source.products(masks, weights)

    def losses(self, trained: list, weights: list) -> list:
        return []

    def count(self, objective: tf.Tensor) -> None:
        """Adds the objective of an iteration to what the next event says."""
        value = tf.cast(objective, tf.float32)
        self._counted.assign(self._counted.value + tf.stack([value, 1.0]))

    def event(self, iteration: int, weights: Network) -> dict:
        """Looks at where the search stands; changes nothing but its counter.

        Returns:
            Dict: "iteration"; "epoch", the one that has ended, counted from 0;
            "density", layer name -> weights that the highest scores keep;
            "nominal_density", what counts as kept of soft masks, over all;
            "positive_share", of scores above 0; "multiplier"; "objective", the
            mean over iterations since the last event.
        """
        scores = np.concatenate([x.ravel() for x in self.values.values()])
        scaled = self._method.scale * scores.astype(np.float64)
        total, count = self._counted.numpy()
        self._counted.assign([0, 0])
        kept = masks_lib.counts(self.kept)
        return {
            "iteration": iteration,
            "epoch": (iteration - 1) // self._per_epoch,
            "density": {name: own for name, (own, _) in kept.items()},
            # exp would overflow where a score is far below 0.
            "nominal_density": float(np.exp(-np.logaddexp(0, -scaled)).mean()),
            "positive_share": float((scores > 0).mean()),
            "multiplier": float(self.multiplier.numpy()),
            "objective": float(total / max(count, 1)),
        }

    def samples(self, count: int) -> list[Network]:
        """Returns the one mask that a search ends with."""
        return [self.kept]

    def final_masks(self, effective_masks: Callable) -> Network:
        """Returns the mask of the highest scores; warns of a collapse."""
        masks = self.kept
        collapse.check(masks, effective_masks(masks), "warn", "the final mask")
        return masks

    def outcome(self) -> dict[str, Network]:
        return {"scores": self.values}


def highest(scores: Network, count: int) -> Network:
    """Returns masks of exactly so many of the highest scores of all layers.

    Ties are as of `pruning.prune_by_scores`.

    Args:
        scores: Dict, layer name -> array.

    Raises:
        ValueError: If a layer holds NaN.
    """
    whole = masks_lib.ones(scores)
    asked = [quotas.Quota(tuple(scores), count)]
    return pruning.prune_by_scores(asked, whole, scores)


def boundary(scores: Network, masks: Network) -> dict[str, float]:
    """Returns "smallest_kept" and "largest_pruned", of scores under masks."""
    pairs = [(scores[name], mask.astype(bool)) for name, mask in masks.items()]
    return {
        "smallest_kept": float(
            min(own[mask].min() for own, mask in pairs if mask.any())
        ),
        "largest_pruned": float(
            max(own[~mask].max() for own, mask in pairs if not mask.all())
        ),
    }
