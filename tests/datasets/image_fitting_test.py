"""Tests of datasets/image_fitting.py."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.datasets import augmentation, image_fitting

X = np.random.default_rng(0).integers(0, 256, (60, 120, 3), np.uint8)


def test_resized_against_a_numpy_twin():
    # At half the size, antialiasing weighs 4 pixels by 1, 3, 3, 1.
    x = image_fitting.resized(X, 60, 60).numpy()
    padded = np.pad(X.astype(float), ((0, 0), (1, 1), (0, 0)))
    weights = np.array([1, 3, 3, 1])
    for column in range(60):
        part = padded[:, 2 * column : 2 * column + 4]
        inside = np.arange(2 * column - 1, 2 * column + 3)
        used = weights * ((inside >= 0) & (inside < 120))
        expected = (part * used[:, np.newaxis]).sum(1) / used.sum()
        np.testing.assert_allclose(x[:, column], expected, atol=0.502)
    np.testing.assert_array_equal(image_fitting.resized(X, 60, 120), X)


@pytest.mark.parametrize(
    ("size", "top", "left"),
    # 224 of 256 of 60 pixels are 52.5, rounded to an even number.
    [((10, 10), slice(4, 56), slice(34, 86)), ((8, 4), slice(4, 56), None)],
)
def test_the_middle_has_a_margin_and_the_ratio(size, top, left):
    x = image_fitting.centre(tf.constant(X), *size).numpy()
    if left is None:  # 26 columns, half of the rows.
        left = slice(47, 73)
    np.testing.assert_array_equal(x, X[top, left])


def test_the_smallest_image_has_a_middle():
    x = image_fitting.centre(tf.zeros((1, 1, 3)), 224, 224)
    assert x.shape == (1, 1, 3)


def test_a_random_part_is_that_of_its_box():
    shape, seed = (1, 11, 4), tf.constant([1, 2])
    draws = augmentation.draw(seed, shape, augmentation.DRAW_LIMIT)
    box = augmentation.crop_box(draws, 60, 120)
    top, left, rows, columns = (int(each[0, 0]) for each in box)
    x = image_fitting.random_part(tf.constant(X), draws).numpy()
    expected = X[top : top + rows, left : left + columns]
    np.testing.assert_array_equal(x, expected)
