"""Tests of datasets/rows/inputs.py."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.datasets.rows import inputs

FLOATS = np.array([[1.0, 10.0], [3.0, 30.0]])
PIXELS = np.array([[[0, 255]], [[51, 102]]], np.uint8)
INDICES = np.array([[1, 2], [300, 0]])


@pytest.mark.parametrize(
    ("x", "dtype"),
    [
        (FLOATS, "float32"),
        (FLOATS > 2, "float32"),
        (PIXELS, "uint8"),
        (INDICES, "int32"),
        (INDICES * 2**40, "float32"),
    ],
)
def test_numbers_of_a_kind(x, dtype):
    found = inputs.plain(x)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, x.astype(dtype))


@pytest.mark.parametrize(
    ("normalization", "x", "expected"),
    [
        ("scale", FLOATS, None),
        ("scale", INDICES, None),
        ("scale", PIXELS, [[[0, 1]], [[0.2, 0.4]]]),
        ("scale", PIXELS[:, 0], None),  # A row of numbers, no picture.
        ("standardize", FLOATS, [[-1, -1], [1, 1]]),
        ("standardize", PIXELS, [[[-1, 1]], [[1, -1]]]),
        ("standardize", INDICES, None),
        ("standardize", FLOATS[:, 0], [-1, 1]),
        ("l2", FLOATS, FLOATS / np.linalg.norm(FLOATS, axis=1)[:, None]),
        ("none", FLOATS, None),
        ("none", PIXELS, None),
    ],
)
def test_what_is_done_to_numbers(normalization, x, expected):
    prepare = inputs.preparation_of(normalization, x)
    if expected is None:
        assert prepare is None
        return
    found = prepare(tf.constant(inputs.plain(x)))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    both = {"a": x, "b": (INDICES, x)}
    prepare = inputs.preparation_of(normalization, both)
    found = prepare({"b": (INDICES, inputs.plain(x)), "a": inputs.plain(x)})
    assert found["b"][0] is INDICES
    for each in found["a"], found["b"][1]:
        np.testing.assert_allclose(each, expected, rtol=1e-5)
    assert repr(prepare) == repr(inputs.preparation_of(normalization, both))


def test_nothing_to_do_for_any_input():
    assert inputs.preparation_of("scale", {"a": FLOATS, "b": INDICES}) is None


def test_a_number_for_each_example_is_one_column():
    x = np.arange(5.0)
    prepare = inputs.preparation_of("standardize", x)
    part = prepare(tf.constant(inputs.plain(x[:2])))
    np.testing.assert_allclose(part, (x[:2] - 2) / np.sqrt(2), rtol=1e-5)
