"""ModelBase: a plain Keras network whose kernels have masks and presets."""

import hashlib
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.networks import (
    flops,
    flow,
    keras_private,
    kernels,
    layer_builders,
    layer_names,
    mask_constraint,
    network_variables,
    output_kind,
)
from lottery_ticket.foundations.records import save_restore
from lottery_ticket.foundations.selection import granularity
from lottery_ticket.foundations.tasks import classification
from lottery_ticket.foundations.tasks import task as task_lib
from lottery_ticket.foundations.training import trainee
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.foundations.values import seeds, task_kinds, user_code

Network = dict[str, np.ndarray]


class ModelBase(layer_builders.LayerBuilders, trainee.Trainee):
    """A network to subclass: layers with masks come from builders.

    A subclass builds its network in `__init__` from `self.inputs`, with
    builders such as `dense_layer` for what shall have masks and plain Keras
    layers for the rest, and ends with `self.set_outputs(logits)`. What it has
    for the trainer, `Trainee` says.

    Attributes:
        inputs: Symbolic input, shape (batch,) + input_shape.
        network: The `keras.Model`, for `summary()`, `evaluate`, `save`.
        compiled: What scores, searches and evaluations of masks compiled for
            it, kept as `programs` are.
        gives_probabilities: Whether its outputs are probabilities, not logits.
        declared: Dict of what was said of it, beside what it is; recorded.
        facts: See Trainee, like task.
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
            presets: Dict, name -> array to start from; entries that are not
                named are drawn. Kernels are named by their layer (`layer0`),
                other variables `layer0_bias` and so on.
            masks: Dict, layer name -> array of 0s and 1s; 1 means kept. None,
                and layers not named, keep everything.
            seed: Seed of the draw; `reset` can draw again from another.
        """
        super().__init__(input_shape)
        self.network = None
        self.num_outputs = None
        self.gives_probabilities = False
        self.declared = {}
        self.facts = {}
        self.holds = False
        self.task: task_lib.Task = classification.Classification(
            self.create_loss_and_accuracy
        )
        self.programs = {}
        self.compiled = {}
        self.strategy = tf.distribute.get_strategy()
        self._given = {"presets": presets, "masks": masks, "seed": seed}
        self._variables = {}
        self._built_values = {}
        self._random_states = {}
        self._positions: dict[str, int] | None = None
        self._build = None
        self._as_0_1_0 = False  # See KerasModel.

    def set_outputs(self, logits: keras.KerasTensor) -> None:
        """Completes the network, and gives it its presets and masks.

        Args:
            logits: Symbolic tensor, shape (batch, classes).

        Raises:
            ValueError: If variables cannot be drawn from a seed, or presets or
                masks do not fit the network.
        """
        self._complete(keras.Model(self.inputs, logits), logits.shape[-1])
        network_variables.check_can_be_drawn(
            self._variables, self._built_values
        )
        self.reset(**self._given)

    def reset(
        self,
        presets: Network | None = None,
        masks: Network | None = None,
        seed: int = 0,
        hold: bool = False,
    ) -> "ModelBase":
        """Gives all variables and masks new values; compiles nothing anew.

        Args:
            presets: As for `__init__`, like masks; named as `weights` and
                `masks` have them, or by the names that Keras shows. See
                `LayerNames.saved`.
            seed: Seed of the draw of entries that presets do not name, and of
                layers that are random in training, such as Dropout.
            hold: Whether pruned weights are held at their presets, not at 0.
                The first time, a loop of one's own must be traced anew.

        Raises:
            ValueError: If a name is unknown or of several layers, a shape
                differs from the network's, or a mask holds other values than 0
                and 1.
        """
        presets = self._saved("preset", presets, lambda: self._all_names)
        masks = self._saved("mask", masks, lambda: self.layer_names)
        return self._place(presets, masks, seed, hold)

    def _place(self, presets, masks, seed, hold=False):
        """Does what `reset` says, with names as saved."""
        masks_lib.check(masks, self._shapes(self._constraints))
        network_variables.check_presets(presets, self._shapes(self._variables))
        for constraint in self._constraints.values():
            constraint.mask.assign(np.ones(constraint.mask.shape, bool))
        drawn = {} if set(self._variables) <= set(presets) else self.draw(seed)
        for name, value in {**drawn, **presets}.items():
            if name in masks and not hold:
                value = np.where(masks[name], value, 0)
            self._variables[name][1].assign(value)
        self.holds = hold
        with self.strategy.scope():
            held = self._kernels if hold else None
            if mask_constraint.hold(self._constraints, held):
                self.network.train_function = None  # What `fit` has traced.
        for name, mask in masks.items():
            self._constraints[name].mask.assign(np.asarray(mask, bool))
        for name, state in self._random_states.items():
            state.assign([seeds.derive(seed, name), 0])
        return self

    def draw(self, seed: int) -> Network:
        """Returns a fresh, unmasked draw of all variables.

        Each variable draws from a seed of its own, derived from `seed` and its
        name; a `KerasModel` is built anew with all seeds set to this one.
        """
        if self._build is not None:
            return self._build(seed)
        built = self._built_values
        return network_variables.draw(self._variables, built, seed)

    def create_loss_and_accuracy(
        self,
        labels: tf.Tensor,
        logits: tf.Tensor,
        label_smoothing: float = 0.0,
        weights: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns mean softmax cross-entropy and accuracy of a batch.

        The loss is in nats, the accuracy in [0, 1]. Training and evaluation use
        no other loss while `task` is classification: override it for another.

        Source: label smoothing is Szegedy et al. 2016's
        (https://arxiv.org/abs/1512.00567), section 7.

        Args:
            labels: Class indices, int32, shape (batch,).
            logits: Shape (batch, classes). Of a `KerasModel` that gives
                probabilities, their logarithms count as logits.
            label_smoothing: Share, in [0, 1), of a label's weight that goes
                to all classes alike. Passed on if it is not 0, and in training
                only.
            weights: What the losses are multiplied by before their mean, shape
                (batch,). Passed on if there are any. Accuracy takes none.
        """
        # Keras's losses compute in floatx, too.
        is_wide = keras.config.floatx() == "float64"
        logits = tf.cast(logits, tf.float64 if is_wide else tf.float32)
        logits = self.logits(logits)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        if label_smoothing:
            uniform = -tf.reduce_mean(tf.nn.log_softmax(logits), axis=-1)
            losses += label_smoothing * (uniform - losses)
        if weights is not None:
            losses *= tf.cast(weights, losses.dtype)
        predicted = tf.argmax(logits, -1, output_type=tf.int32)
        hits = tf.cast(tf.equal(predicted, labels), tf.float32)
        return tf.reduce_mean(losses), tf.reduce_mean(hits)

    def logits(self, outputs: tf.Tensor) -> tf.Tensor:
        """Returns the network's outputs as logits, in their own dtype.

        Of probabilities that is what a softmax, or sigmoid, was taken of, which
        is exact where one rounds to 0, and its gradient too; elsewhere,
        logarithms, of odds for a sigmoid.

        Args:
            outputs: As `logits` of `create_loss_and_accuracy`.
        """
        if not self.gives_probabilities:
            return outputs
        activation = task_kinds.KINDS[self.task.name].activation
        before = output_kind.before(outputs, activation)
        if before is not None:
            return tf.reshape(before, tf.shape(outputs))
        tiny = np.finfo(np.float32).tiny
        logits = tf.math.log(tf.maximum(outputs, tiny))
        if activation == "Sigmoid":
            logits -= tf.math.log(tf.maximum(1 - outputs, tiny))
        return logits

    def effective_masks(self, masks: Network) -> Network | None:
        """Returns masks of kept weights on a path from input to output."""
        return flow.effective_masks(self, masks)

    @property
    def positions(self) -> Mapping[str, int]:
        """How often each weight of a layer is used for one example, by layer.

        Looked for once; see `networks.flops.positions`.
        """
        if self._positions is None:
            kernels = {name: self.variables[name] for name in self._constraints}
            self._positions = flops.positions(
                self.network, kernels, self.input_shape
            )
        return self._positions

    def outcome(self) -> dict[str, Network]:
        """Returns what training has left, by the name of its folder."""
        return {"final": self.weights, "masks": self.masks}

    def restore(self, networks: dict[str, Network]) -> None:
        """Puts back what `outcome` gave."""
        self._place(networks["final"], networks["masks"], 0, self.holds)

    def release(self) -> keras.Model:
        """Returns the network without masks: plain Keras, with its weights."""
        for name, kernel in self._kernels.items():
            mask_constraint.detach(kernel, self._constraints[name])
        vars(self.network).pop("__deepcopy__", None)
        return self.network

    @property
    def variables(self) -> dict[str, keras.Variable]:
        """The Keras variables by name, as `weights` has their values."""
        return {name: each for name, (_, each) in self._variables.items()}

    @property
    def layer_names(self) -> layer_names.LayerNames:
        """What users may call the layers with masks."""
        seen = self._seen_names()
        return layer_names.LayerNames({n: seen[n] for n in self._kernels})

    @property
    def identity(self) -> dict:
        """What the network is and where it stands, as JSON values."""
        description = network_variables.description(self.network)
        text = f"{type(self).__name__} {description}"
        states = {n: state.numpy() for n, state in self._random_states.items()}
        layers = keras_private.layers(self.network)
        layers += getattr(self.network, "operations", [])
        own = [type(self), self.network, *layers, *self.task.code]
        code = user_code.identity(*own)
        return {
            **({"code": code} if code else {}),
            "network": hashlib.sha256(text.encode()).hexdigest(),
            "initial": save_restore.checksum({**self.weights, **states}),
            "masks": save_restore.checksum(self.masks),
            **self.declared,
            **self.task.identity,
        }

    def get_current_weights(self) -> Network:
        """Returns the same as `weights`."""
        return self.weights

    @property
    def weights(self) -> Network:
        """All that the network computes with, name -> array."""
        return {name: each.numpy() for name, each in self.variables.items()}

    @property
    def masks(self) -> Network:
        """Masks in force, layer name -> uint8 array."""
        return {
            name: constraint.mask.numpy().astype(np.uint8)
            for name, constraint in self._constraints.items()
        }

    @property
    def kernel_layers(self) -> dict[str, network_variables.Named]:
        """The kernels with masks, and their layers."""
        return {name: self._variables[name] for name in self._constraints}

    @property
    def fans(self) -> dict[str, tuple[int, int]]:
        """Fans of the kernels with masks; see `kernels.fans`."""
        named = self.kernel_layers
        return {name: kernels.fans(*each) for name, each in named.items()}

    @property
    def layouts(self) -> dict[str, granularity.Layout]:
        """Layouts of the kernels with masks; see `kernels.layout`."""
        named = self.kernel_layers
        return {name: kernels.layout(*each) for name, each in named.items()}

    @property
    def depthwise(self) -> list[str]:
        """Names of the depthwise kernels with masks."""
        named = self.kernel_layers
        return [n for n, each in named.items() if kernels.is_depthwise(*each)]

    @property
    def without_flow(self) -> list[str]:
        """Kernels with masks through which no flow is known, as texts.

        A text is the layer's class and the kernel's name; see
        `kernels.adds_up`.
        """
        return [
            f"{type(own.layer).__name__} {name!r}"
            for name, own in self.kernel_layers.items()
            if not kernels.adds_up(*own)
        ]

    @property
    def without_inputs(self) -> list[str]:
        """Kernels with masks whose inputs cannot be looked at, as texts.

        A text is as of `without_flow`; see `kernels.is_plain`. Layers that
        others repeat, step by step, have inputs inside of those alone.
        """
        repeated = kernels.repeated(self.network)
        return [
            f"{type(own.layer).__name__} {name!r}"
            for name, own in self.kernel_layers.items()
            if not kernels.is_plain(own.layer, own.variable)
            or any(own.layer is each for each in repeated)
        ]

    def _complete(self, network, num_outputs):
        """Takes over a network that is built, its kernels masked."""
        self.network = network
        self.num_outputs = num_outputs
        self._random_states = network_variables.random_states(network)
        self._variables = network_variables.named(
            network, self._kernels.values(), self._names, self._as_0_1_0
        )
        self._built_values = self.weights
        if num_outputs is not None:
            layer_names.check_case(self._variables)

    @property
    def _all_names(self):
        """As `layer_names`, of all variables."""
        return layer_names.LayerNames(self._seen_names())

    def _seen_names(self):
        return network_variables.seen_names(
            self.network, self._kernels.values(), self._names, self._as_0_1_0
        )

    def _saved(self, kind, given, find_names):
        """What is given, by names as saved; whole networks always have them."""
        if set(self._kernels) <= set(given or {}) <= set(self._variables):
            return given or {}
        return find_names().saved(kind, given) if given else {}

    def _shapes(self, named):
        return {name: self._variables[name][1].shape for name in named}
