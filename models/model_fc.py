"""Fully connected networks, LeNet-300-100 among them."""

import math

import keras

from lottery_ticket.foundations import model_base


class ModelFc(model_base.ModelBase):
    """A stack of dense layers named layer0, layer1, ...

    Source: LeNet-300-100 (hidden layers of 300 and 100 ReLUs, Glorot normal
    kernels, zero biases): Frankle & Carbin 2019
    (https://arxiv.org/abs/1803.03635), figure 2: 266K weights
    (266,200 in kernels at 784 inputs and 10 classes).
    """

    def __init__(
        self,
        input_shape=(784,),
        num_classes=10,
        hidden_units=(300, 100),
        activation="relu",
        use_bias=True,
        kernel_initializer="glorot_normal",
        presets=None,
        masks=None,
    ):
        """Builds the network, layer by layer.

        What all networks take is as for `registry.create` and ModelBase.

        Args:
            input_shape: Shape of one example; flattened if it has more than
                one axis.
            hidden_units: Units of each hidden layer; none makes a linear
                classifier.
            activation: Of the hidden layers, as for Keras; or a list with one
                for each.
            use_bias: Whether layers have biases, as Frankle & Carbin's have
                and those of Sreenivasan et al. 2022
                (https://arxiv.org/abs/2202.12002) have not.
        """
        super().__init__(input_shape, presets=presets, masks=masks)
        x = self.inputs
        if len(input_shape) > 1:
            x = keras.layers.Reshape((math.prod(input_shape),))(x)
        if not isinstance(activation, list | tuple):
            activation = [activation] * len(hidden_units)
        layer = {
            "use_bias": use_bias,
            "kernel_initializer": kernel_initializer,
        }
        pairs = zip(hidden_units, activation, strict=True)
        for index, (units, own_activation) in enumerate(pairs):
            x = self.dense_layer(
                f"layer{index}", x, units, own_activation, **layer
            )
        name = f"layer{len(hidden_units)}"
        self.set_outputs(self.dense_layer(name, x, num_classes, **layer))
