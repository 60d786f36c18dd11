"""KerasModel: any built Keras model, with masks on its kernels."""

import contextlib
import random
import typing
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations import model_base
from lottery_ticket.foundations.networks import (
    accepted,
    kernels,
    mask_constraint,
    network_variables,
    output_kind,
    own_training,
)
from lottery_ticket.foundations.values import names

# Of masks, for summaries.
HOLDING = (
    "Masks hold in fit, set_weights, load_weights and deepcopy; clone_model, "
    "from_config, load_model and pickle make networks without them"
)


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Sets all of Keras's seeds; gives Python and numpy theirs back."""
    python_state, numpy_state = random.getstate(), np.random.get_state()
    keras.utils.set_random_seed(seed)
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)


class KerasModel(model_base.ModelBase):
    """A Keras model of any make, as a ModelBase.

    Its trained kernels get masks. It is not rebuilt: training this trains the
    network that was given.

    Attributes:
        not_masked: List of kernels.NotMasked: what gets no mask, and why.
    """

    def __init__(
        self,
        network: keras.Model,
        examples: typing.Any = None,
        build: Callable[[], keras.Model] | None = None,
        presets: model_base.Network | None = None,
        masks: model_base.Network | None = None,
        seed: int = 0,
        outputs: str = "auto",
    ):
        """Finds the kernels and gives them masks.

        Args:
            network: Built, or calling it with `examples` builds it.
            examples: A batch of examples, prepared as the network shall see
                them, to find out whether it accepts them, whether it gives
                probabilities or logits, and whether it would be trained as it
                says itself. None, for a network that is built and not to be
                trained here, looks at nothing.
            build: Function () -> network of this architecture, called for
                fresh draws; None makes every draw the weights as given.
            presets: As for ModelBase, like masks and seed; named by the names
                that Keras shows, or as they are saved. See `LayerNames`.
            outputs: "logits" or "probabilities", if the network's graph and
                its outputs for the examples do not tell; "auto" looks.

        Raises:
            ValueError: If the network does not accept the examples, does not
                give one vector of logits or probabilities for each, has a
                training of its own, or no kernel to prune.
        """
        accepted.check(network)
        shape = () if examples is None else np.shape(examples)[1:]
        super().__init__(shape, presets=presets, masks=masks, seed=seed)
        num_outputs = None
        names.check("kind of outputs", outputs, output_kind.KINDS)
        if outputs != "auto":
            self.declared["outputs"] = outputs
        if examples is not None:
            values = accepted.outputs(network, examples)
            num_outputs = values.shape[-1]
            kind = output_kind.of(network, examples, values, outputs)
            self.gives_probabilities = kind.gives_probabilities
            self.facts = {"outputs": str(kind)}
            own_training.check(network, self.gives_probabilities)
        found = accepted.trained_kernels(network)
        self.strategy = _strategy(network)
        named = network_variables.named(network, found).items()
        names_of = {id(variable): name for name, (_, variable) in named}
        with self.strategy.scope():
            for kernel in found:
                self._mask(names_of[id(kernel)], kernel)
        self._complete(network, num_outputs)
        self.not_masked = kernels.not_masked(network, found)
        values = self._built_values
        self._build = lambda seed: _drawn(build, seed) if build else values
        mask_constraint.hold_in_copies(network)
        self._place(
            self._all_names.values("preset", presets or {}),
            self.layer_names.values("mask", masks or {}),
            seed,
        )

    def check_own_training(self) -> None:
        own_training.check(self.network, self.gives_probabilities)

    def summary(self) -> str:
        """Returns a table of what has masks, and what has none and why."""
        rows = [
            (name, mask.shape, f"{mask.size:,} weights")
            for name, mask in self.masks.items()
        ]
        rows += [
            (each.name, each.shape, f"not masked: {each.reason}")
            for each in self.not_masked
        ]
        total = sum(mask.size for mask in self.masks.values())
        lines = [
            f"{name:<40} {str(size):<20} {say}" for name, size, say in rows
        ]
        lines.append(f"{len(self.masks)} kernels, {total:,} weights to prune")
        if self.facts:
            lines[-1] += f"; outputs are taken as {self.facts['outputs']}"
        lines.append(HOLDING)
        return "\n".join(lines)


def _strategy(network):
    """The tf.distribute.Strategy in whose scope a network was made."""
    found = (
        getattr(variable.value, "distribute_strategy", None)
        for variable in network.variables
    )
    default = tf.distribute.get_strategy()
    return next((each for each in found if each is not None), default)


def _drawn(build, seed):
    """Weights of a network that is built with all of Keras's seeds set."""
    with seeded(seed):
        network = build()
    named = network_variables.named(network, kernels.find(network))
    return {name: variable.numpy() for name, (_, variable) in named.items()}
