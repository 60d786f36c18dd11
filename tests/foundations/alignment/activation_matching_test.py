"""Tests of alignment/activation_matching.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.alignment import (
    activation_matching,
    groups,
    permutations,
)
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.models import registry


def dataset(shape, size=130):
    """Batches of another size than those that are matched on."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(size, *shape)).astype(np.float32)
    y = np.arange(size) % 10
    return dataset_base.DatasetBase((x, y), 7, (x, y), train_order_seed=0)


def dead(network, *units):
    """The same, some units of layer0 being constant."""
    network = {name: each.copy() for name, each in network.items()}
    network["layer0"][:, units] = 0
    network["layer0_bias"][[*units]] = 0.3
    return network


def relu(x):
    return np.maximum(x, 0)


def test_correlations_are_as_numpy_has_them():
    model = registry.create("fc", (5,), 10, hidden_units=(6, 4))
    found, data = groups.of(model), dataset((5,))
    networks = [dead(model.draw(0), 2), dead(model.draw(1), 0, 3)]
    correlations = activation_matching.correlations(
        model, found, *networks, data
    )
    x = np.float64(data.train.x)
    for layer in ("layer0", "layer1"):
        units = []
        for network in networks:
            y = relu(x @ network["layer0"] + network["layer0_bias"])
            if layer == "layer1":
                y = relu(y @ network["layer1"] + network["layer1_bias"])
            units.append(y)
        size = found.sizes[layer]
        expected = np.zeros((size, size))
        for j in range(size):
            for i in range(size):
                a, b = units[0][:, i], units[1][:, j]
                covariance = ((a - a.mean()) * (b - b.mean())).mean()
                expected[j, i] = covariance / (a.std() * b.std() + 1e-4)
        np.testing.assert_allclose(
            correlations[layer], expected, atol=1e-5, rtol=1e-4
        )
    of_dead = correlations["layer0"]
    assert not of_dead[[0, 3]].any() and not of_dead[:, 2].any()
    orders = activation_matching.matched(correlations)["layer0"]
    assert orders[0] < orders[3]


def test_every_pixel_is_a_sample():
    model = registry.create("conv2", (4, 4, 1), 10, width=1 / 16)
    found, data = groups.of(model), dataset((4, 4, 1), 20)
    networks = [model.draw(0), model.draw(1)]
    correlations = activation_matching.correlations(
        model, found, *networks, data, examples=11
    )
    maps = []
    for network in networks:
        model.reset(network)
        layer = model.network.get_layer("conv0")
        found_maps = layer(data.train.x[:11])
        maps.append(np.float64(found_maps).reshape(-1, 4))
    expected = np.corrcoef(maps[1].T, maps[0].T)[:4, 4:]
    np.testing.assert_allclose(correlations["conv0"], expected, atol=0.02)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("fc", {"hidden_units": (30, 20)}),
        ("conv2", {"width": 1 / 8}),
        ("resnet20", {"width": 1 / 4}),
        pytest.param(
            "resnet20",
            {"width": 1 / 4, "shortcut": "pad"},
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_known_permutation_is_found(name, options):
    shape = (8, 8, 3)
    model = registry.create(name, shape, 10, **options)
    found = groups.of(model)
    first = model.draw(0)
    known = permutations.random(found, 1)
    second = permutations.applied(found, known, first)
    correlations = activation_matching.correlations(
        model, found, first, second, dataset(shape)
    )
    orders = activation_matching.matched(correlations)
    for group, order in known.items():
        np.testing.assert_array_equal(orders[group], order)
    masks = {
        name: np.random.default_rng(0).integers(0, 2, each.shape)
        for name, each in model.masks.items()
    }
    moved = permutations.applied(found, orders, masks)
    expected = permutations.applied(found, known, masks)
    for layer in masks:
        np.testing.assert_array_equal(moved[layer], expected[layer])
        assert moved[layer].sum() == masks[layer].sum()
    before, after = (
        activation_matching.mean_matched(correlations, each)
        for each in (permutations.identity(found), orders)
    )
    # A few units may have stayed where they were.
    assert sum(after.values()) > sum(before.values()) + 0.5


def test_variables_stay_as_they_are():
    model = registry.create("resnet20", (8, 8, 3), 10, width=1 / 4)
    before = model.weights
    activation_matching.correlations(
        model,
        groups.of(model),
        model.draw(1),
        model.draw(2),
        dataset((8, 8, 3), 5),
    )
    for name, value in model.weights.items():
        np.testing.assert_array_equal(value, before[name])


def test_mean_matched():
    orders = {"a": np.array([1, 0])}
    found = activation_matching.mean_matched(
        {"a": np.array([[0.0, 0.5], [0.25, 0.0]])}, orders
    )
    assert found == {"a": 0.375}
