"""Tests of foundations/learned_masks/regularizers.py against closed forms."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.learned_masks import regularizers
from lottery_ticket.tests import contracts

RNG = np.random.default_rng(2)
SCORES = [
    RNG.uniform(0.01, 0.99, (3, 4)).astype("f4"),
    np.array([0, 1, 0.5, 0.25], np.float32),
]
WEIGHTS = [RNG.normal(size=each.shape).astype("f4") for each in SCORES]


def entropy(s):
    between = np.where((s > 0) & (s < 1), s, 0.5)
    values = -between * np.log(between) - (1 - between) * np.log(1 - between)
    return np.where((s > 0) & (s < 1), values, 0)


# Value and gradient of one score s, of weight w, with exponents a and b.
FORMS = {
    "none": (lambda s, w, a, b: 0 * s, lambda s, w, a, b: 0 * s),
    "L2": (lambda s, w, a, b: s**2, lambda s, w, a, b: 2 * s),
    "L1": (lambda s, w, a, b: abs(s), lambda s, w, a, b: np.sign(s)),
    "L1_L2": (
        lambda s, w, a, b: abs(s) + s**2,
        lambda s, w, a, b: np.sign(s) + 2 * s,
    ),
    "var_red_1": (
        lambda s, w, a, b: s**a * (1 - s) ** b,
        lambda s, w, a, b: (
            a * s ** (a - 1) * (1 - s) ** b - b * s**a * (1 - s) ** (b - 1)
        ),
    ),
    "var_red_2": (
        lambda s, w, a, b: w**2 * s * (1 - s),
        lambda s, w, a, b: w**2 * (1 - 2 * s),
    ),
    "bin_entropy": (
        lambda s, w, a, b: entropy(s),
        lambda s, w, a, b: np.where(
            (s > 0) & (s < 1),
            np.log1p(-np.clip(s, 0.01, 0.99)) - np.log(np.clip(s, 0.01, 0.99)),
            0,
        ),
    ),
}


def value_and_gradients(name, scores, exponents=(1, 1), weights=WEIGHTS):
    scores = [tf.constant(each) for each in scores]
    weights = [tf.constant(each, scores[0].dtype) for each in weights]
    with tf.GradientTape() as tape:
        tape.watch(scores)
        total = regularizers.REGULARIZERS[name].function(
            scores, weights, *exponents
        )
    gradients = tape.gradient(total, scores, unconnected_gradients="zero")
    return total.numpy(), [each.numpy() for each in gradients]


@pytest.mark.parametrize("exponents", [(1, 1), (2, 1.5), (1, 3)])
@pytest.mark.parametrize("name", FORMS)
def test_sums_and_gradients_are_the_closed_forms(name, exponents):
    total, gradients = value_and_gradients(name, SCORES, exponents)
    form, derivative = FORMS[name]
    pairs = list(zip(SCORES, WEIGHTS, strict=True))
    expected = sum(
        form(s.astype(float), w.astype(float), *exponents).sum()
        for s, w in pairs
    )
    np.testing.assert_allclose(total, expected, rtol=1e-5)
    for (s, w), gradient in zip(pairs, gradients, strict=True):
        np.testing.assert_allclose(
            gradient,
            derivative(s.astype(float), w.astype(float), *exponents),
            rtol=1e-4,
            atol=1e-5,
        )


def test_every_regularizer_has_its_form():
    assert set(FORMS) == set(regularizers.REGULARIZERS)
    contracts.check_entries(
        regularizers.REGULARIZERS, "scores", "weights", "alpha", "alpha_prime"
    )


@pytest.mark.parametrize("name", regularizers.REGULARIZERS)
def test_those_with_exponents_look_at_them(name):
    one, other = (
        value_and_gradients(name, SCORES, (power, power), SCORES)[0]
        for power in (1.0, 2.0)
    )
    has_exponents = regularizers.REGULARIZERS[name].has_exponents
    assert (one != other) == has_exponents


@pytest.mark.parametrize("name", regularizers.REGULARIZERS)
def test_gradients_are_finite_beside_0_and_1(name):
    scores = [np.array([-1e-3, 1.001, 0, 1, -5], np.float32)]
    weights = [np.ones(5)]
    total, gradients = value_and_gradients(name, scores, (1.5, 1.5), weights)
    assert np.isfinite(total)
    assert all(np.isfinite(each).all() for each in gradients)


def test_signs_count_in_magnitude():
    scores = [-SCORES[0], -SCORES[1]]
    total, gradients = value_and_gradients("L1_L2", scores)
    mirrored, others = value_and_gradients("L1_L2", SCORES)
    np.testing.assert_allclose(total, mirrored, rtol=1e-6)
    for one, other in zip(gradients, others, strict=True):
        np.testing.assert_allclose(one, -other, rtol=1e-6)


def test_float64_is_counted_in_float64():
    scores = [np.full((3, 4), 0.1), np.zeros(4)]
    total, _ = value_and_gradients("L2", scores)
    np.testing.assert_allclose(total, 0.12, rtol=1e-15)
