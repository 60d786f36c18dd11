"""MobileNetV2, for small images."""

import typing

import keras

from lottery_ticket.foundations import model_base
from lottery_ticket.models import residual, shapes

# (expansion, filters, blocks, strides of the first block) of each stage.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 1),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


class ModelMobilenetV2(model_base.ModelBase):
    """Inverted residuals: 1x1, depthwise 3x3 and linear 1x1 convolutions.

    Source: Sandler et al. 2018 (https://arxiv.org/abs/1801.04381), table 2. As
    Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002) have it for
    CIFAR-10: 2,261,824 weights in 58 kernels at 10 classes.
    Differs: from Sandler et al., as Sreenivasan et al. do: the first layer and
    the stage of 24 filters have strides of 1; ReLU, not ReLU6; the first block
    has its 1x1 convolution too, though it does not expand; blocks of strides 1
    that change the number of channels have a shortcut, by projection.
    """

    def __init__(
        self,
        input_shape=(32, 32, 3),
        num_classes=10,
        affine=True,
        use_bias=True,
        kernel_initializer="glorot_normal",
        presets=None,
        masks=None,
    ):
        """Builds the network, block by block.

        What is not said here is as for `registry.create`, ModelBase and Pieces.

        Args:
            use_bias: Whether logits have a bias, which Sreenivasan et al.'s
                have not.
            kernel_initializer: Of all layers, as for Keras; of depthwise ones
                with the fans of `per_channel`.

        Raises:
            ValueError: If images are smaller than 8x8.
        """
        shapes.check_image(input_shape, 8)
        super().__init__(input_shape, presets=presets, masks=masks)
        pieces = residual.Pieces(self, affine, kernel_initializer)
        x = pieces.norm("norm0", pieces.conv("conv0", self.inputs, 32))
        for stage, (expansion, filters, blocks, strides) in enumerate(STAGES):
            for index in range(blocks):
                name = f"stage{stage}_block{index}"
                own_strides = 1 if index else strides
                x = _block(pieces, name, x, expansion, filters, own_strides)
        x = pieces.norm("norm1", pieces.conv("conv1", x, 1280, 1))
        self.set_outputs(pieces.head(x, num_classes, use_bias))


def per_channel(initializer, channels: int):
    """Returns an initialiser whose fans, for depthwise kernels, are PyTorch's.

    Keras counts the channels into the fan-in of a kernel of shape (height,
    width, channels, 1), PyTorch into the fan-out: for 3x3, 9 in and
    9 * channels out. Glorot's initialisers average the two and stay as they
    are.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), whose
    initialisers have a fan-in of 9 for these kernels.
    """
    initializer = _known(initializer)
    if not type(initializer).__module__.startswith("keras."):
        return PerChannel(initializer)
    mode = getattr(initializer, "mode", None)
    if mode not in ("fan_in", "fan_out"):
        return initializer
    # Keras's own class, so that a saved network needs none of ours to load.
    return keras.initializers.VarianceScaling(
        initializer.scale * channels ** (1 if mode == "fan_in" else -1),
        mode,
        initializer.distribution,
        initializer.seed,
    )


class PerChannel(keras.initializers.Initializer):
    """Draws a depthwise kernel by an initialiser that is not Keras's.

    It sees the shape (height, width, 1, channels), which has PyTorch's fans.
    """

    def __init__(self, initializer, seed=None):
        """Draws nothing yet; a seed counts instead of the initialiser's own."""
        self.initializer = _known(initializer)
        self.seed = seed
        config = self.initializer.get_config()
        if seed is not None and "seed" in config:
            self.initializer = type(self.initializer).from_config(
                {**config, "seed": seed}
            )

    def __call__(self, shape, dtype=None):
        """Returns a draw of (height, width, channels, multiplier)."""
        height, width, channels, multiplier = shape
        outputs = channels * multiplier
        drawn = self.initializer((height, width, 1, outputs), dtype=dtype)
        return keras.ops.reshape(drawn, shape)

    def get_config(self):
        """Returns the arguments; the initialiser itself, not as JSON."""
        return {"initializer": self.initializer, "seed": self.seed}


def _known(initializer) -> typing.Any:
    return keras.initializers.get(initializer)


def _block(pieces, block, x, expansion, filters, strides):
    """A block's layers; no ReLU after the last convolution, nor the sum."""
    y = pieces.conv(f"{block}_conv0", x, expansion * x.shape[-1], 1)
    y = pieces.norm(f"{block}_norm0", y)
    y = pieces.model.depthwise_conv2d_layer(
        f"{block}_conv1",
        y,
        3,
        strides,
        residual.padding(3, strides),
        use_bias=False,
        depthwise_initializer=per_channel(
            pieces.kernel_initializer, y.shape[-1]
        ),
    )
    y = pieces.norm(f"{block}_norm1", y)
    y = pieces.conv(f"{block}_conv2", y, filters, 1)
    y = pieces.norm(f"{block}_norm2", y, relu=False)
    if strides > 1:
        return y
    return keras.layers.Add()([y, pieces.projection(block, x, filters, 1)])
