"""Tests of foundations/supermasks/projection.py."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.supermasks import projection, search_variables


def constraint(every, per_epoch=4):
    iterations = search_variables.integers(0, "iterations")
    counter = search_variables.integers(per_epoch, "per_epoch")
    return projection.Projection(every, iterations, counter), iterations


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (1, [1, 2, 3, 4, 5, 6, 7, 8]),
        # Before iterations 0 and 3 of an epoch of four, and after its last.
        (3, [3, 4, 7, 8]),
        (2, [2, 4, 6, 8]),
        (9, [4, 8]),
    ],
)
def test_scores_are_clipped_when_it_is_time_to(every, expected, jit):
    own, iterations = constraint(every)
    apply = tf.function(own, autograph=False, jit_compile=jit)
    scores = tf.constant([-0.5, 0.0, 0.25, 1.0, 1.5])
    clipped = []
    for done in range(1, 9):
        iterations.assign(done)
        found = apply(scores).numpy()
        if (found != scores.numpy()).any():
            np.testing.assert_array_equal(found, [0, 0, 0.25, 1, 1])
            clipped.append(done)
    assert clipped == expected
