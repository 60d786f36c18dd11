"""Random changes to training images, on the device, all images at once.

What is random is drawn as integers: XLA and TensorFlow's own kernels make the
same integers of a seed, but not the same floats.
"""

import dataclasses
import math
import typing
from collections.abc import Callable

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import entries, names

with lazy.imports():
    import tensorflow as tf

CROP_AREA = (0.08, 1.0)
CROP_RATIO = (3 / 4, 4 / 3)
CROP_ATTEMPTS = 10
# Draws are below it: a power of 2 of which every part is a float32.
DRAW_LIMIT = 1 << 24


@dataclasses.dataclass(frozen=True)
class Flip:
    """Half of the images, drawn at random, are mirrored left to right."""

    def __call__(self, x, seed):
        """Returns changed images; see `DatasetBase`'s augment."""
        draws = draw(seed, (tf.shape(x)[0], 1), 2)
        return take(x, None, flipped(x.shape[2], draws))


@dataclasses.dataclass(frozen=True)
class CropFlip:
    """A window at random of the zero-padded image, then mirrored or not.

    Padding is of raw pixels, before any normalisation, so its colour is black.

    Source: He et al. 2016 (https://arxiv.org/abs/1512.03385), sec. 4.2: 4
    pixels on each side, a crop of the old size, a horizontal flip.
    """

    pad: int = 4
    flip: bool = True

    def __call__(self, x, seed):
        """Returns changed images; see `DatasetBase`'s augment."""
        height, width = x.shape[1:3]
        offsets = 2 * self.pad + 1
        # Below a multiple of 2, so that the parity is a fair coin.
        draws = draw(seed, (3, tf.shape(x)[0], 1), 2 * offsets)
        rows = tf.math.floormod(draws[0], offsets) + tf.range(height)
        columns = tf.range(width)[tf.newaxis]
        if self.flip:
            columns = flipped(width, tf.math.floormod(draws[2], 2))
        columns += tf.math.floormod(draws[1], offsets)
        padding = [[0, 0], [self.pad] * 2, [self.pad] * 2, [0, 0]]
        return take(tf.pad(x, padding), rows, columns)


