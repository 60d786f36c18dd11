"""Tests of foundations/learned_masks/objectives.py."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.learned_masks import objectives
from lottery_ticket.tests import contracts

OBJECTIVES = objectives.OBJECTIVES
P, Q = ([0.7, 0.2, 0.1], [0.5, 0.25, 0.25])


def as_pass(loss, *rows, offset=0.0):
    logits = np.log(rows).astype(np.float32) + offset
    return objectives.Pass(tf.constant(loss), tf.constant(logits))


def value(name, masked, dense):
    return float(OBJECTIVES[name].function(masked, dense))


def test_every_objective_says_what_it_is():
    contracts.check_entries(OBJECTIVES, "masked", "dense")


def test_golden_divergences():
    masked, dense = as_pass(1.0, Q, offset=3.0), as_pass(1.0, P, offset=-2.0)
    assert value("reverse_kl", masked, dense) == pytest.approx(0.116622, 1e-4)
    assert value("kl", masked, dense) == pytest.approx(0.099273, 1e-4)


def test_divergences_are_means_over_examples_and_0_of_the_same():
    masked, dense = as_pass(1.0, Q, P), as_pass(1.0, P, P)
    assert value("reverse_kl", masked, dense) == pytest.approx(0.058311, 1e-4)
    assert value("kl", dense, dense) == pytest.approx(0, abs=1e-7)


def test_probabilities_near_0_give_no_nan():
    masked = objectives.Pass(tf.constant(1.0), tf.constant([[200.0, -200.0]]))
    dense = objectives.Pass(tf.constant(1.0), tf.constant([[-200.0, 200.0]]))
    for name in ("kl", "reverse_kl"):
        assert value(name, masked, dense) == pytest.approx(400)


def test_losses():
    masked, dense = as_pass(1.5, Q), as_pass(2.0, P)
    assert value("loss", masked, None) == 1.5
    assert value("loss_change", masked, dense) == pytest.approx(0.25)
    assert np.isfinite(value("loss_change", masked, as_pass(0.0, P)))


def with_seen(*rows):
    """A pass that has seen these arrays, of a loss and logits that are 0."""
    seen = [tf.constant(each, tf.float32) for each in rows]
    return objectives.Pass(tf.constant(0.0), tf.zeros((2, 3)), seen)


def standard(rows):
    rows = np.reshape(rows, (len(rows), -1))
    rows = rows - rows.mean(1, keepdims=True)
    return rows / rows.std(1, keepdims=True)


def test_features_and_gradients_against_numpy():
    rng = np.random.default_rng(2)
    first, second = ([rng.normal(size=(2, 3, 2)) for _ in "ab"] for _ in "ab")
    each = [
        ((standard(a) - standard(b)) ** 2).mean()
        for a, b in zip(first, second, strict=True)
    ]
    found = value("features", with_seen(*first), with_seen(*second))
    assert found == pytest.approx(sum(each) / 3, 1e-4)  # Probabilities: alike.
    each = [
        ((standard([a.ravel()]) - standard([b.ravel()])) ** 2).mean()
        for a, b in zip(first, second, strict=True)
    ]
    found = value("gradients", with_seen(*first), with_seen(*second))
    assert found == pytest.approx(np.mean(each), 1e-4)


def test_what_is_dead_has_finite_gradients():
    rows = tf.zeros((2, 4))
    with tf.GradientTape() as tape:
        tape.watch(rows)
        seen = objectives.Pass(tf.constant(0.0), tf.zeros((2, 3)), [rows])
        far = objectives.features(seen, with_seen(np.eye(2, 4)))
    assert np.isfinite(tape.gradient(far, rows)).all()


def test_the_length_of_a_gradient_does_not_overflow():
    masked = with_seen([3e30, 0.0], [[4e30]])
    assert value("gradient_norm", masked, None) == pytest.approx(-5e30, 1e-5)
