"""How image files are read: which as TensorFlow does, which as Pillow does.

TensorFlow reads the usual ones to the same pixels as Pillow (JPEG: to the same
but for rounding), and faster. What it reads to others, or not at all, such as
palettes of BMP, transparent GIFs and photographs that are to be turned, is
Pillow's; what eight bits cannot hold is nobody's. Where folders are listed and
not looked at, each file is asked as it is read.
"""

import os
import typing
from collections.abc import Callable

import numpy as np

from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    import tensorflow as tf
    from PIL import Image, ImageOps

FORMATS = ("JPEG", "MPO", "PNG", "BMP", "GIF", "WEBP")
_ORIENTATION = 0x0112  # EXIF's tag of how an image is to be turned.
_TURNS = range(2, 9)
_SWAPS = range(5, 9)  # Those that make columns of rows.
# One of these stands in a PNG that has EXIF data, in whatever chunk.
_EXIF_MARKS = (b"eXIf", b"exif", b"adobe.xmp")
# A PNG of 16 bits, or with one of the marks; \C is any byte.
_RARE_PNG = r"\C{24}\x10\C*|\C*(eXIf|exif|adobe\.xmp)\C*"
_JPEG = b"\xff\xd8\xff"  # How one begins.
# Markers of a JPEG, behind 0xFF, which compressed pixels never hold: of EXIF
# data; of how many channels there are, which four make a header of 20 bytes.
_APP1 = 0xE1
_FRAMES = range(0xC0, 0xD0)
_CMYK_FRAME_SIZE = 20
# JPEGs store colours at half the size, and each pixel's is made of several: at
# the border of what is decoded, of others than in the whole. Two would do.
MARGIN = 16
# (bits of a pixel, mode) of the BMPs that TensorFlow reads as Pillow does.
_PLAIN_BMPS = ((24, "RGB"), (32, "RGB"), (8, "L"))


class Look(typing.NamedTuple):
    """What an image file holds, and who reads it."""

    height: int
    width: int
    channels: int  # 1 for grey JPEGs and PNGs, else 3.
    by_pillow: bool


def look(path: str) -> Look:
    """Returns what a file holds, as it is to be seen: turned as EXIF says.

    Raises ValueError that names the file if it is no image of 8 bits in one of
    FORMATS.
    """
    try:
        with open(path, "rb") as file, Image.open(file) as image:
            _check(path, file, image)
            turn = _turn(file, image)
            width, height = image.size
            is_grey = image.mode in ("1", "L", "LA")
            channels = 1 if is_grey and image.format in ("JPEG", "PNG") else 3
            by_pillow = turn in _TURNS or not _is_plain(file, image)
    except _Unfit as error:
        raise ValueError(str(error)) from None
    except Exception as error:  # Damaged bytes can raise nearly anything.
        raise ValueError(f"{path} cannot be read as an image") from error
    if turn in _SWAPS:
        height, width = width, height
    return Look(height, width, channels, by_pillow)


def fault(path: str) -> str:
    """Returns why a file is no image for us, a clause that names it."""
    try:
        look(path)
    except ValueError as error:
        return str(error)
    return f"{path} cannot be read as an image"


def pixels(path, channels: int, box: Callable | None = None):
    """Returns the pixels of a file, of whatever size; TensorFlow runs it.

    As `look` says who reads it; RGB and grey JPEGs and PNGs without EXIF data,
    nearly all that there are, are known by their bytes, without Python.

    Args:
        path: String tensor of no axes.
        channels: 1 or 3.
        box: Function (height, width) of the image -> (top, left, height,
            width), int32 tensors of no axes: the part that is wanted. Of a JPEG
            little more is decoded. None is all of it.

    Returns:
        uint8 tensor of shape (height, width, channels), as far as known. What
        `look` refuses, or is damaged, is an error.
    """
    data = tf.io.read_file(path)

    def whole():
        return cut(
            tf.io.decode_image(
                data, channels=channels, expand_animations=False
            ),
            box,
        )

    def usual():
        if box is None:
            return whole()
        return tf.cond(
            _is_complete_jpeg(data),
            lambda: _part_of_jpeg(data, channels, box),
            whole,
        )

    def pillows():
        return cut(_numpy(read, (path, channels), tf.uint8), box)

    def looked_at():
        by_pillow = _numpy(_is_by_pillow, (path,), tf.bool)
        return tf.cond(by_pillow, pillows, usual)

    x = tf.cond(_is_usual(data), usual, looked_at)
    return tf.ensure_shape(x, (None, None, channels))


def cut(x, box: Callable | None):
    """Returns a part of one image, as of `pixels`."""
    if box is None:
        return x
    shape = tf.shape(x)
    top, left, rows, columns = box(shape[0], shape[1])
    return x[top : top + rows, left : left + columns]


