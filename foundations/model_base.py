"""ModelBase: a plain Keras network whose kernels have masks and presets."""

import hashlib
import json
import re

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations import (
    mask_constraint,
    names,
    save_restore,
    seeds,
)
from lottery_ticket.foundations import masks as masks_lib

Network = dict[str, np.ndarray]


class ModelBase:
    """A network to subclass: layers with masks come from builders.

    A subclass builds its network in `__init__` from `self.inputs`, with
    builders such as `dense_layer` for what shall have masks and plain Keras
    layers for the rest, and ends with `self.set_outputs(logits)`.

    Attributes:
        inputs: Symbolic input, shape (batch,) + input_shape.
        network: The `keras.Model`, for `summary()`, `evaluate`, `save`.
        masks: Dict, layer name -> uint8 array of the kernel's shape.
        weights: Dict, name -> array: all that the network computes with.
        programs: What the trainer compiled for this network, kept so that
            31 levels compile once.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        presets: Network | None = None,
        masks: Network | None = None,
        seed: int = 0,
    ):
        """Starts an empty network.

        Args:
            input_shape: Shape of one example.
            presets: Dict, name -> array to start from; entries that are not
                named are drawn. Kernels are named by their layer (`layer0`),
                other variables `layer0_bias` and so on.
            masks: Dict, layer name -> array of 0s and 1s; 1 means kept. None,
                and layers not named, keep everything.
            seed: Seed of the draw; `reset` can draw again from another.
        """
        self.inputs = keras.Input(tuple(input_shape))
        self.network = None
        self.programs = {}
        self._given = {"presets": presets, "masks": masks, "seed": seed}
        self._constraints = {}
        self._variables = {}
        self._built_values = {}

    def dense_layer(
        self,
        name: str,
        inputs,
        units: int,
        activation=None,
        use_bias: bool = True,
        kernel_initializer="glorot_normal",
    ):
        """Adds a dense layer with a maskable kernel; mirrors keras's Dense.

        Source: Glorot normal kernels and zero biases are Frankle & Carbin
        2019's (https://arxiv.org/abs/1803.03635), figure 2.

        Args:
            name: Name of the layer, and of its kernel in networks and masks.
            inputs: Symbolic tensor, shape (batch, ..., features).
            units: Number of outputs.
            activation: As for Keras: a name, a function or None.
            use_bias: Whether to add a bias; it starts at 0, is never masked.
            kernel_initializer: As for Keras.

        Returns:
            Symbolic tensor, shape (batch, ..., units).

        Raises:
            ValueError: If the name is taken or cannot name a file.
        """
        layer = keras.layers.Dense(
            units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            name=name,
        )
        outputs = layer(inputs)
        self._register(name, layer.kernel)
        return outputs

    def set_outputs(self, logits) -> None:
        """Completes the network, and gives it its presets and masks.

        Args:
            logits: Symbolic tensor, shape (batch, classes).

        Raises:
            ValueError: If variables cannot be told apart by name or cannot be
                drawn from a seed, or presets or masks do not fit the network.
        """
        self.network = keras.Model(self.inputs, logits)
        self._variables = _named_variables(self.network, self._constraints)
        self._built_values = {
            name: variable.numpy()
            for name, (_, variable) in self._variables.items()
        }
        self._check_can_be_drawn()
        self.reset(**self._given)

    def reset(
        self,
        presets: Network | None = None,
        masks: Network | None = None,
        seed: int = 0,
    ) -> "ModelBase":
        """Gives all variables and masks new values; compiles nothing anew.

        Args:
            presets: As for `__init__`.
            masks: As for `__init__`.
            seed: Seed of the draw of entries that presets do not name, and of
                layers that are random in training, such as Dropout.

        Returns:
            This model.

        Raises:
            ValueError: If a name is unknown, a shape differs from the
                network's, or a mask holds other values than 0 and 1.
        """
        presets, masks = presets or {}, masks or {}
        masks_lib.check(masks, self._shapes(self._constraints))
        _check_presets(presets, self._shapes(self._variables))
        for name, constraint in self._constraints.items():
            kept = masks.get(name, np.ones(constraint.mask.shape))
            constraint.mask.assign(np.asarray(kept, bool))
        for name, value in {**self.draw(seed), **presets}.items():
            kept = masks.get(name)
            value = value if kept is None else np.where(kept, value, 0)
            self._variables[name][1].assign(value)
        for index, state in enumerate(self._random_variables()):
            state.assign([seeds.derive(seed, "dropout", index), 0])
        return self

    def draw(self, seed: int) -> Network:
        """Returns a fresh, unmasked draw of all variables.

        Each variable draws from a seed of its own, derived from `seed` and its
        name.

        Args:
            seed: An integer.
        """
        network = dict(self._built_values)
        for name, (layer, variable) in self._variables.items():
            initializer = _initializer(layer, variable)
            if initializer is not None:
                config = initializer.get_config()
                if "seed" in config:
                    config["seed"] = seeds.derive(seed, name)
                drawn = type(initializer).from_config(config)
                network[name] = np.asarray(drawn(variable.shape, "float32"))
        return network

    def create_loss_and_accuracy(self, labels, logits):
        """Returns mean softmax cross-entropy and accuracy of a batch.

        Training and evaluation use no other loss: override it for another.

        Args:
            labels: Class indices, int32, shape (batch,).
            logits: Shape (batch, classes).

        Returns:
            Pair of scalars: loss in nats, accuracy in [0, 1].
        """
        logits = tf.cast(logits, tf.float32)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        predicted = tf.argmax(logits, -1, output_type=tf.int32)
        hits = tf.cast(tf.equal(predicted, labels), tf.float32)
        return tf.reduce_mean(losses), tf.reduce_mean(hits)

    @property
    def identity(self) -> dict:
        """What the network is and where it stands, as JSON values."""
        layers = list(self.network._flatten_layers(include_self=False))
        text = json.dumps(
            [type(self).__name__, [_config(layer) for layer in layers]],
            default=lambda value: type(value).__name__,
            sort_keys=True,
        )
        for index, layer in enumerate(layers):
            # Automatic names count upwards, so they differ between runs.
            text = text.replace(f'"{layer.name}"', f'"{index}"')
        states = {
            f"state {index}": state.numpy()
            for index, state in enumerate(self._random_variables())
        }
        return {
            "network": hashlib.sha256(text.encode()).hexdigest(),
            "initial": save_restore.checksum({**self.weights, **states}),
            "masks": save_restore.checksum(self.masks),
        }

    def get_current_weights(self) -> Network:
        """Returns all that the network computes with, name -> array."""
        return {
            name: variable.numpy()
            for name, (_, variable) in self._variables.items()
        }

    @property
    def weights(self) -> Network:
        """The same as `get_current_weights()`."""
        return self.get_current_weights()

    @property
    def masks(self) -> Network:
        """Masks in force, layer name -> uint8 array."""
        return {
            name: constraint.mask.numpy().astype(np.uint8)
            for name, constraint in self._constraints.items()
        }

    def _register(self, name, kernel):
        if name in self._constraints or not re.fullmatch(r"[\w.-]+", name):
            raise ValueError(
                "A layer's name must be new, and made of letters, digits, "
                f"'_', '-' and '.'. Received: {name!r}"
            )
        constraint = mask_constraint.MaskConstraint(kernel.shape)
        kernel.constraint = constraint
        self._constraints[name] = constraint

    def _random_variables(self):
        """States of layers that are random in training."""
        weights = {id(variable) for variable in self.network.weights}
        variables = self.network.variables
        return [v for v in variables if id(v) not in weights]

    def _check_can_be_drawn(self):
        for name, (layer, variable) in self._variables.items():
            built = self._built_values[name]
            is_constant = built.size and (built == built.flat[0]).all()
            if _initializer(layer, variable) is None and not is_constant:
                raise ValueError(
                    f"The variable {name!r} cannot be drawn from a seed: its "
                    f"layer has no attribute {variable.name}_initializer that "
                    "is a Keras initialiser"
                )

    def _shapes(self, named):
        return {name: self._variables[name][1].shape for name in named}


def _named_variables(network, kernels):
    """Returns dict, name -> (layer, variable), of all but random states."""
    named = {}
    for layer in network.layers:
        if layer.name not in kernels:
            _check_has_own_name(layer)
        for variable in layer.weights:
            is_kernel = layer.name in kernels and variable is layer.kernel
            name = layer.name + ("" if is_kernel else f"_{variable.name}")
            if name in named:
                raise ValueError(
                    f"Two variables would be saved as {name!r}. Give their "
                    "layers other names, and use no networks inside networks."
                )
            named[name] = layer, variable
    return named


def _config(layer):
    """Class and settings of a layer; custom ones may not tell theirs."""
    try:
        return type(layer).__name__, layer.get_config()
    except NotImplementedError:
        return type(layer).__name__, None


def _initializer(layer, variable):
    """The Keras initialiser that a variable was drawn from, or None."""
    initializer = getattr(layer, f"{variable.name}_initializer", None)
    is_known = isinstance(initializer, keras.initializers.Initializer)
    return initializer if is_known else None


def _check_has_own_name(layer):
    """Automatic names count upwards, so they would differ between runs."""
    class_name = re.sub(r"\W+", "", type(layer).__name__)
    automatic = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", class_name)
    automatic = re.sub(r"([a-z])([A-Z])", r"\1_\2", automatic).lower()
    if layer.weights and re.fullmatch(rf"{automatic}(_\d+)?", layer.name):
        raise ValueError(
            f"Layer {layer.name!r} has weights, which are saved by its name: "
            f"give it one, such as {type(layer).__name__}(..., name='hidden')."
        )


def _check_presets(presets, shapes):
    for name, preset in presets.items():
        names.check("preset", name, shapes)
        if np.shape(preset) != tuple(shapes[name]):
            raise ValueError(
                f"The preset {name!r} must have the shape of its variable, "
                f"{tuple(shapes[name])}. Received: {np.shape(preset)}"
            )
