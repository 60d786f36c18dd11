"""Checks of what a network can be: its images, its widths, its choices."""


def check_image(input_shape, smallest: int) -> None:
    """Raises ValueError unless a network of images takes a shape of example.

    Args:
        input_shape: To be (height, width, channels).
        smallest: Lowest height and width from which its last feature map has a
            pixel.
    """
    shape = tuple(input_shape)
    if len(shape) != 3:
        raise ValueError(
            "input_shape must be (height, width, channels) of one image. "
            f"Received: {shape}"
        )
    if min(shape[:2]) < smallest or shape[2] < 1:
        raise ValueError(
            "input_shape must be (height, width, channels) of an image of "
            f"{smallest}x{smallest} pixels or more for this network. "
            f"Received: {shape}"
        )


def check_choice(name: str, value, choices) -> None:
    """Raises ValueError unless an option has one of its possible values."""
    if value not in choices:
        known = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} must be one of {known}. Received: {value!r}")


def scaled(units: int, width: float) -> int:
    """Returns `int(units * width)`: how many units a wider layer has.

    Raises ValueError if none would be left, or the width is infinite.

    Source: Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002), whose
    code cuts fractions off.
    """
    if not 1 <= units * width < float("inf"):
        raise ValueError(
            f"width must leave 1 or more of {units} units. Received: {width}"
        )
    return int(units * width)
