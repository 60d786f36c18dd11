"""The ResNets of ImageNet: ResNet-18, 50 and 101."""

import keras

from lottery_ticket.foundations import model_base
from lottery_ticket.models import residual, shapes

# Blocks of each stage, by depth; deeper ones than 18 have bottlenecks.
BLOCKS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}


class ModelResnetImagenet(model_base.ModelBase):
    """Four stages of blocks of 64, 128, 256 and 512 filters.

    Source: He et al. 2016 (https://arxiv.org/abs/1512.03385), table 1, with the
    projections of option B. Weights in kernels, the projections among them:
    11,164,352 for ResNet-18 with the cifar stem and 10 classes, 11,269,312 with
    the imagenet stem and 200, 25,502,912 for ResNet-50 and 1000 classes.
    """

    def __init__(
        self,
        input_shape=(224, 224, 3),
        num_classes=1000,
        depth=18,
        stem="imagenet",
        mask_shortcuts=True,
        affine=True,
        use_bias=True,
        kernel_initializer="glorot_normal",
        presets=None,
        masks=None,
    ):
        """Builds the network, block by block.

        What is not said here is as for `registry.create`, ModelBase and Pieces.

        Args:
            depth: Layers with weights, shortcuts aside: 18, 50 or 101.
            stem: imagenet, a 7x7 convolution and a max pooling that divide
                height and width by 4; or cifar, a 3x3 convolution that does
                not.
            mask_shortcuts: Whether convolutions of shortcuts have masks.
                Without, none is pruned or counted, as in the ImageNet networks
                of Sreenivasan et al. 2022's code
                (https://arxiv.org/abs/2202.12002): their densities are of
                11,097,280 weights of ResNet-18 at 200 classes, where 172,032
                more stay, and of 22,734,016 of ResNet-50 at 1000 classes, where
                2,768,896 more stay.
            use_bias: Whether logits have a bias.

        Raises:
            ValueError: If an option has an impossible value, or images are
                smaller than 32x32, 8x8 with the cifar stem.
        """
        shapes.check_choice("depth", depth, BLOCKS)
        shapes.check_choice("stem", stem, ("imagenet", "cifar"))
        shapes.check_image(input_shape, 32 if stem == "imagenet" else 8)
        super().__init__(input_shape, presets=presets, masks=masks)
        pieces = residual.Pieces(self, affine, kernel_initializer)
        block = pieces.basic if depth == 18 else pieces.bottleneck
        skip = (
            pieces.projection if mask_shortcuts else pieces.unmasked_projection
        )
        x = _stem(pieces, self.inputs, stem)
        for stage, blocks in enumerate(BLOCKS[depth]):
            for index in range(blocks):
                name = f"stage{stage}_block{index}"
                strides = 2 if stage and not index else 1
                x = block(name, x, 64 * 2**stage, strides, skip)
        self.set_outputs(pieces.head(x, num_classes, use_bias))


def _stem(pieces, x, stem):
    """The convolution before the first block, and its pooling."""
    if stem == "cifar":
        return pieces.norm("norm0", pieces.conv("conv0", x, 64))
    x = pieces.norm("norm0", pieces.conv("conv0", x, 64, 7, 2))
    # After a ReLU, a 0 is never above a window's maximum: it pads like the
    # minus infinity that PyTorch's max pooling pads.
    return keras.layers.MaxPooling2D(3, 2)(keras.layers.ZeroPadding2D(1)(x))
