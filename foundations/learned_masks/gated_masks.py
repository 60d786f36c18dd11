"""Masks that are made of gates: noisy in training, open or closed at last."""

import typing
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.learned_masks import (
    gates,
    mask_source,
    searched_model,
)
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.selection import collapse
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.foundations.values import seeds

Network = dict[str, np.ndarray]


def search(
    model: typing.Any, gate: str, penalty: float, per_epoch: int, mask_seed: int
) -> searched_model.SearchedModel:
    """Returns the search for a mask by gates, in need of a `reset`.

    Args:
        model: ModelBase.
        gate: A name in gates.GATES.
        penalty: What the expected share of open gates is multiplied by.
        per_epoch: Iterations of an epoch.
        mask_seed: Seed of all noise.
    """
    found = searched_model.searched(
        model, ("gates", gate), lambda shapes: GatedMasks(shapes, gate)
    )
    found.source.reset(penalty, per_epoch, mask_seed)
    return found


class GatedMasks(mask_source.MaskSource):
    """Gates in [0, 1] in training; in evaluation 1 where they are above 0.

    The noise of an iteration is shared by the batch: a function of a seed, the
    layer's name and a counter of the iterations.

    Source: as of `gates`.
    """

    folders = ("scores",)
    has_events = True

    def __init__(self, shapes: dict[str, tuple], gate: str):
        """Makes the variables for kernels of these shapes; see `reset`."""
        super().__init__(shapes)
        self._name, self._gate = gate, gates.GATES[gate]
        self._mask_seed, self._per_epoch = 0, 1
        self._seeds = mask_source.variable(
            np.zeros(len(shapes)), "int64", "seeds"
        )
        self._penalty = mask_source.variable(0, "float32", "penalty")
        if self._gate.bounds:
            for each in self.trained.values():
                each.constraint = _Within(*self._gate.bounds)

    def reset(self, penalty: float, per_epoch: int, mask_seed: int) -> None:
        """Prepares another search; nothing is compiled anew. See `search`."""
        self._mask_seed, self._per_epoch = mask_seed, per_epoch
        self._penalty.assign(penalty)
        self._seeds.assign(
            [seeds.derive(mask_seed, name, "gate") for name in self.trained]
        )

    @property
    def variables(self) -> list[keras.Variable]:
        """The seeds of its noise, and what the penalty is multiplied by."""
        return [self._seeds, self._penalty]

    @property
    def identity(self) -> dict:
        """Its settings and the checksum of its gates, as "gated"."""
        return {
            "gated": {
                "gate": self._name,
                "penalty": float(self._penalty.numpy()),
                "per_epoch": self._per_epoch,
                "mask_seed": self._mask_seed,
                "scores": save_restore.checksum(self.values),
            }
        }

    @property
    def kept(self) -> Network:
        """The mask of the gates that are open as they stand."""
        threshold = np.float32(self._gate.threshold)
        return {
            name: (each > threshold).astype(np.uint8)
            for name, each in self.values.items()
        }

    @property
    def fractions(self) -> Network:
        """The gates without noise, float32 in [0, 1]: above 0 if open."""
        return {
            name: self._gate.settled(tf.constant(each)).numpy()
            for name, each in self.values.items()
        }

    def start(self, values: Network) -> None:
        self.assign(values)

    def restore(self, networks: dict[str, Network]) -> None:
        self.assign(networks["scores"])

    def masked(self, trained: list, weights: list, training: bool) -> list:
        if training:
            uniforms = self.drawn(self._seeds.value)
            pairs = zip(trained, uniforms, strict=True)
            masks = [self._gate.function(*pair) for pair in pairs]
        else:
            masks = [each > self._gate.threshold for each in trained]
        return mask_source.products(masks, weights)

    def losses(self, trained: list, weights: list) -> list:
        """Returns the weighted mean probability of gates to be open."""
        return [self._penalty.value * gates.open_share(self._gate, trained)]

    def event(self, iteration: int, weights: Network) -> dict:
        """Looks at where the search stands; changes nothing.

        Returns:
            Dict: "iteration"; "epoch", the one that has ended, counted from 0;
            "density", layer name -> weights whose gate is open without noise;
            "expected_density", the mean probability to be open with it;
            "fractional_share", of gates that are neither 0 nor 1 without;
            "regularization", what gates add to the loss.
        """
        trained = [tf.constant(each) for each in self.values.values()]
        expected = float(gates.open_share(self._gate, trained))
        z = np.concatenate([x.ravel() for x in self.fractions.values()])
        kept = masks_lib.counts(self.kept)
        return {
            "iteration": iteration,
            "epoch": (iteration - 1) // self._per_epoch,
            "density": {name: own for name, (own, _) in kept.items()},
            "expected_density": expected,
            "fractional_share": float(((z > 0) & (z < 1)).mean()),
            "regularization": float(self._penalty.numpy()) * expected,
        }

    def samples(self, count: int) -> list[Network]:
        """Returns the one mask that a search ends with."""
        return [self.kept]

    def final_masks(self, effective_masks: Callable) -> Network:
        """Returns the mask of open gates; warns of a collapse.

        Raises:
            ValueError: If all gates are closed.
        """
        masks = self.kept
        if not any(mask.any() for mask in masks.values()):
            raise ValueError(
                "The final mask keeps none of "
                f"{sum(mask.size for mask in masks.values()):,} weights, under "
                f"gate_penalty={float(self._penalty.numpy()):g}. Use a smaller "
                "one"
            )
        collapse.check(masks, effective_masks(masks), "warn", "the final mask")
        return masks

    def outcome(self) -> dict[str, Network]:
        return {"scores": self.values}


class _Within(keras.constraints.Constraint):
    """Clips what is trained after an update; slots stay as they are."""

    def __init__(self, low, high):
        self._low, self._high = low, high

    def __call__(self, trained):
        trained = tf.convert_to_tensor(trained)
        return tf.clip_by_value(trained, self._low, self._high)
