"""Tests of networks/compaction/smaller_network.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.networks.compaction import compaction, unread
from lottery_ticket.tests import smaller

L = keras.layers


def test_what_is_saved_is_plain_keras(tmp_path):
    network = keras.Sequential(
        [keras.Input((6, 6, 2)), smaller.conv(5), L.Flatten(), L.Dense(3)]
    )
    found = smaller.check(smaller.thinned(network, 0.3, 0))
    path = str(tmp_path / "small.keras")
    found.network.save(path)
    loaded = keras.models.load_model(path)
    given = [smaller.examples(network)]
    assert compaction.difference(found.network, loaded, given) == 0


class Halves(keras.initializers.Initializer):
    """An initialiser that Keras does not know."""

    def __call__(self, shape, dtype=None):
        return keras.ops.full(shape, 0.5)


def test_initialisers_of_ones_own_are_left_out():
    x = keras.Input((4,))
    network = keras.Model(x, L.Dense(3, kernel_initializer=Halves())(x))
    found = smaller.check(network)
    initializer = found.network.layers[-1].kernel_initializer
    assert isinstance(initializer, keras.initializers.Zeros)
    np.testing.assert_array_equal(found.network.layers[-1].kernel, 0.5)


class Shifted(L.Layer):
    """A layer of one's own; its config is what Keras makes of one."""

    def __init__(self, shift=0.0, **options):
        super().__init__(**options)
        self.shift = shift

    def call(self, x):
        return x + self.shift


def test_layers_of_ones_own_are_shared():
    x = keras.Input((4,))
    shifted = Shifted(name="shifted")
    shifted.shift = 2.0  # No config has it.
    function = L.Lambda(lambda x: x * 2, name="function")
    network = keras.Model(x, L.Dense(3)(function(shifted(x))))
    found = smaller.check(network)
    assert found.network.get_layer("shifted") is shifted
    assert found.layers[0].after is shifted
    assert found.network.get_layer("function") is function


def test_names_stay_and_are_made_unique():
    x = keras.Input((4,))
    inner = keras.Sequential(
        [keras.Input((4,)), L.Dense(4, name="b")], name="a"
    )
    flat = L.Dense(4, name="a_b")
    relu = L.ReLU(name="relu")
    network = keras.Model(x, relu(flat(relu(inner(x)))), name="mine")
    found = smaller.check(network)
    assert found.network.name == "mine"
    names = [layer.name for layer in found.network.layers[1:]]
    assert names == ["a_b", "relu", "a_b_1", "relu_1"]


def blocks(make, first="a"):
    """Two nested networks whose middle layers have one name."""
    x = given = keras.Input((4,), name="given")
    for name in (first, "b"):
        block = [keras.Input((4,)), L.Dense(4), make(), L.Dense(4)]
        x = keras.Sequential(block, name=name)(x)
    return keras.Model(given, x, name="mine")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Shifted(name="own"),
        lambda: L.Lambda(lambda x: x * 2, name="own"),
    ],
)
def test_layers_that_are_shared_need_names_of_their_own(make):
    network = blocks(make)
    message = "'mine' cannot be made smaller: several layers are called 'own'"
    with pytest.raises(ValueError, match=message):
        compaction.compact(network)
    assert "called 'own'" in unread.obstacle(network)
    shared = make()
    for named in (blocks(lambda: shared), blocks(lambda: L.ReLU(name="own"))):
        smaller.check(named)
        assert unread.obstacle(named) is None


def test_a_shared_layer_may_not_be_called_as_an_input():
    x = keras.Input((4,), name="own")
    inner = [keras.Input((4,)), Shifted(name="own"), L.Dense(4)]
    network = keras.Model(x, keras.Sequential(inner, name="a")(x))
    with pytest.raises(ValueError, match="called 'own'"):
        compaction.compact(network)


def test_new_names_are_no_inputs_and_no_shared_layers():
    x = keras.Input((4,), name="a_dense")
    inner = [keras.Input((4,)), L.Dense(4, name="dense"), L.Dense(4, name="b")]
    shifted = Shifted(name="a_b")
    y = shifted(keras.Sequential(inner, name="a")(x))
    found = smaller.check(keras.Model(x, y))
    names = [layer.name for layer in found.network.layers]
    assert names == ["a_dense", "a_dense_1", "a_b_1", "a_b"]


def test_settings_stay():
    x = keras.Input((4,))
    layer = L.Dense(4, kernel_regularizer="l2", trainable=False, name="dense")
    found = smaller.check(keras.Model(x, layer(x)))
    made = found.network.get_layer("dense")
    assert not made.trainable and made.kernel_regularizer is not None
