"""Tests of datasets/images/preparation.py."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.datasets.images import preparation

X = np.random.default_rng(0).integers(0, 256, (5, 4, 3, 3), dtype=np.uint8)
MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.25)


def l2_twin(x):
    flat = x.reshape(len(x), -1).astype(np.float32)
    norms = np.maximum(np.linalg.norm(flat, axis=1), np.finfo("f4").tiny)
    return (flat / norms[:, np.newaxis]).reshape(x.shape)


TWINS = {
    "scale": lambda x: x.astype(np.float32) / 255,
    "l2": l2_twin,
    "standardize": lambda x: (x / 255 - MEAN) / STD,
    "none": lambda x: x.astype(np.float32),
}


@pytest.mark.parametrize("jit_compile", [None, False, True])
@pytest.mark.parametrize("name", preparation.NORMALIZATIONS)
def test_against_a_numpy_twin(name, jit_compile):
    prepare = preparation.make(name, 255, MEAN, STD)
    if jit_compile is not None:
        prepare = tf.function(prepare, jit_compile=jit_compile)
    x = prepare(tf.constant(X))
    assert x.dtype == tf.float32
    np.testing.assert_allclose(x, TWINS[name](X), rtol=2e-6, atol=1e-6)


def test_an_empty_image_has_no_norm_and_stays_empty():
    x = preparation.L2()(tf.zeros((1, 2, 2, 1), tf.uint8))
    np.testing.assert_array_equal(x, np.zeros((1, 2, 2, 1)))


def test_repr_says_what_is_done():
    made = preparation.make("standardize", 255, MEAN, STD)
    assert repr(made) == (
        "Standardize(mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.25), max_value=255)"
    )


def test_unknown_names():
    with pytest.raises(ValueError, match="normalization 'l3'. Did you mean"):
        preparation.make("l3", 255)
