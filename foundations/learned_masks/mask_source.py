"""MaskSource: what a search trains in place of weights, and masks of it."""

import abc
import typing
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.training import draws

Network = dict[str, np.ndarray]


class MaskSource(abc.ABC):
    """Trained variables of a network's kernels, and the masks that they mean.

    There are four: SampledMasks has logits, how probably a weight is kept,
    ScoredMasks scores, of which the highest keep theirs, ConcreteMasks scores,
    around which soft masks are drawn, and GatedMasks those of noisy gates. A
    MaskedNetwork computes with the masks, and a SearchedModel trains the
    variables. All that differs between searches of one kind is in variables,
    so that they compile once.

    Attributes:
        trained: Dict, layer name -> float32 keras.Variable of the kernel's
            shape, all 0 until `start`.
        iterations: keras.Variable, the number of training calls.
        folders: Names of the folders that `outcome` fills.
        rescaling: What kept weights are multiplied by, a name in
            learned_masks.RESCALINGS.
        has_events: Whether `event` does anything.
        has_dropout: Whether layers that drop units at random, or add noise, do
            so in training.
    """

    folders: tuple[str, ...]
    has_events = False
    has_dropout = True

    def __init__(self, shapes: dict[str, tuple], rescaling: str = "none"):
        """Makes the variables, in the scope of a MaskedNetwork.

        Args:
            shapes: Dict, layer name -> shape of its kernel.
            rescaling: A name in learned_masks.RESCALINGS.
        """
        self.trained = {
            name: keras.Variable(np.zeros(shape), dtype="float32", name=name)
            for name, shape in shapes.items()
        }
        self.iterations = variable(0, "int64", "iterations")
        self.rescaling = rescaling

    @property
    def values(self) -> Network:
        """What the trained variables hold, layer name -> float32 array."""
        return {name: each.numpy() for name, each in self.trained.items()}

    def assign(self, values: Network) -> None:
        """Gives the trained variables other values; nothing is compiled anew.

        Args:
            values: Dict, layer name -> array, one for each layer with a mask.
        """
        for name, each in self.trained.items():
            each.assign(values[name])

    @property
    @abc.abstractmethod
    def variables(self) -> list[keras.Variable]:
        """All others but `iterations`, in a stable order, for checkpoints."""

    @property
    @abc.abstractmethod
    def identity(self) -> dict:
        """What it is and where it stands, as JSON values by one name."""

    @property
    def signs(self) -> Network:
        """What kept weights are multiplied by, layer name -> array of -1 and 1.

        One whose masks flip signs overrides this; else it is empty.
        """
        return {}

    @abc.abstractmethod
    def start(self, values: Network) -> None:
        """Assigns the values that a search starts from, as `assign` takes."""

    @abc.abstractmethod
    def restore(self, networks: dict[str, Network]) -> None:
        """Puts it where a search that had this `outcome` has left it."""

    @abc.abstractmethod
    def masked(self, trained: list, weights: list, training: bool) -> list:
        """Returns tensors to compute with in place of the kernels.

        Args:
            trained: List of float32 tensors.
            weights: List of tensors of their shapes: the kernels.
            training: Whether this is a training iteration.
        """

    @abc.abstractmethod
    def losses(self, trained: list, weights: list) -> list:
        """Returns what is added to the loss, a list; arguments as `masked`."""

    def drawn(self, seeds: tf.Tensor) -> list:
        """Returns a tensor in [0, 1) for each layer, of this iteration.

        Args:
            seeds: int64, one for each layer; see `draws.uniforms`.
        """
        return draws.uniforms(
            tf.convert_to_tensor(seeds),
            tf.convert_to_tensor(self.iterations.value),
            tuple(tuple(each.shape) for each in self.trained.values()),
        )

    def event(self, iteration: int, weights: Network) -> dict:
        """Does what `Trainee.event` says; weights are all frozen ones, by name.

        One that has events overrides this and `has_events`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no events")

    @abc.abstractmethod
    def samples(self, count: int) -> list[Network]:
        """Returns the masks that a search is judged by.

        Args:
            count: How many, where they are drawn; else there is one.
        """

    @abc.abstractmethod
    def final_masks(self, effective_masks: Callable) -> Network:
        """Returns the masks that a search ends with.

        Args:
            effective_masks: Function as `Trainee.effective_masks`, to look for
                what has collapsed.
        """

    @abc.abstractmethod
    def outcome(self) -> dict[str, Network]:
        """Returns what is saved beside the masks, folder -> network."""


def products(masks: list, weights: list) -> list:
    """Returns tensors of weights times their masks, in the weights' dtype."""
    return [
        own * tf.cast(mask, own.dtype)
        for mask, own in zip(masks, weights, strict=True)
    ]


def variable(values: typing.Any, dtype: str, name: str) -> keras.Variable:
    """Returns a variable that is not trained; checkpoints hold it.

    It starts from an array of values; its dtype is "float32", "bool", or
    "int64": GPUs have no assignment of smaller integers.
    """
    return keras.Variable(
        values,
        dtype=dtype,
        trainable=False,
        name=name,
        # Of several devices, all have the same.
        aggregation="only_first_replica",
    )
