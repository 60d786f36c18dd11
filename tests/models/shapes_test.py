"""Tests of models/shapes.py."""

import pytest

from lottery_ticket.models import shapes


@pytest.mark.parametrize("shape", [(8, 8, 1), [9, 8, 3], (32, 64, 3)])
def test_large_enough_images_pass(shape):
    shapes.check_image(shape, 8)


@pytest.mark.parametrize("shape", [(7, 8, 3), (8, 7, 3), (8, 8, 0), (0, 0, 3)])
def test_too_small_images_are_an_error(shape):
    with pytest.raises(ValueError, match="8x8 pixels or more") as error:
        shapes.check_image(shape, 8)
    assert f"Received: {shape}" in str(error.value)


@pytest.mark.parametrize("shape", [(784,), (28, 28), (1, 28, 28, 1), ()])
def test_other_than_images_are_an_error(shape):
    with pytest.raises(ValueError, match="must be .height, width, channels"):
        shapes.check_image(shape, 8)


def test_choices():
    shapes.check_choice("depth", 18, {18: "a", 50: "b"})
    with pytest.raises(ValueError, match="depth must be one of 18, 50. Rec"):
        shapes.check_choice("depth", 34, {18: "a", 50: "b"})


@pytest.mark.parametrize(
    ("width", "expected"),
    [(1, 64), (2, 128), (0.5, 32), (1.1, 70), (1 / 64, 1)],
)
def test_fractions_of_units_are_cut_off(width, expected):
    units = shapes.scaled(64, width)
    assert units == expected
    assert isinstance(units, int)


@pytest.mark.parametrize("width", [0, -1, 0.01, float("nan"), float("inf")])
def test_no_width_without_units(width):
    with pytest.raises(ValueError, match="width must leave 1 or more of 64"):
        shapes.scaled(64, width)
