"""Small image files, made up."""

import numpy as np
import tensorflow as tf


def pixels(number, height=8, width=8, channels=3):
    """Returns an image of one colour, told apart by its number, uint8."""
    return np.full((height, width, channels), number, np.uint8)


def save(path, image):
    """Writes an image (height, width, channels) in the format of its name."""
    is_jpeg = path.suffix.lower() in (".jpg", ".jpeg")
    encode = tf.io.encode_jpeg if is_jpeg else tf.io.encode_png
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(image).numpy())


def save_classes(folder, count, classes=("ant", "bee"), **shape):
    """Writes that many PNGs for each class, numbered over all from 0."""
    for label, name in enumerate(classes):
        for i in range(count):
            image = pixels(label * count + i, **shape)
            save(folder / name / f"{i:03}.png", image)
