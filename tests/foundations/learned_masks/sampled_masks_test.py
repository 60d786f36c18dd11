"""Tests of foundations/learned_masks/sampled_masks.py."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.learned_masks import sampled_masks
from lottery_ticket.foundations.values import masks

LOGITS = np.linspace(-3, 3, 12).reshape(3, 4)
WEIGHTS = np.arange(1, 13, dtype=np.float32).reshape(3, 4)
BY_LAYER = {
    "a": np.array([[-1000.0, 0.0], [1e-9, 1000.0]], np.float32),
    "b": np.full(20_000, 1.0, np.float32),
}


def make(rescaling="none", seed=3, sampling="bernoulli"):
    found = sampled_masks.SampledMasks({"a": (3, 4)}, sampling, rescaling)
    found.start({"a": LOGITS})
    found.reset(seed)
    return found


def effective(found, iteration=0, training=True):
    found.iterations.assign(iteration)
    tensors = [tf.constant(LOGITS, tf.float32)], [tf.constant(WEIGHTS)]
    (own,) = found.masked(*tensors, training)
    return own.numpy()


def test_kept_weights_are_those_drawn_and_rescaled():
    found = make("dynamic")
    (drawn,) = found.uniforms(True)
    mask = drawn.numpy() < 1 / (1 + np.exp(-LOGITS))
    assert 0 < mask.sum() < 12
    expected = WEIGHTS * mask * 12 / mask.sum()
    np.testing.assert_allclose(effective(found), expected, rtol=1e-6)


def test_draws_differ_by_iteration_seed_and_purpose():
    found = make()
    same = effective(found)
    np.testing.assert_array_equal(effective(make()), same)
    others = [
        effective(found, iteration=1),
        effective(found, training=False),
        effective(make(seed=4)),
    ]
    for other in others:
        assert (other != same).any()
    found.reset(4)
    np.testing.assert_array_equal(effective(found), others[2])


def test_seeds_are_in_variables_and_scores_add_no_loss():
    found = make()
    (variable,) = found.variables
    assert variable.shape == (1, 2) and not variable.trainable
    assert found.losses([], []) == []


def test_probabilities_are_sigmoids_and_never_overflow():
    found = sampled_masks.probabilities(BY_LAYER)
    np.testing.assert_allclose(found["a"], [[0, 0.5], [0.5, 1]])
    np.testing.assert_allclose(found["b"], 1 / (1 + np.exp(-1)))


def test_samples_keep_each_weight_by_its_probability():
    found = sampled_masks.sample(BY_LAYER, 3)
    assert found["a"][0, 0] == 0 and found["a"][1, 1] == 1
    # 4 standard deviations of 20,000 coins.
    assert abs(found["b"].mean() - 0.7310586) < 0.0126
    masks.check(found, {name: each.shape for name, each in BY_LAYER.items()})
    assert found["b"].dtype == np.uint8


def test_samples_are_those_of_the_seed_and_layers_are_independent():
    logits = {name: np.zeros(1000) for name in "ab"}
    one, again, other = (sampled_masks.sample(logits, s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one["a"], again["a"])
    for mask in (other["a"], one["b"]):
        assert 0.4 < (one["a"] != mask).mean() < 0.6
    alone = sampled_masks.sample({"b": logits["b"]}, 1)
    np.testing.assert_array_equal(alone["b"], one["b"])


def test_thresholds_prune_a_logit_of_0():
    found = sampled_masks.threshold(BY_LAYER)
    np.testing.assert_array_equal(found["a"], [[0, 0], [1, 1]])
    assert found["a"].dtype == np.uint8


def test_a_search_is_judged_by_independent_samples_or_one_rounded_mask():
    def samples(sampling, logits, count):
        shapes = {name: each.shape for name, each in logits.items()}
        source = sampled_masks.SampledMasks(shapes, sampling, "none")
        source.start(logits)
        source.reset(1)
        return source.samples(count)

    logits = {"a": np.zeros(1000)}
    found = samples("bernoulli", logits, 3)
    assert len(found) == 3
    for index in range(3):
        share = (found[index]["a"] != found[index - 1]["a"]).mean()
        assert 0.4 < share < 0.6
    longer = samples("bernoulli", logits, 4)
    np.testing.assert_array_equal(longer[0]["a"], found[0]["a"])
    (rounded,) = samples("round", BY_LAYER, 3)
    np.testing.assert_array_equal(rounded["a"], [[0, 0], [1, 1]])


def test_expected_density_is_the_mean_probability():
    found = sampled_masks.expected_density(BY_LAYER)
    assert found["a"] == pytest.approx(0.5)
    assert found["b"] == pytest.approx(0.7310586)
