"""Tests of networks/compaction/graph.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.networks.compaction import compaction, graph
from lottery_ticket.tests import smaller

L = keras.layers


def test_nested_networks_are_laid_open_and_several_outputs_stay():
    inner_input = keras.Input((4, 4, 3))
    inner = keras.Model(
        inner_input, smaller.conv(4, name="conv")(inner_input), name="a"
    )
    x = keras.Input((4, 4, 3), name="image")
    body = keras.Sequential([inner, L.ReLU()], name="body")
    y = body(x)
    network = keras.Model(
        {"image": x},
        {
            "class": L.Dense(2, name="class")(L.GlobalMaxPooling2D()(y)),
            "size": L.Dense(1, name="size")(L.Flatten()(y)),
        },
    )
    kernel = np.ones((3, 3, 3, 4))
    kernel[..., :2] = 0
    smaller.put(inner.get_layer("conv"), [kernel, [-1, 0, 1, 1]])
    given = {"image": smaller.examples(network)}
    found = compaction.compact(network)
    assert smaller.shapes(found)["body_a_conv/kernel"] == (3, 3, 3, 2)
    assert smaller.shapes(found)["size/kernel"] == (32, 1)
    assert [each.path for each in found.layers][0] == "body.a.conv"
    outputs, others = network(given), found.network(given)
    assert set(others) == {"class", "size"}
    for name in others:
        np.testing.assert_allclose(outputs[name], others[name], rtol=1e-4)


class Own(keras.Model):
    """A call of its own."""

    def __init__(self):
        super().__init__(name="own")
        self.dense = L.Dense(2)

    def call(self, x):
        return self.dense(x) * 2


def test_a_call_of_its_own_is_an_error_or_stays_inside():
    own = Own()
    own(np.ones((1, 3)))
    with pytest.raises(ValueError, match="Own 'own', which has a call of its"):
        compaction.compact(own)
    x = keras.Input((4,))
    y = own(L.Dense(3, name="first")(x))
    found = smaller.check(keras.Model(x, L.Dense(2)(y)))
    assert found.layers[1].why.startswith("stays: it keeps no channels apart")
    with pytest.raises(ValueError, match="or is not built"):
        compaction.compact(keras.Sequential([L.Dense(2)]))


def test_calls_are_in_order_and_hold_where_tensors_were():
    x = keras.Input((3,))
    norm = L.BatchNormalization(name="norm")
    y = L.Add(name="sum")([norm(x), norm(x, training=False)])
    network = keras.Model(x, [y, x])
    found = graph.of(network)
    assert [call.path for call in found.calls] == ["norm", "norm", "sum"]
    assert found.inputs == [0] and found.outputs == [3, 0]
    first, second, added = found.calls
    assert first.inputs == second.inputs == first.first == (0,)
    assert added.inputs == added.first == (1, 2)
    assert added.label == "Add 'sum'"
    args, kwargs = added.filled({1: "a", 2: "b"})
    assert (args, kwargs) == ([["a", "b"]], {})
    args, kwargs = second.filled({0: "x"})
    assert args == ["x"] and kwargs["training"] is False
    assert [each.channels for each in found.tensors] == [3, 3, 3, 3]


def test_a_tensor_may_have_no_channels():
    assert graph.Tensor((None, 4)).channels == 4
    for shape in ((None,), (None, 4, None)):
        assert not graph.Tensor(shape).has_channels
        assert graph.Tensor(shape).channels == 1


def test_a_nested_network_that_is_told_more_stays_closed():
    x = keras.Input((4,))
    inner = keras.Sequential([keras.Input((4,)), L.Dense(4)], name="inner")
    network = keras.Model(x, inner(x, training=True))
    assert [call.path for call in graph.of(network).calls] == ["inner"]
    network = keras.Model(x, inner(x))
    path = f"inner.{inner.layers[0].name}"
    assert [call.path for call in graph.of(network).calls] == [path]