def read(path: bytes | str, channels: int) -> np.ndarray:
    """Returns (height, width, channels), uint8, as Pillow shows it and turned.

    Transparency is left out, as TensorFlow does; of several frames, the first
    one counts.
    """
    with Image.open(_decoded(path)) as opened:
        image = ImageOps.exif_transpose(opened)
        if "transparency" in image.info:  # Else Pillow warns of it.
            image = image.convert("RGBA")
        x = np.array(image.convert("L" if channels == 1 else "RGB"), np.uint8)
    return x.reshape(*x.shape[:2], channels)


def _is_by_pillow(path):
    return np.bool_(look(_decoded(path)).by_pillow)


def _decoded(path):
    return os.fsdecode(np.asarray(path).item())


def _numpy(function, inputs, dtype):
    return tf.numpy_function(function, inputs, dtype, stateful=False)


def _is_usual(data):
    """Whether bytes alone show that TensorFlow reads them as Pillow does."""
    return tf.case(
        [
            (_begins(data, _JPEG), lambda: _is_common_jpeg(data)),
            (
                _begins(data, b"\x89PNG"),
                lambda: ~tf.strings.regex_full_match(data, _RARE_PNG),
            ),
        ],
        default=lambda: tf.constant(False),
    )


def _is_common_jpeg(data):
    """Whether bytes of a JPEG hold no EXIF data and no CMYK."""
    each = tf.io.decode_raw(data, tf.uint8)
    marker, size = each[1:-2], each[3:]
    is_frame = (marker >= _FRAMES.start) & (marker < _FRAMES.stop)
    is_rare = (marker == _APP1) | (is_frame & (size == _CMYK_FRAME_SIZE))
    return ~tf.reduce_any((each[:-3] == 0xFF) & is_rare)


def _is_complete_jpeg(data):
    """Whether bytes begin and end as a JPEG does; a damaged one may not."""
    is_whole = tf.strings.substr(data, -2, 2) == b"\xff\xd9"
    return _begins(data, _JPEG) & is_whole


def _begins(data, start):
    return tf.strings.substr(data, 0, len(start)) == start


def _part_of_jpeg(data, channels, box):
    """The same pixels as of the whole, which is not decoded."""
    shape = tf.io.extract_jpeg_shape(data)
    height, width = shape[0], shape[1]
    top, left, rows, columns = box(height, width)
    first, start = tf.maximum(top - MARGIN, 0), tf.maximum(left - MARGIN, 0)
    end = tf.minimum(top + rows + MARGIN, height)
    last = tf.minimum(left + columns + MARGIN, width)
    window = [first, start, end - first, last - start]
    x = tf.io.decode_and_crop_jpeg(data, window, channels=channels)
    top, left = top - first, left - start
    return x[top : top + rows, left : left + columns]


class _Unfit(Exception):
    """An image, but not one for us."""


def _check(path, file, image):
    if image.format not in FORMATS:
        raise _Unfit(
            f"{path} is an image of the format {image.format}. Expected JPEG, "
            "PNG, BMP, GIF or WebP"
        )
    # Pillow itself makes 8 bits of 16 if there are three channels.
    is_deep = image.format == "PNG" and _bytes(file, 24, 1) == 16
    if is_deep or image.mode.startswith(("I", "F")):
        raise _Unfit(
            f"{path} is an image of 16 bits ({image.mode}), and images are of "
            "8 bits here. Convert it, or give an .npz file of floats in [0, 1]"
        )


def _turn(file, image):
    """EXIF's number of how to turn an image; 1 is not at all."""
    if image.format == "PNG":  # Pillow would decode all of it to find out.
        file.seek(0)
        data = file.read()
        if not any(mark in data for mark in _EXIF_MARKS):
            return 1
    return image.getexif().get(_ORIENTATION, 1)


def _is_plain(file, image):
    """Whether TensorFlow reads the pixels that Pillow does."""
    if image.format == "BMP":
        kind = _bytes(file, 28, 2), image.mode
        return kind in _PLAIN_BMPS and _bytes(file, 30, 4) == 0
    if image.mode == "CMYK":  # Pillow takes all for Adobe's: 0 is full ink.
        return "adobe" in image.info
    if image.format == "GIF":
        covers = [tuple(each[1]) == (0, 0, *image.size) for each in image.tile]
        return all(covers) and "transparency" not in image.info
    if image.format == "WEBP":
        return image.mode == "RGB" and not getattr(image, "is_animated", False)
    return True


def _bytes(file, start, count):
    """A number in a file's header."""
    file.seek(start)
    return int.from_bytes(file.read(count), "little")
