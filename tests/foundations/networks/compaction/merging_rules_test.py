"""Tests of networks/compaction/merging_rules.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.tests import smaller

L = keras.layers


def test_added_channels_go_together():
    x = keras.Input((3,))
    one, other = L.Dense(4, name="one"), L.Dense(4, name="other")
    last = L.Dense(2, name="last")
    network = keras.Model(x, last(L.Add()([one(x), other(x)])))
    rng = np.random.default_rng(0)
    one_kernel, other_kernel = rng.normal(size=(2, 3, 4))
    one_kernel[:, 0] = other_kernel[:, 0] = 0  # Constant in both: 1 + 10.
    one_kernel[:, 1] = 0  # In one only: it stays.
    smaller.put(one, [one_kernel, [1, 2, 3, 4]])
    smaller.put(other, [other_kernel, [10, 20, 30, 40]])
    kernel = rng.normal(size=(4, 2))
    kernel[3] = 0  # Not read.
    smaller.put(last, [kernel, [0, 0]])
    found = smaller.check(network)
    assert smaller.shapes(found)["one/kernel"] == (3, 2)
    assert smaller.shapes(found)["last/kernel"] == (2, 2)
    why = {each.path: each.why for each in found.layers}["one"]
    assert why.startswith("1 constant stays: Add ")
    assert why.endswith("merges them with what varies")
    np.testing.assert_allclose(
        found.network.get_layer("last").bias, 11 * kernel[0], rtol=1e-6
    )


def test_a_branch_that_is_constant_is_a_shift():
    x = keras.Input((3, 3, 2))
    y = L.BatchNormalization(name="norm")(smaller.conv(2, name="conv")(x))
    added = L.Add(name="sum")([x, y])
    network = keras.Model(x, L.GlobalAveragePooling2D()(added))
    smaller.put(network.get_layer("conv"), [np.zeros((3, 3, 2, 2)), [1, 2]])
    found = smaller.check(network)
    assert [type(each) for each in found.network.layers] == [
        L.InputLayer,
        L.Rescaling,
        L.GlobalAveragePooling2D,
    ]
    assert found.weights[1] == 0
    assert [each.why for each in found.layers] == ["gone: nothing reads it"] * 2


def test_concatenated_parts_go_one_by_one():
    x = keras.Input((3,))
    parts = [L.Dense(2, name=f"part{index}")(x) for index in range(3)]
    network = keras.Model(x, L.Dense(2, name="last")(L.Concatenate()(parts)))
    kernel = np.ones((6, 2))
    kernel[[1, 2, 3]] = 0
    smaller.put(network.get_layer("last"), [kernel, [0, 0]])
    found = smaller.check(network)
    assert smaller.shapes(found)["part0/kernel"] == (3, 1)
    assert "part1/kernel" not in smaller.shapes(found)
    assert smaller.shapes(found)["part2/kernel"] == (3, 2)
    assert smaller.shapes(found)["last/kernel"] == (3, 2)


@pytest.mark.parametrize(
    ("kind", "bias"),
    [
        (L.Add, 5),
        (L.Subtract, -1),
        (L.Multiply, 6),
        (L.Average, 2.5),
        (L.Maximum, 3),
        (L.Minimum, 2),
    ],
)
def test_constants_are_merged(kind, bias):
    x = keras.Input((2,))
    branches = [L.Dense(2), L.Dense(2)]
    for branch, constant in zip(branches, (2, 3), strict=True):
        branch.build((None, 2))
        smaller.put(branch, [[[0, 1], [0, 1]], [constant, 0]])
    last = L.Dense(1, name="last")
    network = keras.Model(x, last(kind()([each(x) for each in branches])))
    smaller.put(last, [[[1], [1]], [0]])
    found = smaller.check(network)
    np.testing.assert_allclose(found.network.get_layer("last").bias, [bias])
    assert smaller.shapes(found)["last/kernel"] == (1, 1)


def test_what_is_multiplied_by_0_is_0():
    x = keras.Input((2,))
    gate, other = L.Dense(2, name="gate"), L.Dense(2, name="other")
    network = keras.Model(
        x, L.Dense(1, name="last")(L.Multiply()([gate(x), other(x)]))
    )
    smaller.put(gate, [[[0, 1], [0, 1]], [0, 0]])
    shapes = smaller.shapes(smaller.check(network))
    assert shapes["other/kernel"] == (2, 1) == shapes["gate/kernel"]


def test_a_constant_branch_of_another_form_stays():
    x = keras.Input((3, 3, 2))
    mean = L.GlobalAveragePooling2D(keepdims=True)(x)
    wide = L.Conv2D(2, 1, name="wide")
    network = keras.Model(x, L.Flatten()(L.Add()([mean, wide(x)])))
    smaller.put(wide, [np.zeros((1, 1, 2, 2)), [1, 2]])
    assert smaller.check(network).network.output_shape == (None, 18)
