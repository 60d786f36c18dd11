"""Tests of datasets/images/augmentation.py."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.datasets.images import augmentation
from lottery_ticket.tests import contracts, grids

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (64, 6, 5, 3), dtype=np.uint8)
SEED = tf.constant([3, 7], tf.int32)
CHANGES = [name for name in augmentation.AUGMENTATIONS if name != "none"]


def changed(name, x=X, seed=SEED):
    return augmentation.make(name)(tf.constant(x), seed).numpy()


def test_every_augmentation_says_what_it_is():
    contracts.check_entries(augmentation.AUGMENTATIONS, "x", "seed")


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_eager_graph_and_xla_agree(name):
    augment = augmentation.make(name)
    for jit_compile in (False, True):
        compiled = tf.function(augment, jit_compile=jit_compile)
        np.testing.assert_array_equal(compiled(X, SEED), changed(name))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
@pytest.mark.parametrize("name", CHANGES)
def test_shape_and_dtype_stay(name, dtype):
    x = X[:7].astype(dtype)
    y = changed(name, x)
    assert (y.shape, y.dtype) == (x.shape, x.dtype)
    # One half is rounded up as uint8, and to an even number as int32.
    np.testing.assert_allclose(y, changed(name, X[:7]), atol=1)


@pytest.mark.parametrize("name", CHANGES)
def test_the_seed_decides(name):
    np.testing.assert_array_equal(changed(name), changed(name))
    for other in ([3, 8], [4, 7]):
        assert (changed(name, seed=tf.constant(other)) != changed(name)).any()


@pytest.mark.parametrize("name", grids.thinned(CHANGES, CHANGES[:1]))
def test_any_batch_size_without_a_new_trace(name):
    augment = tf.function(augmentation.make(name))
    spec = tf.TensorSpec((None, 6, 5, 3), tf.uint8)
    traced = augment.get_concrete_function(spec, SEED)
    for size in (1, 9):
        assert traced(tf.constant(X[:size]), SEED).shape == (size, 6, 5, 3)


def test_flip_mirrors_half_of_the_images():
    y = changed("flip", np.tile(X, (16, 1, 1, 1)))
    x = np.tile(X, (16, 1, 1, 1))
    same = (y == x).all((1, 2, 3))
    mirrored = (y == x[:, :, ::-1]).all((1, 2, 3))
    assert (same | mirrored).all()
    assert 0.45 < mirrored.mean() < 0.55


@pytest.mark.parametrize("flip", [False, True])
def test_every_crop_is_a_window_of_the_padded_image(flip):
    pad, (height, width) = 2, X.shape[1:3]
    augment = augmentation.CropFlip(pad, flip)
    y = augment(tf.constant(np.tile(X, (8, 1, 1, 1))), SEED).numpy()
    padding = ((pad, pad), (pad, pad), (0, 0))
    seen = set()
    for i, image in enumerate(y):
        padded = np.pad(X[i % len(X)], padding)
        for top in range(2 * pad + 1):
            for left in range(2 * pad + 1):
                window = padded[top : top + height, left : left + width]
                if (window == image).all():
                    seen.add((top, left, False))
                if (window[:, ::-1] == image).all():
                    seen.add((top, left, True))
                if (window == image).all() or (window[:, ::-1] == image).all():
                    break
            else:
                continue
            break
        else:
            raise AssertionError(f"image {i} is no window")
    assert len(seen) == 25 * (1 + flip)  # Each offset, with and without flip.


def test_crop_flip_against_a_numpy_twin():
    draws = augmentation.draw(SEED, (3, len(X), 1), 2 * 9).numpy()[..., 0]
    padded = np.pad(X, ((0, 0), (4, 4), (4, 4), (0, 0)))
    for i, image in enumerate(changed("crop_flip")):
        top, left, is_flipped = draws[0, i] % 9, draws[1, i] % 9, draws[2, i]
        window = padded[i, top : top + 6, left : left + 5]
        expected = window[:, ::-1] if is_flipped % 2 else window
        np.testing.assert_array_equal(image, expected)


def twin_box(draws, height, width):
    """One image's box, from its draws: (attempts + 1, 4)."""
    for attempt in draws[:-1] / augmentation.DRAW_LIMIT:
        area = (0.08 + 0.92 * attempt[0]) * height * width
        low, high = np.log(3 / 4), np.log(4 / 3)
        ratio = np.exp(low + (high - low) * attempt[1])
        w, h = np.round(np.sqrt(area * ratio)), np.round(np.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            top = np.floor(attempt[2] * (height - h + 1))
            return top, np.floor(attempt[3] * (width - w + 1)), h, w
    return None


def twin_resize(image, height, width):
    """Bilinear, centres of pixels on centres, edges repeated."""
    for axis, size in ((0, height), (1, width)):
        length = image.shape[axis]
        place = (np.arange(size) + 0.5) * length / size - 0.5
        below = np.floor(place).astype(int)
        shape = [-1 if each == axis else 1 for each in range(3)]
        weight = (place - below).reshape(shape)
        near, far = (
            image.take(np.clip(i, 0, length - 1), axis)
            for i in (below, below + 1)
        )
        image = near * (1 - weight) + far * weight
    return image


def test_resized_crop_against_a_numpy_twin():
    x = RNG.integers(0, 256, (32, 24, 20, 3), dtype=np.uint8)
    draws = augmentation.draw(SEED, (32, 11, 4), augmentation.DRAW_LIMIT)
    draws = draws.numpy()
    for i, image in enumerate(changed("resized_crop", x)):
        top, left, h, w = (int(each) for each in twin_box(draws[i], 24, 20))
        part = x[i, top : top + h, left : left + w].astype(float)
        expected = twin_resize(part, 24, 20)
        if draws[i, -1, 0] % 2:
            expected = expected[:, ::-1]
        np.testing.assert_allclose(image, expected, atol=0.501)


def test_boxes_are_inside_and_in_range():
    draws = augmentation.draw(SEED, (1000, 11, 4), augmentation.DRAW_LIMIT)
    top, left, h, w = (
        each.numpy()[:, 0] for each in augmentation.crop_box(draws, 200, 100)
    )
    assert (top >= 0).all() and (left >= 0).all()
    assert (top + h <= 200).all() and (left + w <= 100).all()
    assert 0.07 < (h * w / 20000).min() and (w / h > 0.7).all()
    assert (w / h < 1.4).all() and (h * w / 20000).max() > 0.6


@pytest.mark.parametrize("size", [(200, 140), (40, 300), (100, 9)])
@pytest.mark.parametrize("seed", range(3))
def test_of_all_attempts_the_first_that_fits_counts(seed, size):
    seed, shape = tf.constant([seed, 7]), (256, 11, 4)
    draws = augmentation.draw(seed, shape, augmentation.DRAW_LIMIT)
    none = tf.fill((1, 2, 4), augmentation.DRAW_LIMIT - 1)
    middle = np.hstack(augmentation.crop_box(none, *size))
    expected = np.tile(middle, (256, 1))
    for i in reversed(range(10)):
        box = augmentation.crop_box(draws.numpy()[:, [i, -1]], *size)
        fits = (np.hstack(box) != middle).any(1)
        expected[fits] = np.hstack(box)[fits]
    box = augmentation.crop_box(draws, *size)
    assert {each.dtype for each in box} == {tf.int32}
    np.testing.assert_array_equal(np.hstack(box), expected)


def test_where_no_attempt_fits_the_box_is_in_the_middle():
    # Area and ratio at their largest: too wide for so low an image.
    draws = tf.fill((2, 11, 4), augmentation.DRAW_LIMIT - 1)
    box = augmentation.crop_box(draws, 10, 100)
    assert [int(each[1, 0]) for each in box] == [0, 43, 10, 13]
    box = augmentation.crop_box(draws, 100, 10)
    assert [int(each[1, 0]) for each in box] == [43, 0, 13, 10]


def test_none_is_none_and_unknown_names():
    assert augmentation.make("none") is None
    with pytest.raises(ValueError, match="augmentation 'crop'. Did you mean"):
        augmentation.make("crop")
