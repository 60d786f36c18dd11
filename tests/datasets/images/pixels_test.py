"""Tests of datasets/images/pixels.py."""

import numpy as np
import pytest

from lottery_ticket.datasets.images import image_files, pixels
from lottery_ticket.tests.datasets import picture_files


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (255, np.uint8, np.uint8),
        (255, np.int64, np.uint8),
        (256, np.uint16, np.int32),
        (-1, np.int64, np.int32),
        (2**40, np.int64, np.float32),
        (1, bool, np.uint8),
        (0.5, np.float64, np.float32),
        (0.5, np.float16, np.float32),
    ],
)
def test_plain_types(value, dtype, expected):
    x = pixels.plain(np.full((1, 1, 1, 1), value, dtype))
    assert (x.dtype, x.item()) == (expected, value)


def test_pixels_must_be_finite_and_in_range():
    x = np.array([0, 0.5, 2], np.float32)
    pixels.check(x, 2, True)
    pixels.check(x, 1, False)
    with pytest.raises(ValueError, match=r"in \[0, 1\].*from 0.0 to 2.0"):
        pixels.check(x, 1, True)
    with pytest.raises(ValueError, match=r"in \[0, 1\].*from -0.5 to 1.5"):
        pixels.check(x - 0.5, 1, True)
    for value in (np.nan, np.inf):
        with pytest.raises(ValueError, match="NaN or infinite"):
            pixels.check(np.array([0, value]), 1, False)


def test_mean_and_std_of_each_channel(monkeypatch):
    monkeypatch.setattr(pixels, "CHUNK", 3)
    x = np.random.default_rng(0).integers(0, 256, (10, 4, 3, 2), np.uint8)
    mean, std = pixels.mean_and_std(x, 255)
    np.testing.assert_allclose(mean, (x / 255).mean((0, 1, 2)), atol=1e-6)
    np.testing.assert_allclose(std, (x / 255).std((0, 1, 2)), atol=1e-6)
    assert pixels.mean_and_std(x[:1, :1, :1] * 0, 255) == ((0, 0), (1, 1))


@pytest.mark.parametrize("scale", [9e-5, 1.4e-6, 2.9e-7, 1e-30])
def test_small_numbers_have_6_digits_of_their_deviation(scale):
    x = np.random.default_rng(0).normal(3, 1, (500, 2)) * [1, scale]
    x = x.astype(np.float32)
    mean, std = pixels.mean_and_std(x, 1)
    assert (mean[0], std[0]) == (round(mean[0], 6), round(std[0], 6))
    found = (x[:, 1].astype(float) - mean[1]) / std[1]
    assert abs(found.mean()) < 1e-5 and abs(found.std() - 1) < 1e-5
    assert len(f"{std[1]!r}".partition("e")[0]) <= len("1.23456")


@pytest.mark.parametrize("value", [3e-7, 0.1, 2.0**-140, 1000.1])
def test_numbers_of_one_value_have_the_deviation_1(value):
    x = np.full((500, 1), value, np.float32)
    mean = round(float(x[0, 0]), 6)
    assert pixels.mean_and_std(x, 1) == ((mean,), (1,))


def test_bytes_of_small_deviation_are_as_ever():
    x = np.zeros((500, 1), np.uint8)
    x[0] = 1
    assert pixels.mean_and_std(x, 1e6) == ((0,), (1,))


def test_of_streamed_images_evenly_spread_ones_count(tmp_path, monkeypatch):
    monkeypatch.setattr(pixels, "SAMPLE", 2)
    picture_files.save_classes(tmp_path, 4, ("ant",))
    names = [f"ant/{i:03}.png" for i in range(4)]
    x = image_files.ImageFiles(str(tmp_path), names, (8, 8, 3))
    mean, _ = pixels.mean_and_std(x, 255)  # Of images 0 and 2.
    assert mean == (round(1 / 255, 6),) * 3
