"""Trainee: what the trainer asks of a model."""

import abc
import types
import typing
from collections.abc import Callable, Mapping

import numpy as np

from lottery_ticket.foundations.tasks import task as task_lib
from lottery_ticket.foundations.values import headline as headline_lib

MAX_ALIKE = 4  # Of each kind, what a model keeps compiled.
Network = dict[str, np.ndarray]


class Trainee(abc.ABC):
    """What can be trained: a `ModelBase`, or a `SearchedModel` around one.

    Of the first, weights are trained, of the second what its masks are made of.
    The trainer, its compiled programs and its evaluation ask for
    nothing that is not here.

    Attributes:
        network: keras.Model, or what stands in for one: the optimizer moves its
            `trainable_variables`. None until it is complete.
        strategy: tf.distribute.Strategy in whose scope it was made.
        input_shape: Shape of one example.
        num_outputs: Number of logits; None until it is complete.
        holds: Whether pruned weights are held at their values, not at 0.
        programs: Dict of what was compiled to train it, by all that this
            depends on; kept, so that 31 levels compile once.
        facts: JSON values by name, what was found out about it: recorded, and
            compared with nothing.
        folders: Names of the folders that `outcome` fills.
        has_events: Whether `event` does anything.
        trains_weights: Whether the network's weights are what is trained.
        task: What it is trained for: loss and metrics.
    """

    network: typing.Any
    strategy: typing.Any
    input_shape: tuple[int, ...]
    num_outputs: int | None
    holds: bool
    programs: dict
    task: task_lib.Task
    facts: Mapping[str, typing.Any] = types.MappingProxyType({})
    folders: tuple[str, ...] = ("final", "masks")
    has_events = False
    trains_weights = True

    @property
    def headline(self) -> headline_lib.Headline:
        """The metric that its runs are judged by."""
        return self.task.headline

    @property
    @abc.abstractmethod
    def weights(self) -> Network:
        """Dict, name -> array: what is saved as the run's initial weights."""

    @property
    @abc.abstractmethod
    def masks(self) -> Network:
        """Masks that training starts under, layer name -> uint8 array."""

    @property
    @abc.abstractmethod
    def identity(self) -> dict:
        """What it is and where it stands, as JSON values."""

    @abc.abstractmethod
    def effective_masks(self, masks: Network) -> Network | None:
        """Returns masks of the kept weights on a path from input to output.

        None where it cannot be told.
        """

    @property
    def positions(self) -> Mapping[str, int]:
        """How often each weight of a layer is used for one example, by layer.

        See `networks.flops.positions`. Layers that nothing is known of are left
        out; one that knows of any overrides this.
        """
        return {}

    @abc.abstractmethod
    def outcome(self) -> dict[str, Network]:
        """Returns what a run ends with, by the folder that it is saved in.

        "final", the weights, and "masks", which may be others than before.
        """

    @abc.abstractmethod
    def restore(self, networks: dict[str, Network]) -> None:
        """Puts it where a run that is complete has left it.

        The networks are as `outcome` gives them, and "initial".
        """

    def check_own_training(self) -> None:  # noqa: B027  Ours have none.
        """Raises ValueError if its network says how to train it, and otherwise.

        Called as training begins. One whose network somebody else has made
        overrides this.
        """

    def event(self, iteration: int) -> dict:
        """Changes variables of the network between two iterations.

        One that has events overrides this and `has_events`. It changes nothing
        but variables of `network`, so that checkpoints hold all of it. Returns
        JSON values, for the record of the run.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no event after iteration {iteration}"
        )


def kept(model: typing.Any, key: tuple, make: Callable) -> typing.Any:
    """Returns what a model has compiled for a key; made, if there is nothing.

    Args:
        model: ModelBase. Of each kind, it keeps the last MAX_ALIKE.
        key: The kind, and all that is compiled in.
        make: Function () -> what to keep.
    """
    found = model.compiled.pop(key, None)
    if found is None:
        found = make()
    model.compiled[key] = found
    alike = [each for each in model.compiled if each[0] == key[0]]
    for each in alike[:-MAX_ALIKE]:
        del model.compiled[each]
    return found
