"""Conv-2, Conv-4 and Conv-6, the lottery ticket paper's convolutional nets."""

import keras

from lottery_ticket.foundations import model_base
from lottery_ticket.models import shapes


class ModelConv(model_base.ModelBase):
    """Blocks of two 3x3 convolutions and a pooling, then three dense layers.

    Layers are named conv0, conv1, ..., dense0, dense1 and logits. No norms.

    Source: Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), fig. 2:
    Conv-2 of 4.3M weights (4,300,992 in kernels at 32x32x3 and 10 classes),
    Conv-4 of 2.4M (2,425,024), Conv-6 of 1.7M (by exact count 2,261,184).
    Conv-8, a block of 512 filters more, is Ramanujan et al. 2020's
    (https://arxiv.org/abs/1911.13299).
    """

    def __init__(
        self,
        input_shape=(32, 32, 3),
        num_classes=10,
        blocks=1,
        dropout=None,
        width=1,
        use_bias=True,
        kernel_initializer="glorot_normal",
        presets=None,
        masks=None,
    ):
        """Builds the network, layer by layer.

        What all networks take is as for `registry.create` and ModelBase.

        Args:
            blocks: 1 for Conv-2, 2 for Conv-4, 3 for Conv-6, 4 for Conv-8.
            dropout: Fraction of the units to drop in training, after each of
                the two hidden dense layers; the paper's is .5, it does not
                say after which layers. None drops nothing.
            width: Multiplier of the units of all hidden layers, convolutional
                and dense, as in Sreenivasan et al. 2022's Conv4
                (https://arxiv.org/abs/2202.12002).
            use_bias: Whether layers have biases, as Frankle & Carbin's have
                and Sreenivasan et al.'s have not.

        Raises:
            ValueError: If an option has an impossible value, or images are
                smaller than 2x2 for Conv-2, 4x4 for Conv-4 and so on.
        """
        shapes.check_choice("blocks", blocks, (1, 2, 3, 4))
        shapes.check_image(input_shape, 2**blocks)
        if not 0 <= (dropout or 0) < 1:
            raise ValueError(
                f"dropout must be in [0, 1) or None. Received: {dropout}"
            )
        super().__init__(input_shape, presets=presets, masks=masks)
        layer = {
            "use_bias": use_bias,
            "kernel_initializer": kernel_initializer,
        }
        x = self.inputs
        for index in range(2 * blocks):
            filters = shapes.scaled(64 * 2 ** (index // 2), width)
            x = self.conv2d_layer(
                f"conv{index}", x, filters, activation="relu", **layer
            )
            if index % 2:
                x = keras.layers.MaxPooling2D(2)(x)
        x = keras.layers.Flatten()(x)
        for name in ("dense0", "dense1"):
            units = shapes.scaled(256, width)
            x = self.dense_layer(name, x, units, activation="relu", **layer)
            if dropout:
                x = keras.layers.Dropout(dropout)(x)
        self.set_outputs(self.dense_layer("logits", x, num_classes, **layer))
