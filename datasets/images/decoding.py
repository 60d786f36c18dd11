"""How image files are read: which as TensorFlow does, which as Pillow does.

TensorFlow reads the usual ones to the same pixels as Pillow (JPEG: to the same
but for rounding), and faster. What it reads to others, or not at all, such as
palettes of BMP, transparent GIFs and photographs that are to be turned, is
Pillow's; what eight bits cannot hold is nobody's.
"""

import os
import typing

import numpy as np

from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    from PIL import Image, ImageOps

FORMATS = ("JPEG", "MPO", "PNG", "BMP", "GIF", "WEBP")
_ORIENTATION = 0x0112  # EXIF's tag of how an image is to be turned.
_TURNS = range(2, 9)
_SWAPS = range(5, 9)  # Those that make columns of rows.
# One of these stands in a PNG that has EXIF data, in whatever chunk.
_EXIF_MARKS = (b"eXIf", b"exif", b"adobe.xmp")
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


def read(path: bytes | str, channels: int) -> np.ndarray:
    """Returns (height, width, channels), uint8, as Pillow shows it and turned.

    Transparency is left out, as TensorFlow does; of several frames, the first
    one counts.
    """
    with Image.open(os.fsdecode(np.asarray(path).item())) as opened:
        image = ImageOps.exif_transpose(opened)
        if "transparency" in image.info:  # Else Pillow warns of it.
            image = image.convert("RGBA")
        x = np.array(image.convert("L" if channels == 1 else "RGB"), np.uint8)
    return x.reshape(*x.shape[:2], channels)


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
    if image.mode == "CMYK":  # Without Adobe's mark, it takes ink for light.
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
