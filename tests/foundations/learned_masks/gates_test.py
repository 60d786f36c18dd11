"""Tests of foundations/learned_masks/gates.py: gates and their gradients."""

import hypothesis
import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf
from hypothesis import strategies as st

from lottery_ticket.foundations.learned_masks import gates
from lottery_ticket.tests import contracts

GATES = gates.GATES
# Uniforms, evenly spaced: means over them are expectations.
UNIFORMS = ((np.arange(200_000) + 0.5) / 200_000).astype(np.float32)
MEANS = (1.0, 0.5, 0.0, -0.5)
RNG = np.random.default_rng(2)


def drawn(name, number, uniforms=UNIFORMS):
    """z of one trained number under many uniforms."""
    trained = tf.fill(uniforms.shape, tf.constant(number, tf.float32))
    return GATES[name].function(trained, tf.constant(uniforms)).numpy()


def test_every_gate_says_what_it_is():
    contracts.check_entries(GATES, "trained", "uniforms")


def test_the_penalty_of_gaussian_gates_in_golden_numbers():
    found = GATES["gaussian"].chance(tf.constant(MEANS)).numpy()
    expected = [0.977250, 0.841345, 0.5, 0.158655]
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("mean", "expected", "ones"),
    [
        *((1.0, 0.805, 0.5), (0.5, 0.500, 0.158655)),
        *((0.0, 0.195, 0.022750), (-0.5, 0.0415, 0.001350)),
    ],
)
def test_gaussian_gates_in_golden_numbers(mean, expected, ones):
    z = drawn("gaussian", mean)
    assert z.mean() == pytest.approx(expected, abs=3e-4)
    assert (z == 1).mean() == pytest.approx(ones, abs=1e-4)
    own = scipy.stats.norm.cdf(mean / gates.STD)
    assert (z > 0).mean() == pytest.approx(own, abs=1e-4)


@pytest.mark.parametrize("logit", [-4.0, -1.0, 0.0, 2.0])
def test_the_penalty_of_hard_concrete_gates_is_how_often_they_are_open(logit):
    z = drawn("hard_concrete", logit)
    chance = float(GATES["hard_concrete"].chance(tf.constant(logit)))
    expected = scipy.special.expit(logit - 2 / 3 * np.log(0.1 / 1.1))
    assert chance == pytest.approx(expected, 1e-5)
    assert (z > 0).mean() == pytest.approx(chance, abs=1e-4)
    closing = scipy.special.expit(-logit - 2 / 3 * np.log(0.1 / 1.1))
    assert (z < 1).mean() == pytest.approx(closing, abs=1e-4)


def numpy_gates(name, trained, uniforms):
    """z and its derivative, in float64."""
    trained, u = np.float64(trained), np.float64(uniforms)
    if name == "gaussian":
        u = np.clip(u, 1e-7, 1 - 1e-7)
        z, slope = trained + 0.5 * scipy.special.ndtri(u), np.ones(u.shape)
    else:
        soft = scipy.special.expit((scipy.special.logit(u) + trained) * 1.5)
        z, slope = 1.2 * soft - 0.1, 1.2 * 1.5 * soft * (1 - soft)
    return np.clip(z, 0, 1), slope * ((z > 0) & (z < 1))


def numpy_penalty(name, trained):
    """The mean chance of all to be open, and its derivatives."""
    trained = [np.float64(each) for each in trained]
    count = sum(each.size for each in trained)
    if name == "gaussian":
        chances = [scipy.stats.norm.cdf(each / 0.5) for each in trained]
        slopes = [scipy.stats.norm.pdf(each / 0.5) / 0.5 for each in trained]
    else:
        shift = 2 / 3 * np.log(0.1 / 1.1)
        chances = [scipy.special.expit(each - shift) for each in trained]
        slopes = [each * (1 - each) for each in chances]
    total = sum(each.sum() for each in chances)
    return total / count, [each / count for each in slopes]


@pytest.mark.parametrize("name", GATES)
def test_gates_and_their_gradients_against_numpy(name):
    trained = tf.constant(RNG.normal(size=400), tf.float32)
    uniforms = RNG.random(400).astype(np.float32)
    with tf.GradientTape() as tape:
        tape.watch(trained)
        z = GATES[name].function(trained, tf.constant(uniforms))
    expected, slope = numpy_gates(name, trained, uniforms)
    assert {0, 1} < set(expected)  # Some are closed, some wide open.
    np.testing.assert_allclose(z, expected, atol=2e-6)
    gradient = tape.gradient(z, trained).numpy()
    np.testing.assert_allclose(gradient, slope, atol=2e-5)
    assert ((gradient == 0) == ((expected == 0) | (expected == 1))).all()


@pytest.mark.parametrize("name", GATES)
def test_the_penalty_and_its_gradients_against_numpy(name):
    trained = [
        tf.constant(RNG.normal(size=shape), tf.float32)
        for shape in ((3, 4), (5,))
    ]
    with tf.GradientTape() as tape:
        tape.watch(trained)
        share = gates.open_share(GATES[name], trained)
    expected, slopes = numpy_penalty(name, trained)
    assert float(share) == pytest.approx(expected, 1e-6)
    for own, slope in zip(tape.gradient(share, trained), slopes, strict=True):
        np.testing.assert_allclose(own, slope, rtol=1e-5)


def test_a_hard_concrete_gate_stays_above_where_its_sigmoid_is_a_twelfth():
    threshold = GATES["hard_concrete"].threshold
    assert threshold == pytest.approx(np.log(0.1 / 1.1))
    assert scipy.special.expit(threshold) == pytest.approx(0.1 / 1.2)


@pytest.mark.parametrize("name", GATES)
@hypothesis.given(
    trained=arrays.arrays(np.float32, 20, elements=st.floats(-8, 8, width=32))
)
def test_settled_gates_are_open_above_the_threshold_alone(name, trained):
    gate = GATES[name]
    z = gate.settled(tf.constant(trained)).numpy()
    assert ((z >= 0) & (z <= 1)).all()
    closed = trained <= np.float32(gate.threshold)
    assert (z[closed] == 0).all()
    clearly_open = trained > gate.threshold + 1e-5
    assert (z[clearly_open] > 0).all()


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("uniform", [0.0, 1 - 2**-24])
def test_the_ends_of_uniforms_are_finite(name, uniform):
    z = drawn(name, 0.3, np.full(2, uniform, np.float32))
    assert (z == round(uniform)).all()


@pytest.mark.parametrize("name", GATES)
def test_a_search_starts_around_half_open_gates(name):
    shapes = {"a": (100, 100), "b": (7,)}
    found = gates.draw(GATES[name], shapes, 3)
    assert {n: each.shape for n, each in found.items()} == shapes
    assert all(each.dtype == np.float32 for each in found.values())
    assert found["a"].mean() == pytest.approx(GATES[name].start, abs=4e-4)
    assert found["a"].std() == pytest.approx(0.01, rel=0.05)
    z = GATES[name].settled(tf.constant(found["a"])).numpy()
    assert z.mean() == pytest.approx(0.5, abs=1e-3)
    again = gates.draw(GATES[name], {"a": shapes["a"]}, 3)
    np.testing.assert_array_equal(found["a"], again["a"])
    other = gates.draw(GATES[name], shapes, 4)
    assert (found["a"] != other["a"]).any()
