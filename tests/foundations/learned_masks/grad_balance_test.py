"""Tests of foundations/learned_masks/grad_balance.py."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.learned_masks import grad_balance

SCORES = [2.0, -1.0, 0.0, -3.0]
TASK = [0.3, -0.1, 0.2, 0.4]
SPARSE = [9.544871, 17.873812, 22.727273, 4.106969]


def source(scores=SCORES, kept=1, multiplier=0.0):
    """What a control sees of ConcreteMasks, in two layers."""
    layers = {"a": scores[:3], "b": scores[3:]}
    return types.SimpleNamespace(
        trained={n: keras.Variable(np.float32(x)) for n, x in layers.items()},
        kept_count=keras.Variable(kept, dtype="int64", trainable=False),
        multiplier=keras.Variable(np.float32(multiplier), trainable=False),
    )


def attached(control, found):
    network = types.SimpleNamespace(source=found)
    control.attach(types.SimpleNamespace(network=network))
    return control


def step(control, iteration):
    given = [tf.constant(TASK[:3]), tf.constant(TASK[3:])]
    found = control.gradients(given, tf.constant(iteration, tf.int64))
    return np.concatenate([each.numpy() for each in found])


def test_golden_excess():
    scores = [tf.constant(SCORES[:3]), tf.constant(SCORES[3:])]
    error, gradients = grad_balance.excess(scores, tf.constant(1.1), 1.0)
    assert float(error) == pytest.approx(54.287670, 1e-5)
    kept = 1.1 * (1 + float(error) / 100)
    assert kept == pytest.approx(1.697164, 1e-6)
    np.testing.assert_allclose(np.concatenate(gradients), SPARSE, rtol=1e-5)


def test_the_gradient_is_that_of_the_excess_at_any_scale():
    scores = tf.constant(SCORES)
    with tf.GradientTape() as tape:
        tape.watch(scores)
        error, gradients = grad_balance.excess([scores], tf.constant(2.0), 0.6)
    (found,) = gradients
    np.testing.assert_allclose(tape.gradient(error, scores), found, rtol=1e-5)


def test_lengths_are_of_all_tensors_together():
    rng = np.random.default_rng(0)
    shapes = [(3, 3, 4, 5), (40, 7), (6,)]
    task, sparse = ([rng.normal(size=s) for s in shapes] for _ in range(2))
    norms = [
        np.sqrt(sum((each**2).sum() for each in own)) for own in (task, sparse)
    ]
    given = [
        [tf.constant(x, tf.float32) for x in own] for own in (task, sparse)
    ]
    found = grad_balance.wanted(tf.constant(1.0), *given)
    assert float(found) == pytest.approx(norms[0] / norms[1], 1e-6)
    shares = sum((1 / (1 + np.exp(-x))).sum() for x in task)
    error, _ = grad_balance.excess(given[0], tf.constant(100.0), 1.0)
    assert float(error) == pytest.approx(shares - 100, 1e-4)


def test_golden_first_step_and_running_mean():
    found = source()
    control = attached(grad_balance.GradBalance(1.1, 1.0, 0.99), found)
    expected = [0.470157, 0.218638, 0.605161, 0.473215]
    np.testing.assert_allclose(step(control, 0), expected, rtol=1e-5)
    assert float(found.multiplier.numpy()) == pytest.approx(0.01782710, 1e-5)
    found.multiplier.assign(0)
    step(control, 1)
    assert float(found.multiplier.numpy()) == pytest.approx(0.000178271, 1e-4)


def test_nothing_is_added_where_no_more_is_kept_than_may_be():
    found = source(kept=3, multiplier=1.0)
    control = attached(grad_balance.GradBalance(1.1, 1.0, 0.99), found)
    np.testing.assert_allclose(step(control, 0), TASK, rtol=1e-6)
    assert found.multiplier.numpy() == 0
    found.multiplier.assign(1)
    step(control, 7)  # It fades.
    assert found.multiplier.numpy() == pytest.approx(0.99)


def test_a_lagrange_multiplier_goes_up_by_the_excess():
    found = source()

    class Rate:
        def __call__(self, iteration):
            return tf.where(iteration < 5, 0.1, 0.01)

        def get_config(self):
            return {}

    control = attached(grad_balance.Lagrange(1.0, 1.0, Rate()), found)
    np.testing.assert_allclose(step(control, 0), TASK)  # It starts at 0.
    assert found.multiplier.numpy() == pytest.approx(0.001 * 69.7164, 1e-4)
    before = float(found.multiplier.numpy())
    second = np.array(SPARSE) * 1.1 * before + TASK
    np.testing.assert_allclose(step(control, 5), second, rtol=1e-5)
    rise = float(found.multiplier.numpy()) - before
    assert rise == pytest.approx(0.0001 * 69.7164, 1e-3)
