"""Tests of foundations/learned_masks/score_draws.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.learned_masks import score_draws
from lottery_ticket.tests import contracts

SHAPES = {"a": (100, 200), "b": (3, 3, 20, 50), "c": (0, 2)}
FANS = {"a": (100, 200), "b": (180, 450), "c": (4, 2)}
# 6 standard errors of a's 20,000 draws, at most .5 standard deviations each.
CLOSE = 6 * 0.5 / np.sqrt(20_000)
# Name -> mean, variance, part above .5: from closed forms of the distributions.
MOMENTS = {
    "unif": (1 / 2, 1 / 12, 1 / 2),
    "skew": (1 / 6, 5 / 252, 1 / 32),
    "half": (1 / 2, 0, 0),
    "bimodal": (1 / 2, 0.25 / 1.2, 1 / 2),
    "bern": (1 / 2, 1 / 4, 1 / 2),
    "all_one": (1, 0, 1),
    "edge_popup": (0, 0.1**2 / 3, 0),
    "xavier": (0, 6 / 300 / 3, 0),
}


def test_every_init_says_what_it_is():
    contracts.check_entries(score_draws.SCORE_INITS, "rng", "shape", "fans")


@pytest.mark.parametrize("name", score_draws.SCORE_INITS)
def test_draws_are_what_their_entry_says(name):
    entry = score_draws.SCORE_INITS[name]
    found = score_draws.draw(name, SHAPES, 3, FANS)["a"]
    is_constant = len(np.unique(found)) == 1
    assert is_constant == (entry.constant is not None)
    assert not is_constant or entry.constant == found.flat[0]
    assert entry.ties == (len(np.unique(np.abs(found))) < 3)
    assert entry.is_signed == (found < 0).any()
    if not entry.needs_fans:
        alone = score_draws.draw(name, SHAPES, 3)["a"]
        np.testing.assert_array_equal(alone, found)


@pytest.mark.parametrize("name", score_draws.SCORE_INITS)
def test_draws_have_the_shapes_and_moments_of_their_distribution(name):
    found = score_draws.draw(name, SHAPES, 3, FANS)
    assert {layer: each.shape for layer, each in found.items()} == SHAPES
    assert {each.dtype for each in found.values()} == {np.dtype(np.float32)}
    mean, variance, above = MOMENTS[name]
    assert abs(found["a"].mean() - mean) < CLOSE
    assert abs(found["a"].var() - variance) < CLOSE
    assert abs((found["a"] > 0.5).mean() - above) < CLOSE
    if not score_draws.SCORE_INITS[name].is_signed:
        assert found["a"].min() >= 0 and found["a"].max() <= 1


@pytest.mark.parametrize("name", ["edge_popup", "xavier"])
def test_draws_around_0_are_within_the_bound_of_each_layer(name):
    found = score_draws.draw(name, SHAPES, 3, FANS)
    for layer, (fan_in, fan_out) in FANS.items():
        bound = 1 / np.sqrt(fan_in)
        if name == "xavier":
            bound = np.sqrt(6 / (fan_in + fan_out))
        if found[layer].size:
            assert 0.99 * bound < found[layer].max() <= bound
            assert -bound <= found[layer].min() < -0.99 * bound


def test_bern_is_0_or_1_and_bimodal_is_near_them():
    bern = score_draws.draw("bern", SHAPES, 1)["a"]
    assert set(np.unique(bern)) == {0, 1}
    bimodal = score_draws.draw("bimodal", SHAPES, 1)["a"]
    near = ((bimodal < 0.05) | (bimodal > 0.95)).mean()
    assert near > 0.7


@pytest.mark.parametrize("name", ["unif", "skew", "bimodal", "bern"])
def test_draws_are_the_seeds_and_the_layers_own(name):
    shapes = {"x": (1000,), "y": (1000,)}
    one, again, other = (score_draws.draw(name, shapes, s) for s in (1, 1, 2))
    alone = score_draws.draw(name, {"y": (1000,)}, 1)
    np.testing.assert_array_equal(one["x"], again["x"])
    np.testing.assert_array_equal(one["y"], alone["y"])
    for different in (other["x"], one["y"]):
        assert abs(np.corrcoef(one["x"], different)[0, 1]) < 0.2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("uniform", SHAPES, 0), "score_init 'uniform'. Did you mean 'unif'"),
        (("edge_popup", SHAPES, 0), "layer in fans 'a'"),
        (("edge_popup", SHAPES, 0, {"a": (1, 1)}), "layer in fans 'b'"),
    ],
)
def test_what_cannot_be_drawn_is_an_error(given, message):
    with pytest.raises(ValueError, match=message):
        score_draws.draw(*given)


def test_constants_are_what_entries_say():
    for name, entry in score_draws.SCORE_INITS.items():
        found = score_draws.draw(name, {"x": (10, 10)}, 0, {"x": (1, 1)})["x"]
        is_constant = len(np.unique(found)) == 1
        assert is_constant == (entry.constant is not None)
        assert not is_constant or found[0, 0] == entry.constant


def test_the_upper_half_is_above_the_median_of_all_layers():
    weights = {
        "a": np.array([[-5, 1], [0.5, 3]], np.float32),
        "b": np.array([-2, 0], np.float32),
    }
    found = score_draws.upper_half(weights)
    np.testing.assert_array_equal(found["a"], [[1, 0], [0, 1]])
    np.testing.assert_array_equal(found["b"], [1, 0])
    assert {each.dtype for each in found.values()} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(weights["a"][0], [-5, 1])


def test_the_median_itself_and_its_ties_are_in_the_lower_half():
    found = score_draws.upper_half({"a": np.array([1.0, 2.0, -3.0])})
    np.testing.assert_array_equal(found["a"], [0, 0, 1])
    found = score_draws.upper_half({"a": np.ones(4)})
    np.testing.assert_array_equal(found["a"], [0, 0, 0, 0])


def test_weights_that_diverged_have_no_upper_half():
    with pytest.raises(ValueError, match="layer 'b' hold NaN"):
        score_draws.upper_half({"a": np.ones(2), "b": np.array([np.nan])})
