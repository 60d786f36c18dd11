"""LayerBuilders: layers by name, those with kernels under a mask."""

import re
import typing
from collections.abc import Callable

import keras

from lottery_ticket.foundations.networks import keras_private, mask_constraint

# Of all that Keras takes and gives, its own hints know a part.
Initializer = typing.Any  # A str or a keras.initializers.Initializer.
Tensor = typing.Any  # A keras.KerasTensor.


class LayerBuilders:
    """What ModelBase builds layers with; not to subclass by itself.

    In all builders, `name` names the layer, and its kernel in networks and
    masks; `inputs` is a symbolic tensor, channels last; and activation and
    initialisers are as for Keras. Biases start at 0 and are never masked. All
    return a symbolic tensor, and raise ValueError if a name is taken or cannot
    name a file.

    Attributes:
        inputs: Symbolic input, shape (batch,) + input_shape.
        input_shape: Shape of one example.
    """

    def __init__(self, input_shape: tuple[int, ...]):
        """Starts with an input and no layer."""
        self.inputs = keras.Input(tuple(input_shape))
        self.input_shape = tuple(input_shape)
        self._names = set()
        self._kernels = {}
        self._constraints = {}

    def dense_layer(
        self,
        name: str,
        inputs: Tensor,
        units: int,
        activation: str | Callable | None = None,
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_normal",
    ) -> Tensor:
        """Adds a dense layer with a maskable kernel; mirrors keras's Dense.

        Source: Glorot normal kernels and zero biases are Frankle & Carbin
        2019's (https://arxiv.org/abs/1803.03635), figure 2.
        """
        return self._masked(
            keras.layers.Dense,
            name,
            inputs,
            units=units,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
        )

    def conv2d_layer(
        self,
        name: str,
        inputs: Tensor,
        filters: int,
        kernel_size: int = 3,
        strides: int = 1,
        padding: str | int = "same",
        activation: str | Callable | None = None,
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_normal",
    ) -> Tensor:
        """Adds a convolution with a maskable kernel; mirrors keras's Conv2D.

        Args:
            inputs: Symbolic tensor, shape (batch, height, width, channels).
            filters: Number of outputs.
            kernel_size: Height and width of the kernel.
            strides: Pixels from one output to the next.
            padding: As for Keras, "same" or "valid"; or how many zeros to add
                on every side. With strides above 1 the two differ: "same" pads
                below and on the right only where PyTorch, and so most papers'
                code, pads every side.
            activation: As for Keras: a name, a function or None.
            use_bias: Whether to add a bias.
            kernel_initializer: As for Keras.
        """
        return self._masked(
            keras.layers.Conv2D,
            name,
            inputs,
            filters=filters,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
        )

    def depthwise_conv2d_layer(
        self,
        name: str,
        inputs: Tensor,
        kernel_size: int = 3,
        strides: int = 1,
        padding: str | int = "same",
        activation: str | Callable | None = None,
        use_bias: bool = True,
        depthwise_initializer: Initializer = "glorot_normal",
    ) -> Tensor:
        """Adds a depthwise convolution; mirrors keras's DepthwiseConv2D.

        Arguments are those of `conv2d_layer`. Keras counts the channels into
        the fan-in of the kernel, shape (height, width, channels, 1), though
        each output sees only one of them.
        """
        return self._masked(
            keras.layers.DepthwiseConv2D,
            name,
            inputs,
            kernel_size=kernel_size,
            strides=strides,
            padding=padding,
            activation=activation,
            use_bias=use_bias,
            depthwise_initializer=depthwise_initializer,
        )

    def lstm_layer(
        self,
        name: str,
        inputs: Tensor,
        units: int,
        return_sequences: bool = False,
        kernel_initializer: Initializer = "glorot_normal",
    ) -> Tensor:
        """Adds an LSTM whose kernel and recurrent kernel are maskable.

        They are `name.lstm_cell_kernel` and `name.lstm_cell_recurrent_kernel`;
        the latter is drawn orthogonal, as Keras does.

        Args:
            inputs: Symbolic tensor, shape (batch, steps, features).
            return_sequences: Whether the outputs of all steps are returned, or
                the last one's.
        """
        self._take_name(name)
        layer = keras.layers.LSTM(
            units,
            return_sequences=return_sequences,
            kernel_initializer=kernel_initializer,
            name=name,
        )
        outputs = layer(inputs)
        for kernel in (layer.cell.kernel, layer.cell.recurrent_kernel):
            self._mask(f"{name}.{layer.cell.name}_{kernel.name}", kernel)
        return outputs

    def attention_layer(
        self,
        name: str,
        inputs: Tensor,
        heads: int,
        units: int,
        kernel_initializer: Initializer = "glorot_normal",
    ) -> Tensor:
        """Adds attention of a sequence to itself, with four maskable kernels.

        They are `name.query`, `name.key`, `name.value` and
        `name.attention_output`.

        Source: Vaswani et al. 2017 (https://arxiv.org/abs/1706.03762), 3.2.

        Args:
            inputs: Symbolic tensor, shape (batch, places, features).
            heads: Number of heads.
            units: Of each head's queries, keys and values.
        """
        self._take_name(name)
        layer = keras.layers.MultiHeadAttention(
            heads, units, kernel_initializer=kernel_initializer, name=name
        )
        outputs = layer(inputs, inputs)
        for inner in keras_private.children(layer):
            if isinstance(inner, keras.layers.EinsumDense):
                self._mask(f"{name}.{inner.name}", inner.kernel)
        return outputs

    def norm_layer(
        self,
        name: str,
        inputs: Tensor,
        affine: bool = True,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
    ) -> Tensor:
        """Adds batch normalisation; nothing of it is ever masked.

        Its variables are saved as `name_gamma`, `name_beta`,
        `name_moving_mean` and `name_moving_variance`.

        Source: momentum and epsilon are PyTorch's, which the papers with batch
        normalisation used; Keras's own are .99 and 1e-3.
        Differs: the running variance is Keras's, the batch's own, where
        PyTorch multiplies it by n / (n - 1) for n values a channel.

        Args:
            inputs: Symbolic tensor, shape (batch, ..., channels).
            affine: Whether outputs are scaled and shifted by trained gamma and
                beta.
            momentum: Share of the running statistics that a batch leaves.
            epsilon: Added to the variance.
        """
        self._take_name(name)
        layer = keras.layers.BatchNormalization(
            momentum=momentum,
            epsilon=epsilon,
            center=affine,
            scale=affine,
            name=name,
        )
        return layer(inputs)

    def _take_name(self, name):
        if name in self._names or not re.fullmatch(r"[\w.-]+", name):
            raise ValueError(
                "A layer's name must be new, and made of letters, digits, "
                f"'_', '-' and '.'. Received: {name!r}"
            )
        self._names.add(name)

    def _masked(self, kind, name, inputs, **options):
        """Outputs of a new layer, whose kernel it gives a mask."""
        self._take_name(name)
        padding = options.get("padding", "same")
        if not isinstance(padding, str):  # Zeros on every side.
            inputs = keras.layers.ZeroPadding2D(padding)(inputs)
            options["padding"] = "valid"
        layer = kind(name=name, **options)
        outputs = layer(inputs)
        self._mask(name, layer.kernel)
        return outputs

    def _mask(self, name, kernel):
        """Gives a kernel a mask; the masks' order is that of these calls."""
        other = kernel.constraint
        if isinstance(other, mask_constraint.MaskConstraint):
            other = other.other  # A mask of before, never released.
        constraint = mask_constraint.MaskConstraint(kernel.shape, other)
        mask_constraint.attach(kernel, constraint)
        self._kernels[name] = kernel
        self._constraints[name] = constraint
