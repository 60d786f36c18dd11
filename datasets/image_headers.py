"""Sizes of images, read from the first bytes of their files."""

import numpy as np


def shapes(paths: list[str]) -> np.ndarray:
    """Returns (height, width, channels) of image files, shape (n, 3).

    Channels are 1 for grey JPEGs and PNGs and 3 for everything else, since
    a palette or transparency is decoded to RGB.

    Raises:
        ValueError: If a file is no image; the error names it.
    """
    return np.array([_shape(path) for path in paths], np.int64).reshape(-1, 3)


def _shape(path):
    import PIL.Image  # Only folders need it.

    try:
        with PIL.Image.open(path) as image:
            width, height = image.size
            is_grey = image.mode in ("1", "L", "LA", "I", "I;16", "I;16B")
            is_grey = is_grey and image.format in ("JPEG", "PNG")
    except Exception as error:  # Damaged bytes can raise nearly anything.
        raise ValueError(f"{path} cannot be read as an image") from error
    return height, width, 1 if is_grey else 3