@dataclasses.dataclass(frozen=True)
class ResizedCrop:
    """A part at random of the image, at its full size, then mirrored or not.

    The part is resized with bilinear interpolation, in whole numbers where
    pixels are uint8, so that the result is the same on every device.

    Source: Szegedy et al. 2015 (https://arxiv.org/abs/1409.4842), sec. 6:
    between 8 % and 100 % of the area, at a ratio between 3/4 and 4/3.
    """

    def __call__(self, x, seed):
        """Returns changed images; see `DatasetBase`'s augment."""
        height, width = x.shape[1:3]
        shape = (tf.shape(x)[0], CROP_ATTEMPTS + 1, 4)
        draws = draw(seed, shape, DRAW_LIMIT)
        top, left, box_height, box_width = crop_box(draws, height, width)
        columns = flipped(width, tf.math.floormod(draws[:, -1, :1], 2))
        is_small = 4 * height * width * 255 < 2**31
        is_exact = x.dtype == tf.uint8 and is_small
        y = tf.cast(x, tf.int32 if is_exact else tf.float32)
        y = _stretch(y, 1, top, box_height, tf.range(height)[tf.newaxis])
        y = _stretch(y, 2, left, box_width, columns)
        total = 4 * height * width  # What the weights of a pixel add up to.
        if is_exact:
            return tf.cast((y + total // 2) // total, x.dtype)
        y /= total
        return tf.cast(tf.round(y) if x.dtype.is_integer else y, x.dtype)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Augmentation(entries.Entry):
    """A function (x, seed) -> changed images; None leaves them as they are."""

    # Images that are files are cropped as they are, before they have one size.
    crops_originals: bool = False


AUGMENTATIONS = {
    "none": Augmentation(
        None,
        "none",
        "as they are",
        entries.HERE,
    ),
    "crop_flip": Augmentation(
        CropFlip(),
        "crop and flip",
        "a window at random of the image with 4 pixels of zeros around it, and "
        "half of them mirrored",
        "He et al. 2016 (https://arxiv.org/abs/1512.03385)",
    ),
    "flip": Augmentation(Flip(), "flip", "half of them mirrored", entries.HERE),
    "resized_crop": Augmentation(
        ResizedCrop(),
        "resized crop",
        "a part at random of 8 to 100 % of the area, at the image's full size, "
        "and half of them mirrored",
        "Szegedy et al. 2015 (https://arxiv.org/abs/1409.4842)",
        crops_originals=True,
    ),
}


def make(name: str) -> Callable | None:
    """Returns DatasetBase's `augment` of a name; raises if there is none."""
    names.check("augmentation", name, AUGMENTATIONS)
    return AUGMENTATIONS[name].function


def draw(
    seed: "tf.Tensor", shape: tuple[typing.Any, ...], limit: int
) -> "tf.Tensor":
    """Returns integers drawn at random from [0, limit), int32."""
    return tf.random.stateless_uniform(
        shape, seed, minval=0, maxval=limit, dtype=tf.int32, alg="philox"
    )


def flipped(width: int, is_flipped: "tf.Tensor") -> "tf.Tensor":
    """Returns column numbers, shape (n, width), some of them backwards.

    is_flipped is 1 for a mirrored image, 0 for another; shape (n, 1).
    """
    columns = tf.range(width)[tf.newaxis]
    return tf.where(is_flipped == 1, width - 1 - columns, columns)


def take(
    x: "tf.Tensor", rows: "tf.Tensor | None", columns: "tf.Tensor"
) -> "tf.Tensor":
    """Returns images made of rows and columns of others.

    Args:
        x: Images, shape (n, height, width, channels).
        rows: Numbers of the rows, int32, shape (n, new height), or None for
            all as they are.
        columns: Numbers of the columns, int32, shape (n, new width).
    """
    # A GPU can gather no uint8: TensorFlow would do so on the host.
    y = tf.cast(x, tf.int32) if x.dtype == tf.uint8 else x
    if rows is not None:
        y = tf.gather(y, rows, axis=1, batch_dims=1)
    y = tf.gather(y, columns, axis=2, batch_dims=1)
    return tf.cast(y, x.dtype)


def crop_box(
    draws: typing.Any, height: int, width: int
) -> tuple["tf.Tensor", ...]:
    """Returns the parts that images are cropped to, from random numbers.

    An attempt draws area and ratio; the first whose box fits into the image
    counts. If none of ten does, the box is the largest in the middle whose
    ratio is in range.

    Args:
        draws: Integers in [0, DRAW_LIMIT), shape (n, attempts + 1, 4). The
            last row is not of an attempt.

    Returns:
        Tuple (top, left, height, width), int32, each of shape (n, 1).
    """
    u = tf.cast(draws[:, :-1], tf.float32) / DRAW_LIMIT
    full_height, full_width = (tf.cast(s, tf.float32) for s in (height, width))
    low, high = CROP_AREA
    area = (low + (high - low) * u[..., 0]) * full_height * full_width
    low, high = (math.log(ratio) for ratio in CROP_RATIO)
    ratio = tf.exp(low + (high - low) * u[..., 1])
    box_width = tf.round(tf.sqrt(area * ratio))
    box_height = tf.round(tf.sqrt(area / ratio))
    fits = (box_width <= full_width) & (box_height <= full_height)
    fits &= (box_width > 0) & (box_height > 0)
    top = tf.floor(u[..., 2] * (full_height - box_height + 1))
    left = tf.floor(u[..., 3] * (full_width - box_width + 1))
    boxes = tf.stack([top, left, box_height, box_width], axis=-1)
    # Where values tie, GPUs may take any: of those that fit, none do. As
    # float32, like the split of floats: of integers, GPUs have neither.
    order = tf.range(fits.shape[1], 0, -1, dtype=tf.float32)
    order = tf.where(fits, order, 0.0)
    first = tf.argmax(order, axis=1, output_type=tf.int32)
    box = tf.gather(boxes, first, axis=1, batch_dims=1)
    middle = tf.stack(_middle_box(full_height, full_width))
    box = tf.where(tf.reduce_any(fits, axis=1)[:, tf.newaxis], box, middle)
    return tuple(tf.cast(each, tf.int32) for each in tf.split(box, 4, axis=1))


def _middle_box(height, width):
    low, high = CROP_RATIO
    box_width = tf.minimum(width, tf.round(height * high))
    box_height = tf.minimum(height, tf.round(width / low))
    top, left = (height - box_height) // 2, (width - box_width) // 2
    return top, left, box_height, box_width


def _stretch(x, axis, start, length, targets):
    """Resizes a part of each image to the whole along one axis.

    Values come out times twice the size of the axis: whole numbers stay whole.

    Args:
        x: Images, int32 or float32.
        axis: 1 for rows, 2 for columns.
        start: Where the part starts, shape (n, 1), like its length.
        length: How long it is.
        targets: Which of the new rows or columns to make, shape (1 or n, m).
    """
    size = x.shape[axis]
    # Centres of pixels meet centres: times 2 * size, all of it is whole.
    place = 2 * size * start + (2 * targets + 1) * length - size
    below = place // (2 * size)
    last = start + length - 1
    weight = tf.cast(place - below * 2 * size, x.dtype)
    shape = [-1, 1, 1, 1]
    shape[axis] = size
    weight = tf.reshape(weight, shape)
    near, far = (
        tf.gather(x, tf.clip_by_value(i, start, last), axis=axis, batch_dims=1)
        for i in (below, below + 1)
    )
    return near * (2 * size - weight) + far * weight
