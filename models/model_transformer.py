"""A small transformer that reads a sequence of words."""

import keras

from lottery_ticket.foundations import model_base
from lottery_ticket.models import model_vit


class ModelTransformer(model_base.ModelBase):
    """Vectors of words, blocks of attention and two dense layers, a mean.

    Layers are block0_attention (four kernels), block0_dense0, block0_dense1,
    ... and logits, as of ModelVit. Vectors of words and places have no masks.
    Places that hold 0, which fills sequences up, take no part: nothing attends
    to them, and the mean is of the others.

    Source: Vaswani et al. 2017 (https://arxiv.org/abs/1706.03762), the encoder.
    Differs: norms come first in each half of a block, as in Xiong et al. 2020
    (https://arxiv.org/abs/2002.04745); places are learned; kernels are
    Glorot's.
    """

    def __init__(
        self,
        input_shape=(11,),
        num_classes=10,
        vocabulary_size=13,
        blocks=2,
        units=32,
        heads=4,
        dropout=None,
        kernel_initializer="glorot_normal",
        presets=None,
        masks=None,
    ):
        """Builds the network, layer by layer.

        What all networks take is as for `registry.create` and ModelBase.

        Args:
            input_shape: (places,): how many words a sequence has.
            vocabulary_size: Words are whole numbers below this, and 0 is none.
            blocks: As for ModelVit, like units, heads and dropout.
        """
        if len(input_shape) != 1:
            raise ValueError(
                "input_shape must be (places,) of a sequence of words. "
                f"Received: {tuple(input_shape)}"
            )
        super().__init__(input_shape, presets=presets, masks=masks)
        x = keras.layers.Embedding(
            vocabulary_size, units, mask_zero=True, name="words"
        )(self.inputs)
        x = model_vit.Positions(name="places")(x)
        for index in range(blocks):
            x = model_vit.block(
                self, f"block{index}", x, heads, dropout, kernel_initializer
            )
        x = keras.layers.GlobalAveragePooling1D()(model_vit.norm("norm", x))
        self.set_outputs(
            self.dense_layer(
                "logits", x, num_classes, kernel_initializer=kernel_initializer
            )
        )
