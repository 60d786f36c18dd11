"""VGG-11, 13, 16 and 19 with batch normalisation, for small images."""

import keras

from lottery_ticket.foundations import model_base
from lottery_ticket.models import residual, shapes

# Convolutions of each block, by depth.
CONVS = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}


class ModelVgg(model_base.ModelBase):
    """Five blocks of 3x3 convolutions with norms, and a single dense layer.

    Layers are named conv0, norm0, conv1, ... and logits.

    Source: Simonyan & Zisserman 2015 (https://arxiv.org/abs/1409.1556), table
    1, columns A, B, D and E, with norms and without the two hidden dense
    layers. VGG-19 is of 20.0M weights (20,024,000 in kernels at 10 classes) in
    Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635); VGG-16 of
    14,715,584 in Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002).
    """

    def __init__(
        self,
        input_shape=(32, 32, 3),
        num_classes=10,
        depth=16,
        width=1,
        last_pooling="max",
        affine=True,
        use_bias=True,
        kernel_initializer="glorot_normal",
        presets=None,
        masks=None,
    ):
        """Builds the network, layer by layer.

        What is not said here is as for `registry.create`, ModelBase and Pieces.

        Args:
            depth: 11, 13, 16 or 19: of the original's layers with weights, two
                of which are left out here.
            width: Multiplier of all filters.
            last_pooling: What follows the last block: max, a max pooling like
                the other blocks' (Sreenivasan et al.), or average, none of it
                (Frankle & Carbin). The average over all pixels that are left
                comes after either.
            use_bias: Whether logits have a bias, as Frankle & Carbin's have
                and Sreenivasan et al.'s have not.

        Raises:
            ValueError: If an option has an impossible value, or images are
                smaller than 32x32, 16x16 with last_pooling="average".
        """
        shapes.check_choice("depth", depth, CONVS)
        shapes.check_choice("last_pooling", last_pooling, ("max", "average"))
        poolings = 5 if last_pooling == "max" else 4
        shapes.check_image(input_shape, 2**poolings)
        super().__init__(input_shape, presets=presets, masks=masks)
        pieces = residual.Pieces(self, affine, kernel_initializer)
        x, index = self.inputs, 0
        for block, convs in enumerate(CONVS[depth]):
            filters = shapes.scaled(min(64 * 2**block, 512), width)
            for _ in range(convs):
                x = pieces.conv(f"conv{index}", x, filters)
                x = pieces.norm(f"norm{index}", x)
                index += 1
            if block < poolings:
                x = keras.layers.MaxPooling2D(2)(x)
        self.set_outputs(pieces.head(x, num_classes, use_bias))
