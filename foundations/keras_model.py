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
    keras_private,
    kernels,
    mask_constraint,
    network_variables,
    output_kind,
    own_training,
)
from lottery_ticket.foundations.tasks import network_tasks
from lottery_ticket.foundations.values import examples as examples_lib
from lottery_ticket.foundations.values import names, names_0_1_0

register_kernels = kernels.register_kernels
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
        task: str = "auto",
        labels: typing.Any = None,
        as_0_1_0: bool = False,
    ):
        """Finds the kernels and gives them masks.

        Args:
            network: Built, or calling it with `examples` builds it.
            examples: A batch of examples, prepared as the network shall see
                them, an array or a dict or tuple of them: to find out whether
                it accepts them, whether it gives probabilities or logits, and
                whether it would be trained as it says itself. None, for a
                network that is built and not to be trained here, looks at
                nothing.
            build: Function () -> network of this architecture, called for
                fresh draws; None makes every draw the weights as given.
            presets: As for ModelBase, like masks and seed; named by the names
                that Keras shows, or as they are saved. See `LayerNames`.
            outputs: "logits" or "probabilities", if the network's graph and
                its outputs for the examples do not tell; "auto" looks.
            task: A name in task_kinds.KINDS; "auto" is what the network was
                compiled with, or classification.
            labels: Those of the examples, as a DatasetSplit keeps them; only
                for a network that counts as compiled.
            as_0_1_0: Whether kernels of recurrent layers have no masks, and
                variables inside a Bidirectional other names, as in 0.1.0.

        Raises:
            ValueError: If the network does not accept the examples, does not
                give what the task wants, or is compiled for another, has a
                training of its own, or no kernel to prune.
        """
        accepted.check(network)
        super().__init__((), presets=presets, masks=masks, seed=seed)
        if examples is not None:
            self.input_shape = examples_lib.shapes(examples)
        num_outputs = self._compiled = None
        names.check("kind of outputs", outputs, output_kind.KINDS)
        if outputs != "auto":
            self.declared["outputs"] = outputs
        if examples is not None:
            values = accepted.outputs(network, examples)
            num_outputs = keras.tree.flatten(values)[0].shape[-1]
            own_training.check(network)
            name = network_tasks.name_of(network, task, labels)
            found = network_tasks.of(
                network, name, examples, values, labels, outputs
            )
            self.task = found.task or self.task
            self._compiled = keras_private.compiled_as(network)
            if found.kind is not None:
                self.gives_probabilities = found.kind.gives_probabilities
                self.facts = {"outputs": str(found.kind)}
        self._as_0_1_0 = as_0_1_0
        found = accepted.trained_kernels(network, as_0_1_0)
        self.declared |= _beyond_0_1_0(network, found, as_0_1_0)
        self.strategy = _strategy(network)
        names_of = {
            id(variable): name
            for name, (_, variable) in self._named(network, found).items()
        }
        with self.strategy.scope():
            for kernel in found:
                self._mask(names_of[id(kernel)], kernel)
        self._complete(network, num_outputs)
        self.not_masked = kernels.not_masked(network, found, as_0_1_0)
        values = self._built_values
        self._build = lambda seed: self._drawn(build, seed) if build else values
        mask_constraint.hold_in_copies(network)
        self._place(
            self._all_names.values("preset", presets or {}),
            self.layer_names.values("mask", masks or {}),
            seed,
        )

    def check_own_training(self) -> None:
        """Raises if the network trains in a way that fit alone knows."""
        own_training.check(self.network)
        if self.task.name == "classification":
            network_tasks.name_of(self.network, "classification")
            own_training.check_logits(self.network, self.gives_probabilities)
        elif keras_private.compiled_as(self.network) is not self._compiled:
            raise ValueError(
                f"The network {self.network.name!r} has been compiled since it "
                "was made a KerasModel: make it one anew"
            )

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
        kernels = f"{len(self.masks)} kernel{'s' * (len(self.masks) != 1)}"
        lines.append(f"{kernels}, {total:,} weights to prune")
        if self.facts:
            lines[-1] += f"; outputs are taken as {self.facts['outputs']}"
        if self.task.name != "classification":
            lines.append(f"Trained for {self.task.name}: {self.task.words}")
        lines.append(HOLDING)
        return "\n".join(lines)

    def _named(self, network, found):
        return network_variables.named(network, found, (), self._as_0_1_0)

    def _drawn(self, build, seed):
        """Weights of a network that is built with all of Keras's seeds set."""
        with seeded(seed):
            network = build()
        found = kernels.find(network, as_0_1_0=self._as_0_1_0)
        named = self._named(network, found)
        return {name: variable.numpy() for name, (_, variable) in named.items()}


def _strategy(network):
    """The tf.distribute.Strategy in whose scope a network was made."""
    found = (
        getattr(variable.value, "distribute_strategy", None)
        for variable in network.variables
    )
    default = tf.distribute.get_strategy()
    return next((each for each in found if each is not None), default)


def _beyond_0_1_0(network, found, as_0_1_0):
    """Of which kernels masks are that 0.1.0 had not, as JSON values by name."""
    masked = {id(kernel) for kernel in found}
    layers = network_variables.layers(network).values()
    cells = [layer for layer in layers if kernels.is_recurrent(layer)]
    told = {}
    if cells and not as_0_1_0:
        are_masked = any(id(cell.kernel) in masked for cell in cells)
        told[names_0_1_0.RECURRENT] = "masked" if are_masked else "not trained"
    registered = {
        type(layer).__name__: names
        for layer in layers
        if (names := kernels.registered(layer))
    }
    if registered:
        told[names_0_1_0.REGISTERED] = registered
    return told
