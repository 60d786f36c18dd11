"""Tests of networks/network_variables.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import model_base
from lottery_ticket.foundations.networks import kernels, network_variables


def test_automatic_names_count_within_their_network():
    class Plain(model_base.ModelBase):
        def __init__(self):
            super().__init__((4,))
            x = keras.layers.Dense(3)(self.inputs)
            x = keras.layers.Dense(3)(keras.layers.Dropout(0.5)(x))
            x = keras.layers.Dense(3, name="own")(x)
            self.set_outputs(self.dense_layer("dense_1", x, 2))

    for model in (Plain(), Plain()):
        assert list(model.masks) == ["dense_1"]
        kernels = {n for n in model.weights if n.endswith("kernel")}
        assert kernels == {"dense_kernel", "dense_2_kernel", "own_kernel"}


def test_variables_of_nested_networks_are_named_by_path():
    class Nested(model_base.ModelBase):
        def __init__(self):
            super().__init__((4,))
            layers = [keras.layers.Dense(4), keras.layers.Dense(4)]
            x = keras.Sequential(layers, name="inner")(self.inputs)
            self.set_outputs(self.dense_layer("logits", x, 2))

    assert set(Nested().weights) == {
        "inner.dense_kernel",
        "inner.dense_bias",
        "inner.dense_1_kernel",
        "inner.dense_1_bias",
        "logits",
        "logits_bias",
    }


def test_every_layer_has_a_path_and_counts_once():
    shared = keras.layers.Dense(4, name="shared")
    inner = keras.Sequential([shared, keras.Sequential([shared])], name="inner")
    network = keras.Sequential([keras.Input((4,)), shared, inner])
    paths = network_variables.layers(network)
    assert list(paths) == ["shared", "inner", "inner.sequential"]
    assert paths["shared"] is shared


def test_names_are_those_of_files():
    network = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(2, name="a b (c)")]
    )
    assert list(network_variables.named(network, [])) == [
        "a_b__c__kernel",
        "a_b__c__bias",
    ]


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


@pytest.mark.slow
@pytest.mark.parametrize(
    "between",
    [
        lambda x: keras.layers.Embedding(5, 3, mask_zero=True)(x),
        lambda x: keras.ops.one_hot(keras.ops.cast(x + 1, "int32"), 9),
        lambda x: keras.ops.expand_dims(x + 1 + x, -1),
    ],
)
def test_a_description_counts_operations_anew(between):
    def described():
        inputs = keras.Input((4,))
        x = keras.layers.GlobalAveragePooling1D()(between(inputs))
        network = keras.Model(inputs, keras.layers.Dense(2)(x))
        return network_variables.description(network)

    assert len({described() for _ in range(3)}) == 1


def test_a_description_takes_no_setting_for_a_name():
    """The first Activation of a process is called like a key of configs."""

    def network():
        keras.utils.clear_session()
        layers = [keras.layers.Dense(3), keras.layers.Activation("relu")]
        again = [keras.layers.Dense(3), keras.layers.Activation("relu")]
        shape = keras.Input((4,))
        return [keras.Sequential([shape, *each]) for each in (layers, again)]

    first, second = network()
    assert first.layers[1].name == "activation" != second.layers[1].name
    described = network_variables.description(first)
    assert described == network_variables.description(second)


def test_names_that_keras_shows_are_told_from_those_on_disk():
    inner = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(4, name="dense_1")],
        name="sequential_5",
    )
    network = keras.Sequential(
        [
            keras.Input((4,)),
            inner,
            keras.layers.Dense(4, name="my_kernel"),
            keras.layers.Dense(2, name="my layer", use_bias=False),
        ]
    )
    seen = network_variables.seen_names(network, kernels.find(network))
    assert seen == {
        "sequential.dense": "sequential_5.dense_1",
        "sequential.dense_bias": "sequential_5.dense_1_bias",
        "my_kernel": "my_kernel",
        "my_kernel_bias": "my_kernel_bias",
        "my_layer": "my layer",
    }


def sequences():
    return keras.Sequential(
        [
            keras.Input((3, 4, 2)),
            keras.layers.Bidirectional(
                keras.layers.ConvLSTM1D(2, 2, return_sequences=True)
            ),
            keras.layers.Reshape((3, 12)),
            keras.layers.Bidirectional(keras.layers.LSTM(2, name="reader")),
        ]
    )


def test_layers_inside_of_a_bidirectional_count_in_their_network():
    sequences()
    network = sequences()  # Keras counts on.
    paths = network_variables.layers(network)
    assert [path for path in paths if "." in path] == [
        "bidirectional.forward_conv_lstm1d",
        "bidirectional.forward_conv_lstm1d.conv_lstm_cell",
        "bidirectional.backward_conv_lstm1d",
        "bidirectional.backward_conv_lstm1d.conv_lstm_cell",
        "bidirectional_1.forward_reader",
        "bidirectional_1.forward_reader.lstm_cell",
        "bidirectional_1.backward_reader",
        "bidirectional_1.backward_reader.lstm_cell",
    ]
    before = list(network_variables.layers(network, as_0_1_0=True))
    shown = network.layers[0].forward_layer.name
    assert before[1] == f"bidirectional.{shown}" != list(paths)[1]


@pytest.mark.parametrize(
    ("options", "can"),
    [
        ({}, True),
        ({"unit_forget_bias": False}, True),
        ({"bias_initializer": "random_normal"}, False),
    ],
)
def test_forget_gates_are_drawn_open_as_they_are_built(options, can):
    layer = keras.layers.LSTM(2, name="lstm", **options)
    network = keras.Sequential([keras.Input((3, 2)), layer])
    named = network_variables.named(network, [])
    built = {name: each.variable.numpy() for name, each in named.items()}
    if not can:
        with pytest.raises(ValueError, match="cell_bias' cannot be drawn"):
            network_variables.check_can_be_drawn(named, built)
        return
    network_variables.check_can_be_drawn(named, built)
    drawn = network_variables.draw(named, built, 1)
    assert drawn["lstm.lstm_cell_bias"][2:4].tolist() == [
        *[float(not options)] * 2,
    ]
    assert not drawn["lstm.lstm_cell_bias"][4:].any()
    recurrent = drawn["lstm.lstm_cell_recurrent_kernel"]
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(2), atol=1e-6)
