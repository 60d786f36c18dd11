"""Tests of alignment/weight_matching.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.alignment import (
    groups,
    permutations,
    weight_matching,
)
from lottery_ticket.models import registry

L = keras.layers


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("fc", {"hidden_units": (30, 20)}),
        ("conv2", {"width": 1 / 8}),
        ("resnet20", {"width": 1 / 4}),
        pytest.param("vgg11", {}, marks=pytest.mark.slow),
    ],
)
def test_a_known_permutation_is_found(name, options):
    shape = (32, 32, 3) if name == "vgg11" else (8, 8, 3)
    model = registry.create(name, shape, 10, **options)
    found = groups.of(model)
    first = model.draw(0)
    known = permutations.random(found, 1)
    second = permutations.applied(found, known, first)
    orders = weight_matching.matched(found, first, second, seed=2)
    for name, order in known.items():
        np.testing.assert_array_equal(orders[name], order)


def test_similarities_are_as_numpy_has_them():
    model = registry.create("conv2", (4, 4, 1), 10, width=1 / 16)
    found = groups.of(model)
    first, second = model.draw(0), model.draw(1)
    group = found.every[1]
    assert group.name == "conv1"
    kernels = {n: first[n] for n in model.masks}
    expected = np.einsum(
        "hwcj,hwci->ji", *(np.float64(x["conv1"]) for x in (second, first))
    )
    rows = [np.float64(x["dense0"]).reshape(4, 4, -1) for x in (second, first)]
    expected += np.einsum("pju,piu->ji", *rows)
    np.testing.assert_allclose(
        weight_matching.similarities(group, kernels, second), expected
    )


def tied():
    """A stream that a kernel reads and adds to, so has on both its axes."""
    x = keras.Input((6,))
    y = L.Dense(8, activation="relu")(x)
    for _ in range(2):
        y = L.Add()([y, L.Dense(8, activation="relu")(y)])
    return keras_model.KerasModel(keras.Model(x, L.Dense(2)(y)))


def inner_product(found, orders, first, second):
    moved = permutations.applied(found, orders, first)
    return sum(
        np.vdot(np.float64(second[n]), np.float64(each))
        for n, each in moved.items()
        if each.ndim > 1
    )


def test_kernels_with_a_group_on_both_axes_come_to_an_end():
    model = tied()
    found = groups.of(model)
    assert list(found.sizes.values()) == [8]
    for seed in range(5):
        first, second = model.draw(seed), model.draw(seed + 10)
        orders = weight_matching.matched(found, first, second, seed)
        assert inner_product(found, orders, first, second) >= inner_product(
            found, permutations.identity(found), first, second
        )


def test_no_group_alone_can_be_matched_better():
    model = registry.create("fc", (5,), 10, hidden_units=(6, 4))
    found = groups.of(model)
    first, second = model.draw(0), model.draw(1)
    orders = weight_matching.matched(found, first, second, seed=0)
    again = weight_matching.matched(found, first, second, seed=0)
    reached = inner_product(found, orders, first, second)
    rng = np.random.default_rng(0)
    for name, size in found.sizes.items():
        np.testing.assert_array_equal(orders[name], again[name])
        for _ in range(50):
            other = {**orders, name: rng.permutation(size)}
            assert inner_product(found, other, first, second) <= reached + 1e-9
