"""An LSTM that reads an image row by row."""

import keras

from lottery_ticket.foundations import model_base
from lottery_ticket.models import shapes


class ModelLstm(model_base.ModelBase):
    """LSTMs named lstm0, lstm1, ..., of which the last one's last state counts.

    Each row of an image is a step of the sequence, all its pixels and channels
    one vector. Recurrent kernels are drawn orthogonal, forget gates begin open.

    Source: Hochreiter & Schmidhuber 1997 (https://doi.org/10.1162/
    neco.1997.9.8.1735); images as sequences are Le et al. 2015's
    (https://arxiv.org/abs/1504.00941), of single pixels there.
    """

    def __init__(
        self,
        input_shape=(8, 8, 1),
        num_classes=10,
        hidden_units=(32,),
        kernel_initializer="glorot_normal",
        presets=None,
        masks=None,
    ):
        """Builds the network, layer by layer.

        What all networks take is as for `registry.create` and ModelBase.

        Args:
            input_shape: (height, width, channels): steps, and what each holds.
            hidden_units: Units of each LSTM, one at least.
        """
        shapes.check_image(input_shape, 1)
        if not hidden_units:
            raise ValueError(
                "hidden_units must name one LSTM at least. Received: "
                f"{hidden_units}"
            )
        super().__init__(input_shape, presets=presets, masks=masks)
        height, width, channels = input_shape
        x = keras.layers.Reshape((height, width * channels))(self.inputs)
        last = len(hidden_units) - 1
        for index, units in enumerate(hidden_units):
            x = self.lstm_layer(
                f"lstm{index}",
                x,
                units,
                return_sequences=index < last,
                kernel_initializer=kernel_initializer,
            )
        self.set_outputs(
            self.dense_layer(
                "logits", x, num_classes, kernel_initializer=kernel_initializer
            )
        )
