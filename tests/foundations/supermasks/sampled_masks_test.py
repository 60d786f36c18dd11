"""Tests of foundations/supermasks/sampled_masks.py."""

import keras
import numpy as np
import tensorflow as tf

from lottery_ticket.foundations.supermasks import (
    maskers,
    sampled_masks,
    search_variables,
)

LOGITS = np.linspace(-3, 3, 12).reshape(3, 4)
WEIGHTS = np.arange(1, 13, dtype=np.float32).reshape(3, 4)


def make(rescaling="none", seed=3):
    logits = {"a": keras.Variable(LOGITS, dtype="float32")}
    found = sampled_masks.SampledMasks(maskers.bernoulli, rescaling)
    found.build(logits, search_variables.integers(0, "iterations"))
    found.reset(seed)
    return found


def effective(found, iteration=0, training=True):
    tensors = [tf.constant(LOGITS, tf.float32)], [tf.constant(WEIGHTS)]
    (own,) = found.effective(
        *tensors, tf.constant(iteration, tf.int64), training
    )
    return own.numpy()


def test_kept_weights_are_those_drawn_and_rescaled():
    found = make("dynamic")
    (drawn,) = found.uniforms(((3, 4),), tf.constant(0, tf.int64), True)
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
