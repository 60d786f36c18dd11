"""What is known of a layer's channels: the base of all rules, and barriers.

Channels are the last axis of a tensor. Of each it is told whether it is
constant, so the same number at every place for all inputs, and whether it is
kept.
"""

import abc
import dataclasses
import typing

import keras
import numpy as np

from lottery_ticket.foundations.networks.compaction import graph

# A number for each channel of a tensor, NaN where it varies or may vary.
Constants = np.ndarray
# True for each channel that the smaller network has.
Kept = np.ndarray
# Activations that make each value of all; others make each by itself.
_SHARING = ("log_softmax", "softmax", "sparsemax")
# What of layers may be another's activation: they have no variables.
ACTIVATION_LAYERS = (
    keras.layers.ELU,
    keras.layers.LeakyReLU,
    keras.layers.ReLU,
)


def varying(count: int) -> Constants:
    """Returns that all of so many channels vary."""
    return np.full(count, np.nan)


def varies(constants: Constants) -> np.ndarray:
    """Returns True for each channel that varies."""
    return np.isnan(constants)


@dataclasses.dataclass(frozen=True)
class Change:
    """How a smaller layer is made of a layer.

    Args:
        config: What of its config is other than before.
        values: Attribute -> value of its variable. None copies all weights.
    """

    config: dict = dataclasses.field(default_factory=dict)
    values: dict[str, np.ndarray] | None = None


@dataclasses.dataclass
class Around:
    """What is known of the tensors at a call, one entry for each of them.

    Args:
        constants: Of the inputs. Where a layer with variables is called several
            times, those are constant that are the same in all calls.
        kept_inputs: Of the inputs.
        kept_outputs: Of the outputs.
    """

    constants: list[Constants]
    kept_inputs: list[Kept]
    kept_outputs: list[Kept]


class Rule(abc.ABC):
    """What one call of a layer does to channels.

    Attributes:
        call: The call.
        inputs: Tensors that go in; outputs: those that come out.
        reads: Whether it needs a channel of its input to be there at all.
    """

    reads = False

    def __init__(self, call: graph.Call, tensors: list[graph.Tensor]):
        """Looks at nothing yet."""
        self.call = call
        self.layer: typing.Any = call.operation
        self.inputs = [tensors[number] for number in call.inputs]
        self.outputs = [tensors[number] for number in call.outputs]

    def obstacle(self) -> str | None:
        """Returns why this call does not follow the rule; None if it does."""
        return None

    @abc.abstractmethod
    def constants(self, inputs: list[Constants]) -> list[Constants]:
        """Returns the constants of the outputs, by those of the inputs."""

    @abc.abstractmethod
    def needed(self, around: Around) -> list[Kept]:
        """Returns the channels of the inputs without which outputs change."""

    @abc.abstractmethod
    def present(self, around: Around) -> list[Kept]:
        """Returns the channels of the outputs that come with those kept."""

    @abc.abstractmethod
    def change(self, around: Around) -> Change:
        """Returns how the smaller layer is made."""

    def why(self) -> str:
        """Returns why constant channels that it needs must stay."""
        return f"{self.call.label} needs them"

    def rebuilt(
        self, tensors: dict, around: Around, make: typing.Callable
    ) -> typing.Any:
        """Returns what the smaller layer gives.

        Args:
            tensors: Number of a tensor -> keras.KerasTensor of the smaller
                network.
            around: What is kept.
            make: Function (Change) -> layer; its `name` is what that layer, or
                what stands for it, is to be called.
        """
        args, kwargs = self.call.filled(tensors)
        return make(self.change(around))(*args, **kwargs)


class Barrier(Rule):
    """A layer that is not known: all goes in, all comes out."""

    def __init__(self, call, tensors, reason: str):
        """Takes why it is not known."""
        super().__init__(call, tensors)
        self.reason = reason

    def constants(self, inputs: list[Constants]) -> list[Constants]:
        """Returns that all varies."""
        return [varying(each.channels) for each in self.outputs]

    def needed(self, around: Around) -> list[Kept]:
        """Returns all inputs."""
        return [np.ones(each.channels, bool) for each in self.inputs]

    def present(self, around: Around) -> list[Kept]:
        """Returns all outputs."""
        return [np.ones(each.channels, bool) for each in self.outputs]

    def change(self, around: Around) -> Change:
        """Returns no change."""
        return Change()

    def why(self) -> str:
        """Returns the same as `reason`, of the layer."""
        return f"{self.call.label} {self.reason}"


def is_per_value(activation: typing.Any) -> bool:
    """Whether an activation that is known makes each value by itself."""
    if isinstance(activation, keras.Layer):
        return type(activation) in ACTIVATION_LAYERS
    return getattr(activation, "__name__", None) not in _SHARING


def applied(function: typing.Callable, constants: Constants) -> Constants:
    """Returns constants that an elementwise function makes of constants."""
    given = keras.ops.convert_to_tensor(constants[None], "float32")
    found = np.asarray(function(given))[0]
    return known(np.where(varies(constants), np.nan, found))


def known(constants: typing.Any) -> Constants:
    """Returns constants without infinite ones, which count as varying."""
    found = np.asarray(constants, np.float64)
    return np.where(np.isfinite(found), found, np.nan)


def sliced(config: dict, values: dict) -> Change:
    """Returns a change, variables that a layer has not left out."""
    return Change(
        config, {name: v for name, v in values.items() if v is not None}
    )


def value_of(variable: typing.Any) -> np.ndarray | None:
    """Returns the value of a layer's variable; None of none."""
    return None if variable is None else np.asarray(variable)
