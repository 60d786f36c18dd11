"""A vision transformer for small images."""

import keras

from lottery_ticket.foundations import model_base
from lottery_ticket.models import shapes


class Positions(keras.layers.Layer):
    """Adds a learned vector to each of a sequence's places."""

    def __init__(self, **options):
        """Draws from a normal distribution of deviation .02, as BERT does."""
        super().__init__(**options)
        self.supports_masking = True  # That of words, which it leaves alone.
        self.positions_initializer = keras.initializers.TruncatedNormal(
            stddev=0.02
        )

    def build(self, input_shape):
        """Makes the vectors."""
        self.positions = self.add_weight(
            shape=tuple(input_shape[1:]),
            initializer=self.positions_initializer,
            name="positions",
        )

    def call(self, inputs):
        """Returns inputs plus the vectors."""
        return inputs + self.positions


class ModelVit(model_base.ModelBase):
    """Patches of pixels, blocks of attention and two dense layers, a mean.

    Layers are patches, block0_attention (four kernels), block0_dense0,
    block0_dense1, ... and logits. Norms come first in each half of a block;
    vectors of places are no kernels, and have no mask.

    Source: Dosovitskiy et al. 2021 (https://arxiv.org/abs/2010.11929), sec. 3.
    Differs: the mean of all places is classified, as in Zhai et al. 2022
    (https://arxiv.org/abs/2106.04560), and kernels are Glorot's.
    """

    def __init__(
        self,
        input_shape=(8, 8, 1),
        num_classes=10,
        blocks=2,
        units=32,
        heads=4,
        dropout=None,
        kernel_initializer="glorot_normal",
        presets=None,
        masks=None,
        patch_pixels=2,
    ):
        """Builds the network, layer by layer.

        What all networks take is as for `registry.create` and ModelBase.

        Args:
            blocks: Their number.
            units: Length of each place's vector; twice as many in between.
            heads: Of each attention; they share the units.
            dropout: Fraction of each half block's outputs to drop in training;
                None drops nothing.
            patch_pixels: Height and width of a patch.
        """
        shapes.check_image(input_shape, patch_pixels)
        super().__init__(input_shape, presets=presets, masks=masks)
        x = self.conv2d_layer(
            "patches",
            self.inputs,
            units,
            kernel_size=patch_pixels,
            strides=patch_pixels,
            padding="valid",
            kernel_initializer=kernel_initializer,
        )
        x = keras.layers.Reshape((-1, units))(x)
        x = Positions(name="places")(x)
        for index in range(blocks):
            name = f"block{index}"
            x = block(self, name, x, heads, dropout, kernel_initializer)
        x = keras.layers.GlobalAveragePooling1D()(norm("norm", x))
        self.set_outputs(
            self.dense_layer(
                "logits", x, num_classes, kernel_initializer=kernel_initializer
            )
        )


def block(model, name, x, heads, dropout, initializer):
    """Returns a sequence behind a block of attention and two dense layers.

    Args:
        model: ModelBase, which its layers are added to.
        name: What their names begin with.
        x: Symbolic tensor, shape (batch, places, units).
        heads: As of ModelVit, like dropout.
        initializer: Of kernels.
    """
    kernel: dict = {"kernel_initializer": initializer}
    units = x.shape[-1]
    y = model.attention_layer(
        f"{name}_attention",
        norm(f"{name}_norm0", x),
        heads,
        units // heads,
        **kernel,
    )
    x = keras.layers.Add()([x, _dropped(y, dropout)])
    y = norm(f"{name}_norm1", x)
    y = model.dense_layer(
        f"{name}_dense0", y, 2 * units, activation="gelu", **kernel
    )
    y = model.dense_layer(f"{name}_dense1", y, units, **kernel)
    return keras.layers.Add()([x, _dropped(y, dropout)])


def norm(name, inputs):
    """Returns a sequence, each place brought to mean 0 and deviation 1."""
    return keras.layers.LayerNormalization(epsilon=1e-6, name=name)(inputs)


def _dropped(inputs, dropout):
    return keras.layers.Dropout(dropout)(inputs) if dropout else inputs
