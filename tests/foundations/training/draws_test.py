"""Tests of training/draws.py."""

import numpy as np
import scipy.stats
import tensorflow as tf

from lottery_ticket.foundations.training import draws

SHAPES = ((300, 7), (11,))


def drawn(draw, seeds, count):
    given = tf.constant(seeds, tf.int64), tf.constant(count, tf.int64)
    return [each.numpy() for each in draw(*given, SHAPES)]


def test_draws_depend_on_seed_and_count_alone():
    first, again = (drawn(draws.uniforms, [3, 4], 5) for _ in range(2))
    assert [each.shape for each in first] == list(SHAPES)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    for seeds, count in (([9, 4], 5), ([3, 4], 6)):
        assert (drawn(draws.uniforms, seeds, count)[0] != first[0]).any()


def test_normals_are_quantiles_of_the_uniforms():
    uniforms = drawn(draws.uniforms, [3, 4], 5)
    normals = drawn(draws.normals, [3, 4], 5)
    for uniform, normal in zip(uniforms, normals, strict=True):
        expected = scipy.stats.norm.ppf(np.clip(uniform, 1e-7, 1 - 1e-7))
        np.testing.assert_allclose(normal, expected, atol=1e-4)
    assert scipy.stats.kstest(normals[0].ravel(), "norm").pvalue > 0.01
