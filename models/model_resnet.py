"""The ResNets of CIFAR-10: ResNet-20, 32, 44, 56 and 110."""

from lottery_ticket.foundations import model_base
from lottery_ticket.models import residual, shapes


class ModelResnet(model_base.ModelBase):
    """Three stages of 16, 32 and 64 filters, of (depth - 2) / 6 blocks each.

    Source: He et al. 2016 (https://arxiv.org/abs/1512.03385), section 4.2.
    ResNet-20 (10 classes) is of 274K weights, 270K of them convolutional, in
    Frankle & Carbin 2019 (https://arxiv.org/abs/1803.03635), where it is called
    ResNet-18: with projections, kernels have 270,896, 640 of them the head's,
    and all variables, running statistics included, 274,042. Sreenivasan et al.
    2022 (https://arxiv.org/abs/2202.12002) pad: 268,336 in kernels.
    """

    def __init__(
        self,
        input_shape=(32, 32, 3),
        num_classes=10,
        depth=20,
        width=1,
        shortcut="projection",
        affine=True,
        use_bias=True,
        kernel_initializer="glorot_normal",
        presets=None,
        masks=None,
    ):
        """Builds the network, block by block.

        What is not said here is as for `registry.create`, ModelBase and Pieces.

        Args:
            depth: Layers with weights, shortcuts aside: 6n + 2.
            width: Multiplier of all filters.
            shortcut: Where a block changes the shape: projection, by a
                1x1 convolution and a norm, or pad, by every second pixel and
                channels of zeros.
            use_bias: Whether logits have a bias, as Frankle & Carbin's have
                and Sreenivasan et al.'s have not.

        Raises:
            ValueError: If an option has an impossible value, or images are
                smaller than 4x4.
        """
        shapes.check_choice("shortcut", shortcut, ("projection", "pad"))
        if depth < 8 or depth % 6 != 2:
            raise ValueError(
                "depth must be 6n + 2, such as 20, 32, 44, 56 or 110. "
                f"Received: {depth}"
            )
        shapes.check_image(input_shape, 4)
        super().__init__(input_shape, presets=presets, masks=masks)
        pieces = residual.Pieces(self, affine, kernel_initializer)
        skip = pieces.pad if shortcut == "pad" else pieces.projection
        x = pieces.conv("conv0", self.inputs, shapes.scaled(16, width))
        x = pieces.norm("norm0", x)
        for stage in range(3):
            filters = shapes.scaled(16 * 2**stage, width)
            for index in range((depth - 2) // 6):
                name = f"stage{stage}_block{index}"
                strides = 2 if stage and not index else 1
                x = pieces.basic(name, x, filters, strides, skip)
        self.set_outputs(pieces.head(x, num_classes, use_bias))
