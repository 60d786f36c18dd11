"""Tests of foundations/tasks/classification.py."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.tests import tiny

LOGITS = tf.constant([[2.0, 0, 0], [0, 1, 0], [0, 0, 3], [1, 0, 0]])
Y = tf.constant([0, 1, 1, 2])


def losses():
    log_sums = np.log(np.exp(LOGITS).sum(axis=1))
    return log_sums - np.asarray(LOGITS)[range(4), Y]


@pytest.mark.parametrize("weights", [None, [1.0, 0.0, 2.0, 0.5]])
def test_weights_multiply_losses_and_not_accuracy(weights):
    given = None if weights is None else tf.constant(weights)
    loss, accuracy = tiny.Model().task.batch(Y, LOGITS, given)
    expected = (losses() * (weights or np.ones(4))).mean()
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    assert accuracy == 0.5


def test_batches_of_any_size_sum_up_to_a_split():
    task = tiny.Model().task
    sums = task.start()
    for part in (slice(3), slice(3, 4)):
        sums = task.add(sums, Y[part], LOGITS[part])
    loss, accuracy = task.result(sums, 4)
    np.testing.assert_allclose(loss, losses().mean(), rtol=1e-6)
    assert accuracy == pytest.approx(0.5)


def test_logits_for_too_few_classes_are_an_error():
    x, y = np.zeros((5, 4), np.float32), np.arange(5)
    dataset = dataset_base.DatasetBase((x, y), 5, (x, y))
    with pytest.raises(ValueError, match="logits for 3 classes.* of 5"):
        tiny.Model().task.check(3, dataset)
