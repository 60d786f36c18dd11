"""Tests of networks/precision.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.networks import precision

L = keras.layers


def network(dtype=None):
    """Nested, with batch normalisation."""
    inner = [L.Dense(3, dtype=dtype), L.BatchNormalization(dtype=dtype)]
    inner = keras.Sequential([keras.Input((4,)), *inner])
    return keras.Sequential([keras.Input((4,)), inner, L.Dense(2, dtype=dtype)])


def policies(built):
    return [layer.dtype_policy for layer in built._flatten_layers()]


def gradient(built, dtype, factor=1.0):
    """Outputs and gradient by the first kernel, this times a factor."""
    kernel = built.trainable_variables[0]
    value = factor * tf.cast(kernel.value, dtype)
    x = tf.cast([[0.125, -0.25, 0.5, 1.5]], dtype)

    @tf.function(autograph=False)
    def traced(value):
        with tf.GradientTape() as tape:
            tape.watch(value)
            y = precision.outputs(built, [kernel], [value], x)
        return y, tape.gradient(y, value)

    with precision.tracing(built, dtype):
        return traced(value)


def twin(built, dtype, factor):
    """The same in numpy, for moving statistics as they were built."""
    values = [np.asarray(each, dtype) for each in built.trainable_variables]
    first, _, _, _, last, _ = values
    scale = 1 / np.sqrt(1 + 1e-3)
    x = np.array([[0.125, -0.25, 0.5, 1.5]], dtype)
    y = x @ (factor * first) * scale @ last
    return y, x.T * scale @ last.sum(1)[None]


def test_outputs_are_float64_and_of_the_values_given():
    built = network()
    before = [np.array(each) for each in built.variables]
    result = gradient(built, "float64", factor=3.0)
    for actual, exact in zip(result, twin(built, "f8", 3.0), strict=True):
        assert actual.dtype == tf.float64
        np.testing.assert_allclose(actual, exact, rtol=1e-12)
    for variable, value in zip(built.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)
        assert variable.dtype == "float32"


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_can_be_traced_in_float32(dtype):
    built = network(dtype)
    result = gradient(built, "float32")
    for actual, exact in zip(result, twin(built, "f8", 1.0), strict=True):
        assert actual.dtype == tf.float32
        np.testing.assert_allclose(actual, exact, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [None, "mixed_bfloat16"])
def test_afterwards_all_is_as_before(dtype):
    built = network(dtype)
    before = policies(built)
    with pytest.raises(RuntimeError, match="inside"):
        with precision.tracing(built):
            assert {each.name for each in policies(built)} == {"float64"}
            raise RuntimeError("inside")
    assert policies(built) == before


def test_layers_of_integers_stay_as_they_are():
    layers = [keras.Input((2,), dtype="int32"), L.Embedding(3, 2), L.Flatten()]
    lookup = L.Discretization([0.5], dtype="int32")
    built = keras.Sequential([*layers, lookup])
    with precision.tracing(built):
        assert lookup.compute_dtype == "int32"
        assert built.layers[0].compute_dtype == "float64"
