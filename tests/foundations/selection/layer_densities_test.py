"""Tests of selection/layer_densities.py: totals exact, none above 1."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations.selection import layer_densities, pruning

RULES = ("uniform", "erk", "balanced", "pyramid")
LENET = {"layer0": (784, 300), "layer1": (300, 100), "layer2": (100, 10)}


def counts(densities, shapes):
    return {
        name: round(densities[name] * int(np.prod(shape)))
        for name, shape in shapes.items()
    }


def test_uniform_densities_are_the_overall_one():
    found = layer_densities.uniform(0.1, LENET)
    assert found == {"layer0": 0.1, "layer1": 0.1, "layer2": 0.1}


def test_uniform_rounding_goes_where_it_cost_most():
    # 10 of 31: shares of 3.2, 3.2 and 3.5.
    found = layer_densities.uniform(1 / 3, {"a": (10,), "b": (10,), "c": (11,)})
    assert found == {"a": 3 / 10, "b": 3 / 10, "c": 4 / 11}


def test_of_ties_the_earlier_layer_keeps_more():
    found = layer_densities.uniform(0.5, {"b": (3,), "a": (3,)})
    assert found == {"b": 2 / 3, "a": 1 / 3}


def test_the_kernel_rule_on_dense_layers():
    # Dimensions sum up to 1084, 400 and 110, of 1594; 1594 weights are kept.
    total = 784 * 300 + 300 * 100 + 100 * 10
    found = layer_densities.erdos_renyi_kernel(1594 / total, LENET)
    assert counts(found, LENET) == {
        "layer0": 1084,
        "layer1": 400,
        "layer2": 110,
    }


def test_the_kernel_rule_counts_height_and_width():
    shapes = {"conv": (3, 3, 16, 32), "conv1d": (5, 8, 7), "dw": (3, 3, 40, 1)}
    total = sum(int(np.prod(shape)) for shape in shapes.values())
    found = layer_densities.erdos_renyi_kernel(121 / total, shapes)
    assert counts(found, shapes) == {"conv": 54, "conv1d": 20, "dw": 47}


def test_a_layer_that_is_full_leaves_the_rest_to_the_others():
    # Sums of 202, 5 and 110: 5 / 317 of 500 are more than the 6 that b has, so
    # the others share 494 as 202 to 110: 319.8 and 174.2.
    shapes = {"a": (2, 200), "b": (2, 3), "c": (100, 10)}
    found = layer_densities.erdos_renyi_kernel(500 / 1406, shapes)
    assert counts(found, shapes) == {"a": 320, "b": 6, "c": 174}
    assert found["b"] == 1


NETWORKS = st.lists(
    st.lists(st.integers(1, 12), min_size=1, max_size=5).map(tuple),
    min_size=1,
    max_size=6,
).map(lambda shapes: {f"x{i}": shape for i, shape in enumerate(shapes)})


def test_balanced_layers_keep_as_many_or_all():
    shapes = {"a": (10,), "b": (10, 10), "c": (100, 10)}
    found = layer_densities.balanced(100 / 1110, shapes)
    assert counts(found, shapes) == {"a": 10, "b": 45, "c": 45}


def test_a_pyramid_falls_by_one_factor():
    # 64, 32 and 16 of 128 each: r is .5.
    shapes = {"a": (128,), "b": (128,), "c": (8, 16)}
    found = layer_densities.pyramid(112 / 384, shapes)
    assert found == {"a": 0.5, "b": 0.25, "c": 0.125}
    assert layer_densities.pyramid(1, LENET) == dict.fromkeys(LENET, 1)
    assert layer_densities.pyramid(0, LENET) == dict.fromkeys(LENET, 0)


@hypothesis.given(st.floats(0.01, 1), NETWORKS)
def test_a_pyramid_is_that_of_a_twin_but_for_rounding(density, shapes):
    sizes = np.array([np.prod(shape) for shape in shapes.values()])
    found = counts(layer_densities.pyramid(density, shapes), shapes)
    # Roots of n1 r + n2 r^2 + ... = kept, highest power first.
    powers = [*sizes[::-1], -density * sizes.sum()]
    [r] = {
        round(root.real, 9)
        for root in np.roots(powers)
        if abs(root.imag) < 1e-9 and root.real > 0
    }
    exact = sizes * r ** np.arange(1, len(sizes) + 1)
    assert (np.abs(np.array([*found.values()]) - exact) < 1.5 + 1e-3).all()


def twin(density, shapes):
    """Bisection for the factor at which capped counts sum up to the total."""
    sizes = np.array([np.prod(shape) for shape in shapes.values()], float)
    sums = np.array([sum(shape) for shape in shapes.values()], float)
    total = round(density * int(sizes.sum()))
    low, high = 0.0, sizes.sum() + 1
    for _ in range(200):
        factor = (low + high) / 2
        if np.minimum(factor * sums, sizes).sum() < total:
            low = factor
        else:
            high = factor
    return np.minimum(high * sums, sizes)


@hypothesis.given(st.floats(0, 1), NETWORKS)
@pytest.mark.parametrize("name", RULES)
def test_totals_are_exact_and_no_density_is_above_1(name, density, shapes):
    found = layer_densities.ALLOCATIONS[name](density, shapes)
    total = sum(int(np.prod(shape)) for shape in shapes.values())
    assert list(found) == list(shapes)
    assert all(0 <= each <= 1 for each in found.values())
    assert sum(counts(found, shapes).values()) == round(density * total)


@hypothesis.given(st.floats(0, 1), NETWORKS)
def test_the_kernel_rule_is_that_of_a_twin_but_for_rounding(density, shapes):
    found = layer_densities.erdos_renyi_kernel(density, shapes)
    exact = twin(density, shapes)
    rounded = np.array(list(counts(found, shapes).values()))
    assert (np.abs(rounded - exact) < 1 + 1e-6).all()


@hypothesis.given(st.floats(0, 1), NETWORKS)
def test_uniform_densities_differ_by_rounding_only(density, shapes):
    found = layer_densities.uniform(density, shapes)
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        assert abs(found[name] - density) * size <= 1.5 + 1e-6


def test_layers_without_weights_are_harmless():
    found = layer_densities.erdos_renyi_kernel(0.5, {"x": (0, 3), "y": (2, 2)})
    assert found == {"x": 0, "y": 0.5}
    assert layer_densities.uniform(0.5, {}) == {}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("density", [-0.1, 1.1, np.nan])
def test_impossible_densities_are_errors(name, density):
    with pytest.raises(ValueError, match=r"density must be in \[0, 1\]"):
        layer_densities.ALLOCATIONS[name](density, LENET)


@pytest.mark.parametrize(
    ("allocation", "expected"),
    [
        ("global", {("a", "b", "c"): 500}),
        ("uniform", {("a",): 142, ("b",): 2, ("c",): 356}),
        ("erk", {("a",): 320, ("b",): 6, ("c",): 174}),
    ],
)
def test_allocations_as_quotas(allocation, expected):
    masks = {
        "a": np.ones((2, 200), np.uint8),
        "b": np.ones((2, 3), np.uint8),
        "c": np.ones((100, 10), np.uint8),
    }
    quotas = layer_densities.allocate(allocation, 500 / 1406, masks)
    assert dict(quotas) == expected
    rng = np.random.default_rng(0)
    scores = {name: rng.random(mask.shape) for name, mask in masks.items()}
    pruned = pruning.prune_by_scores(quotas, masks, scores)
    assert sum(int(mask.sum()) for mask in pruned.values()) == 500


@pytest.mark.parametrize(
    ("allocation", "density", "message"),
    [
        ("erc", 0.5, "Unknown allocation 'erc'. Did you mean 'erk'"),
        ("global", 1.5, r"The density must be in \[0, 1\]. Received: 1.5"),
        ("uniform", 0.9, "x to keep from 0 to 2 weights"),
        ("global", 0.9, "x to keep from 0 to 2 weights"),
    ],
)
def test_allocations_that_do_not_fit(allocation, density, message):
    masks = {"x": np.array([1, 1, 0, 0, 0])}
    with pytest.raises(ValueError, match=message):
        layer_densities.allocate(allocation, density, masks)


def test_groups_are_counted_in_place_of_weights():
    shapes = {"x": (8, 10), "y": (10, 4)}
    groups = {
        name: np.ones(shape[1], np.uint8) for name, shape in shapes.items()
    }
    kept = {
        allocation: dict(
            layer_densities.allocate(allocation, 0.5, groups, shapes)
        )
        for allocation in ("uniform", "erk", "global")
    }
    assert kept["uniform"] == {("x",): 5, ("y",): 2}
    # 10 (8 + 10) / 80 units of x to 4 (10 + 4) / 40 of y: 4.3 and 2.7 of 7.
    assert kept["erk"] == {("x",): 4, ("y",): 3}
    assert kept["global"] == {("x", "y"): 7}
