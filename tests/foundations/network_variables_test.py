"""Tests of foundations/network_variables.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import model_base, network_variables


def test_plain_keras_layers_need_a_name_of_their_own():
    class Plain(model_base.ModelBase):
        def __init__(self, **options):
            super().__init__((4,))
            x = keras.layers.Dense(3, **options)(self.inputs)
            x = keras.layers.Dropout(0.5)(x)
            self.set_outputs(self.dense_layer("logits", x, 2))

    with pytest.raises(ValueError, match="give it one, such as Dense"):
        Plain()
    model = Plain(name="hidden")
    assert set(model.masks) == {"logits"}
    assert {"hidden_kernel", "hidden_bias"} < set(model.weights)


def test_variables_that_would_share_a_name_are_an_error():
    class Nested(model_base.ModelBase):
        def __init__(self):
            super().__init__((4,))
            layers = [keras.layers.Dense(4), keras.layers.Dense(4)]
            x = keras.Sequential(layers, name="inner")(self.inputs)
            self.set_outputs(self.dense_layer("logits", x, 2))

    with pytest.raises(ValueError, match="Two variables would be saved as"):
        Nested()


def test_what_no_seed_can_draw_is_an_error():
    class Odd(keras.layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(
                shape=shape[-1:], initializer="normal", name="scale"
            )

        def call(self, x):
            return x * self.scale

    class Own(model_base.ModelBase):
        def __init__(self):
            super().__init__((4,))
            x = Odd(name="mine")(self.inputs)
            self.set_outputs(self.dense_layer("logits", x, 2))

    with pytest.raises(ValueError, match="'mine_scale' cannot be drawn"):
        Own()


def test_a_description_is_the_same_whatever_was_built_before():
    def network(rate=0.5):
        inputs = keras.Input((4,))
        x = keras.layers.Dense(3, name="hidden")(inputs)
        return keras.Model(inputs, keras.layers.Dropout(rate)(x))

    first, again = network(), network()
    assert first.layers[2].name != again.layers[2].name
    described = network_variables.description(first)
    assert network_variables.description(again) == described
    assert network_variables.description(network(0.1)) != described


def test_random_states_are_those_of_dropout():
    inputs = keras.Input((4,))
    x = keras.layers.Dropout(0.5)(keras.layers.Dense(3, name="a")(inputs))
    states = network_variables.random_states(keras.Model(inputs, x))
    assert list(states) == ["random0"]
    assert states["random0"].shape == (2,)
    dense = keras.Model(inputs, keras.layers.Dense(3, name="b")(inputs))
    assert network_variables.random_states(dense) == {}


def test_constant_variables_need_no_initializer():
    value = np.ones(3)
    variable = keras.Variable(value, name="scale")
    named = {"mine_scale": (object(), variable)}
    network_variables.check_can_be_drawn(named, {"mine_scale": value})
    drawn = network_variables.draw(named, {"mine_scale": value}, seed=1)
    np.testing.assert_array_equal(drawn["mine_scale"], value)
