"""Tests of networks/softmax_loss.py."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.networks import softmax_loss

LOGITS = np.array([[2.0, 0, -1], [0.5, 1, 3], [0, 0.25, 0]], np.float32)
LABELS = np.array([0, 1, 1], np.int32)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_loss_and_accuracy_equal_a_numpy_twin(smoothing):
    x = LOGITS.astype(np.float64)
    log_softmax = x - np.log(np.exp(x).sum(1, keepdims=True))
    target = np.full((3, 3), smoothing / 3) + np.eye(3)[LABELS] * (
        1 - smoothing
    )
    expected = -(target * log_softmax).sum(1).mean()
    loss, accuracy = softmax_loss.loss_and_accuracy(LABELS, LOGITS, smoothing)
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    np.testing.assert_allclose(accuracy, 2 / 3, rtol=1e-6)


def test_logits_of_probabilities_give_these_again():
    probabilities = tf.nn.softmax(LOGITS)
    found = softmax_loss.logits(probabilities)
    np.testing.assert_allclose(tf.nn.softmax(found), probabilities, rtol=1e-6)
    assert np.isfinite(softmax_loss.logits(tf.constant([[0.0, 1.0]]))).all()


def test_logits_of_a_softmax_that_is_traced_are_its_inputs():
    @tf.function(autograph=False)
    def traced(x):
        return softmax_loss.logits(tf.nn.softmax(x))

    far = np.array([[-300.0, 0, 300]], np.float32)
    np.testing.assert_array_equal(traced(far), far)
