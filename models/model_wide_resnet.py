"""Wide ResNets, whose blocks norm before they convolve: WRN-28-k."""

import keras

from lottery_ticket.foundations import model_base
from lottery_ticket.models import residual, shapes


class ModelWideResnet(model_base.ModelBase):
    """Three stages of 16k, 32k and 64k filters, of (depth - 4) / 6 blocks.

    Source: Zagoruyko & Komodakis 2016 (https://arxiv.org/abs/1605.07146), table
    1, without dropout. WRN-28-2 has 1,463,984 weights in 29 kernels (10
    classes), as in Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002).
    """

    def __init__(
        self,
        input_shape=(32, 32, 3),
        num_classes=10,
        depth=28,
        width=2,
        affine=True,
        use_bias=True,
        kernel_initializer="glorot_normal",
        presets=None,
        masks=None,
    ):
        """Builds the network, block by block.

        What is not said here is as for `registry.create`, ModelBase and Pieces.

        Args:
            depth: Layers with weights, head aside: 6n + 4.
            width: The k of WRN-28-k: multiplier of all filters but the first
                layer's 16.
            use_bias: Whether logits have a bias, which Sreenivasan et al.'s
                have not.

        Raises:
            ValueError: If an option has an impossible value, or images are
                smaller than 4x4.
        """
        if depth < 10 or depth % 6 != 4:
            raise ValueError(
                f"depth must be 6n + 4, such as 16 or 28. Received: {depth}"
            )
        shapes.check_image(input_shape, 4)
        super().__init__(input_shape, presets=presets, masks=masks)
        pieces = residual.Pieces(self, affine, kernel_initializer)
        x = pieces.conv("conv0", self.inputs, 16)
        for stage in range(3):
            filters = shapes.scaled(16 * 2**stage, width)
            for index in range((depth - 4) // 6):
                name = f"stage{stage}_block{index}"
                strides = 2 if stage and not index else 1
                x = _block(pieces, name, x, filters, strides)
        x = pieces.norm("norm", x)
        self.set_outputs(pieces.head(x, num_classes, use_bias))


def _block(pieces, block, x, filters, strides):
    """Norm, convolution, norm, convolution; nothing follows the sum.

    Where the shape changes, the shortcut is a convolution of the normed input.
    """
    normed = pieces.norm(f"{block}_norm0", x)
    y = pieces.conv(f"{block}_conv0", normed, filters, 3, strides)
    y = pieces.norm(f"{block}_norm1", y)
    y = pieces.conv(f"{block}_conv1", y, filters)
    if strides > 1 or x.shape[-1] != filters:
        x = pieces.conv(f"{block}_shortcut", normed, filters, 1, strides)
    return keras.layers.Add()([y, x])
