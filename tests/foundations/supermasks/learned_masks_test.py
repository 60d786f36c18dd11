"""Tests of foundations/supermasks/learned_masks.py."""

import hypothesis
import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations import masks
from lottery_ticket.foundations.supermasks import learned_masks

LOGITS = {
    "a": np.array([[-1000.0, 0.0], [1e-9, 1000.0]], np.float32),
    "b": np.full(20_000, 1.0, np.float32),
}


def test_probabilities_are_sigmoids_and_never_overflow():
    found = learned_masks.probabilities(LOGITS)
    np.testing.assert_allclose(found["a"], [[0, 0.5], [0.5, 1]])
    np.testing.assert_allclose(found["b"], 1 / (1 + np.exp(-1)))


def test_samples_keep_each_weight_by_its_probability():
    found = learned_masks.sample(LOGITS, 3)
    assert found["a"][0, 0] == 0 and found["a"][1, 1] == 1
    # 4 standard deviations of 20,000 coins.
    assert abs(found["b"].mean() - 0.7310586) < 0.0126
    masks.check(found, {name: each.shape for name, each in LOGITS.items()})
    assert found["b"].dtype == np.uint8


def test_samples_are_those_of_the_seed_and_layers_are_independent():
    logits = {name: np.zeros(1000) for name in "ab"}
    one, again, other = (learned_masks.sample(logits, s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one["a"], again["a"])
    for mask in (other["a"], one["b"]):
        assert 0.4 < (one["a"] != mask).mean() < 0.6
    alone = learned_masks.sample({"b": logits["b"]}, 1)
    np.testing.assert_array_equal(alone["b"], one["b"])


def test_thresholds_prune_a_logit_of_0():
    found = learned_masks.threshold(LOGITS)
    np.testing.assert_array_equal(found["a"], [[0, 0], [1, 1]])
    assert found["a"].dtype == np.uint8


def test_a_search_is_judged_by_independent_samples_or_one_rounded_mask():
    logits = {"a": np.zeros(1000)}
    found = learned_masks.samples("bernoulli", logits, 1, 3)
    assert len(found) == 3
    for index in range(3):
        share = (found[index]["a"] != found[index - 1]["a"]).mean()
        assert 0.4 < share < 0.6
    longer = learned_masks.samples("bernoulli", logits, 1, 4)
    np.testing.assert_array_equal(longer[0]["a"], found[0]["a"])
    (rounded,) = learned_masks.samples("round", LOGITS, 1, 3)
    np.testing.assert_array_equal(rounded["a"], [[0, 0], [1, 1]])
    with pytest.raises(ValueError, match="Did you mean 'round'"):
        learned_masks.samples("rounded", LOGITS, 1, 3)


def test_expected_density_is_the_mean_probability():
    found = learned_masks.expected_density(LOGITS)
    assert found["a"] == pytest.approx(0.5)
    assert found["b"] == pytest.approx(0.7310586)


def test_effective_weights_are_0_where_pruned_and_rescaled_elsewhere():
    weights = {
        "a": np.array([1, -2, 3, 4], np.float32),
        "a_bias": np.array([5], np.float32),
    }
    mask = {"a": np.array([1, 1, 0, 0], np.uint8)}
    plain = learned_masks.effective(weights, mask, "none")
    np.testing.assert_array_equal(plain["a"], [1, -2, 0, 0])
    for rescaling in ("dynamic", "dynamic_no_gradient"):
        found = learned_masks.effective(weights, mask, rescaling)
        np.testing.assert_array_equal(found["a"], [2, -4, 0, 0])
        np.testing.assert_array_equal(found["a_bias"], [5])
        assert found["a"].dtype == np.float32
    np.testing.assert_array_equal(weights["a"], [1, -2, 3, 4])
    with pytest.raises(ValueError, match="Unknown rescaling 'dynamical'"):
        learned_masks.effective(weights, mask, "dynamical")


def test_a_mask_that_keeps_nothing_gives_zeros():
    weights = {"a": np.ones(3, np.float32)}
    mask = {"a": np.zeros(3, np.uint8)}
    assert learned_masks.factors(mask, "dynamic") == {"a": 3.0}
    found = learned_masks.effective(weights, mask, "dynamic")
    np.testing.assert_array_equal(found["a"], [0, 0, 0])


@hypothesis.given(
    arrays.arrays(np.uint8, st.integers(1, 40), elements=st.integers(0, 1))
)
def test_rescaling_keeps_the_sum_of_constant_weights(mask):
    hypothesis.assume(mask.any())
    weights = {"a": np.ones(mask.shape, np.float64)}
    found = learned_masks.effective(weights, {"a": mask}, "dynamic")
    np.testing.assert_allclose(found["a"].sum(), mask.size)
