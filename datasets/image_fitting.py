"""Images of any size brought to one: parts of them, and resizing."""

from lottery_ticket.datasets import augmentation
from lottery_ticket.foundations import lazy

tf = lazy.module("tensorflow")

# The usual part of the short side that is evaluated: 224 of 256 pixels.
CENTRE = 224 / 256


def resized(x, height: int, width: int):
    """Returns one image at another size, uint8; bilinear and antialiased."""
    x = tf.image.resize(x, (height, width), antialias=True)
    return tf.cast(tf.clip_by_value(tf.round(x), 0, 255), tf.uint8)


def centre(x, height: int, width: int):
    """Returns the middle of one image, but for a margin.

    Resized to 224x224 pixels, it shows what resizing the short side to 256 and
    a crop of 224x224 in the middle does.

    Args:
        x: Image, shape (height, width, channels), of any size.
        height: Height it is resized to afterwards.
        width: Width it is resized to afterwards; only the ratio counts.
    """
    full_height, full_width = tf.unstack(tf.shape(x)[:2])
    scale = CENTRE * tf.minimum(
        tf.cast(full_height, tf.float32) / height,
        tf.cast(full_width, tf.float32) / width,
    )
    rows, columns = (
        tf.maximum(1, tf.cast(tf.round(scale * size), tf.int32))
        for size in (height, width)
    )
    top, left = (full_height - rows) // 2, (full_width - columns) // 2
    return x[top : top + rows, left : left + columns]


def random_part(x, draws):
    """Returns a part of one image, as `augmentation.crop_box` says.

    Args:
        x: Image, shape (height, width, channels), of any size.
        draws: As for `crop_box`, for one image: shape (1, attempts + 1, 4).
    """
    height, width = tf.unstack(tf.shape(x)[:2])
    box = augmentation.crop_box(draws, height, width)
    top, left, rows, columns = (each[0, 0] for each in box)
    return x[top : top + rows, left : left + columns]
