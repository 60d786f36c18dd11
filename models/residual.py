"""What residual networks are made of: convolutions, norms and shortcuts.

All of them name their layers alike, so that patterns select: `*conv*` every
convolution but shortcuts, `*shortcut*` those, `stage0_*` a stage. Convolutions
have no biases, since a norm follows them.
"""

import keras


class Pieces:
    """Adds the pieces of a residual network to a model.

    Strided convolutions pad zeros on every side, as PyTorch's do and so the
    papers' code; TensorFlow's "same" pads below and on the right only.

    In all methods, `name` is a layer's name and `block` what the names of a
    block's layers begin with; `x` is a symbolic tensor, shape (batch, height,
    width, channels); `filters` is the number of outputs; `strides` are pixels
    from one output to the next; and `shortcut` is a method such as
    `projection`, of block, x, filters and strides.
    """

    def __init__(self, model, affine=True, kernel_initializer="glorot_normal"):
        """Adds nothing yet; affine is whether norms have gamma and beta."""
        self.model = model
        self.affine = affine
        self.kernel_initializer = kernel_initializer

    def conv(self, name, x, filters, kernel_size=3, strides=1):
        """Returns a convolution of x that pads half its odd kernel's size."""
        return self.model.conv2d_layer(
            name,
            x,
            filters,
            kernel_size,
            strides,
            padding(kernel_size, strides),
            use_bias=False,
            kernel_initializer=self.kernel_initializer,
        )

    def norm(self, name, x, relu=True):
        """Returns x, batch-normalised, then without its negative part."""
        x = self.model.norm_layer(name, x, affine=self.affine)
        return keras.layers.ReLU()(x) if relu else x

    def basic(self, block, x, filters, strides, shortcut):
        """Returns a block of two 3x3 convolutions, added to its shortcut.

        The first convolution has the strides.

        Source: He et al. 2016 (https://arxiv.org/abs/1512.03385), figure 5.
        """
        convs = (filters, 3, strides), (filters, 3, 1)
        return self._added(block, x, convs, strides, shortcut)

    def bottleneck(self, block, x, filters, strides, shortcut):
        """Returns a 1x1, a 3x3 and a 1x1 convolution, added to the shortcut.

        The 3x3 convolution has the strides, as in PyTorch's networks; in the
        paper, the first 1x1 has. The last has 4 times the filters.

        Source: He et al. 2016 (https://arxiv.org/abs/1512.03385), figure 5.
        """
        convs = (filters, 1, 1), (filters, 3, strides), (4 * filters, 1, 1)
        return self._added(block, x, convs, strides, shortcut)

    def _added(self, block, x, convs, strides, shortcut):
        """Convolutions and norms, added to the shortcut without a ReLU."""
        y = x
        for index, (filters, size, own_strides) in enumerate(convs):
            y = self.conv(f"{block}_conv{index}", y, filters, size, own_strides)
            is_last = index == len(convs) - 1
            y = self.norm(f"{block}_norm{index}", y, relu=not is_last)
        y = keras.layers.Add()([y, shortcut(block, x, filters, strides)])
        return keras.layers.ReLU()(y)

    def projection(self, block, x, filters, strides):
        """Returns a 1x1 convolution and norm of x, or x where shapes agree.

        Source: He et al. 2016 (https://arxiv.org/abs/1512.03385), option B.
        """
        return self._projected(self.conv, block, x, filters, strides)

    def unmasked_projection(self, block, x, filters, strides):
        """Returns what `projection` does, by a convolution without a mask."""

        def conv(name, x, filters, kernel_size, strides):
            return keras.layers.Conv2D(
                filters,
                kernel_size,
                strides,
                use_bias=False,
                kernel_initializer=self.kernel_initializer,
                name=name,
            )(x)

        return self._projected(conv, block, x, filters, strides)

    def _projected(self, conv, block, x, filters, strides):
        if strides == 1 and x.shape[-1] == filters:
            return x
        x = conv(f"{block}_shortcut", x, filters, 1, strides)
        return self.norm(f"{block}_shortcut_norm", x, relu=False)

    def pad(self, block, x, filters, strides):
        """Returns every `strides`-th pixel of x, between channels of zeros.

        Source: He et al. 2016 (https://arxiv.org/abs/1512.03385), option A:
        no weights. The zeros go half below and half above the channels, as in
        the code of Sreenivasan et al. 2022. Outputs are not fewer than x's
        channels.
        """
        del block  # There is nothing to name.
        if strides > 1:
            x = keras.layers.AveragePooling2D(1, strides)(x)
        new = filters - x.shape[-1]
        if not new:
            return x
        # Channels are the last axis, which Keras pads only as if it were the
        # width of images whose channels come first.
        return keras.layers.ZeroPadding2D(
            ((0, 0), (new // 2, new - new // 2)), data_format="channels_first"
        )(x)

    def head(self, x, num_classes, use_bias=True):
        """Returns the logits of each channel's mean."""
        return self.model.dense_layer(
            "logits",
            keras.layers.GlobalAveragePooling2D()(x),
            num_classes,
            use_bias=use_bias,
            kernel_initializer=self.kernel_initializer,
        )


def padding(kernel_size: int, strides: int) -> str | int:
    """Returns the padding that PyTorch's networks have, of an odd kernel."""
    if kernel_size == 1:
        return "valid"
    return "same" if strides == 1 else kernel_size // 2
