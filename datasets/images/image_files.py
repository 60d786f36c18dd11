"""ImageFiles: images that stay in their files until a batch needs them."""

import functools
import hashlib
import os
import re
import sys

import numpy as np
import tqdm

from lottery_ticket.datasets.images import augmentation, decoding
from lottery_ticket.foundations.machine import lazy

with lazy.imports():
    import tensorflow as tf

DECODE_BATCH_SIZE = 64
SHOWN = 5
# The usual part of the short side that is evaluated: 224 of 256 pixels.
CENTRE = 224 / 256
_MARK = "Unreadable image:"


class ImageFiles:
    """Paths in place of pixels: stands for an array of uint8 images.

    It has what `DatasetBase` asks of examples that are streamed. Files are
    JPEG, PNG, BMP or GIF, of which the first frame counts; grey ones become
    RGB where there are 3 channels.

    Attributes:
        root: Folder that the names are relative to.
        names: Paths of the images below it, an array of str, shape (n,).
        shape: (n, height, width, channels), as of an array.
        dtype: uint8.
    """

    def __init__(
        self,
        root: str,
        names,
        image_shape: tuple[int, int, int],
        fit: str = "exact",
        random_crop: bool = False,
        by_pillow=None,
    ):
        """Keeps the paths; opens no file.

        Args:
            root: Folder with the images.
            names: Their paths below it.
            image_shape: (height, width, channels) of an image as read.
            fit: How a file's image comes to this shape: "exact", it must have
                it; "stretch", it is resized; "centre_crop", the largest part
                in the middle of its shape, but for a margin, is resized: at
                224 pixels, the same as 256 for the short side and a crop.
            random_crop: Whether a training batch has random parts of the
                images, resized and mirrored at random, as
                `augmentation.ResizedCrop` but from the image at full size.
            by_pillow: Which files Pillow reads, booleans of shape (n,), if
                somebody has looked, see `decoding`: it counts for the checksum.
        """
        self.root = root
        self.names = np.asarray(names, dtype=object)
        self.shape = (len(self.names), *image_shape)
        self.dtype = np.dtype(np.uint8)
        self.fit = fit
        self.random_crop = random_crop
        self.by_pillow = np.zeros(len(self.names), bool)
        if by_pillow is not None:
            self.by_pillow[:] = by_pillow
        self._paths = None

    def __len__(self):
        """Number of images."""
        return len(self.names)

    def __getitem__(self, rows):
        """Returns the images of an array of rows, or of a slice."""
        return self._like(rows, self.random_crop)

    def with_random_crop(self):
        """Returns the same images, of which training reads random parts."""
        return self._like(slice(None), True)

    def path(self, row: int) -> str:
        """Path of one image."""
        return os.path.join(self.root, self.names[row])

    @property
    def checksum(self) -> str:
        """SHA-256 over names, sizes of files and how images are read."""
        digest = hashlib.sha256()
        how = f"{self.shape} {self.fit} {self.random_crop};"
        digest.update(how.encode())
        for row, name in enumerate(self.names):
            digest.update(f"{name} {os.path.getsize(self.path(row))};".encode())
        if self.by_pillow.any():
            rows = np.flatnonzero(self.by_pillow).tolist()
            digest.update(f"by Pillow: {rows};".encode())
        return digest.hexdigest()

    def read(self, rows, seed=None):
        """Returns some of the images, uint8; TensorFlow runs it, as in tf.data.

        An image that cannot be read is an error that names it; see
        `unreadable`.

        Args:
            rows: Which ones, int32 tensor of shape (batch,).
            seed: int32 tensor of shape (2,) for a training batch, else None.
        """
        count = tf.size(rows)
        paths = tf.gather(self._all_paths(), rows)
        images = tf.data.Dataset.from_tensor_slices(
            (tf.range(count), paths, self._draws(count, seed))
        )
        images = images.map(
            lambda i, *file: (i, self._decode(*file)),
            num_parallel_calls=os.cpu_count(),
        ).ignore_errors()
        # The last one is none: a batch of nothing would be an error.
        nothing = tf.zeros(self.shape[1:], tf.uint8)
        images = images.concatenate(tf.data.Dataset.from_tensors((-1, nothing)))
        images = images.batch(tf.cast(count, tf.int64) + 1)
        found, x = images.get_single_element()
        x = _only_if_all(found, paths, x)
        return tf.ensure_shape(x, (None, *self.shape[1:]))

    def decode_all(self) -> np.ndarray:
        """Returns all images as one array, with a progress bar.

        Raises ValueError if an image cannot be read or has another shape; the
        error names it.
        """
        x = np.empty(self.shape, np.uint8)
        self._decode_each(x)
        return x

    def check(self) -> None:
        """Reads every image once and keeps none; raises as `decode_all`."""
        self._decode_each(None)

    def _like(self, rows, random_crop):
        return ImageFiles(
            self.root,
            self.names[rows],
            self.shape[1:],
            self.fit,
            random_crop,
            self.by_pillow[rows],
        )

    def _all_paths(self):
        if self._paths is None:
            paths = [self.path(row) for row in range(len(self))]
            with tf.init_scope(), tf.device("CPU:0"):
                self._paths = tf.constant(paths)
        return self._paths

    def _draws(self, count, seed):
        if seed is None or not self.random_crop:
            return tf.zeros((count, 0), tf.int32)
        shape = (count, 1, augmentation.CROP_ATTEMPTS + 1, 4)
        return augmentation.draw(seed, shape, augmentation.DRAW_LIMIT)

    def _decode(self, path, draws=None):
        height, width, channels = self.shape[1:]
        if draws is not None and draws.shape.rank > 1:
            box = functools.partial(random_box, draws)
            x = decoding.pixels(path, channels, box)
            x = resized(x, height, width)
            columns = augmentation.flipped(width, draws[:, -1, :1] % 2)
            return tf.gather(x, columns[0], axis=1)
        x = decoding.pixels(path, channels)
        if self.fit == "exact":
            return tf.ensure_shape(x, self.shape[1:])
        if self.fit == "centre_crop":
            x = centre(x, height, width)
        return resized(x, height, width)

    def _decode_each(self, x):
        rows = tf.data.Dataset.range(len(self))
        paths = self._all_paths()
        images = rows.map(
            lambda row: (row, self._decode(paths[row])),
            num_parallel_calls=os.cpu_count(),
            deterministic=False,
        )
        images = images.ignore_errors().batch(DECODE_BATCH_SIZE).prefetch(1)
        was_read = np.zeros(len(self), bool)
        with tqdm.tqdm(
            desc=f"reading {self.root}",
            total=len(self),
            unit="image",
            disable=not sys.stderr.isatty(),
        ) as bar:
            for found, pixels in images.as_numpy_iterator():
                was_read[found] = True
                if x is not None:
                    x[found] = pixels
                bar.update(len(found))
        if not was_read.all():
            self._raise_for(np.flatnonzero(~was_read))

    def _raise_for(self, rows):
        shown = ", ".join(self.path(row) for row in rows[:SHOWN])
        more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
        height, width, channels = self.shape[1:]
        size = f" of {height}x{width} pixels" if self.fit == "exact" else ""
        kind = f"{'grey' if channels == 1 else 'RGB'} images{size}"
        raise ValueError(
            f"These files cannot be read as {kind}: {shown}{more}. The first: "
            f"{self._reason(rows[0])}"
        )

    def _reason(self, row):
        try:
            decoding.look(self.path(row))
            self._decode(self._all_paths()[row])
        except Exception as error:  # Pillow raises all kinds.
            return str(error).split("} ")[-1].split(" [Op:")[0]
        return "read now, but not a moment ago"


def resized(x, height: int, width: int):
    """Returns one image at another size, uint8; bilinear and antialiased."""
    x = tf.image.resize(x, (height, width), antialias=True)
    return tf.cast(tf.clip_by_value(tf.round(x), 0, 255), tf.uint8)


def centre(x, height: int, width: int):
    """Returns the middle of one image of any size, but for a margin.

    Resized to 224x224 pixels, it shows what resizing the short side to 256 and
    a crop of 224x224 in the middle does. Of the size it is resized to
    afterwards, only the ratio counts.
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


def random_box(draws, height, width):
    """Returns a part of one image, as `augmentation.crop_box` says.

    Draws are of one image: shape (1, attempts + 1, 4). The box is a tuple (top,
    left, height, width) of int32 tensors of no axes.
    """
    box = augmentation.crop_box(draws, height, width)
    return tuple(each[0, 0] for each in box)


def unreadable(error: Exception) -> str | None:
    """Path of the image that an error of `ImageFiles.read` is of, or None."""
    found = re.search(rf"\[{_MARK}\] \[(.*?)\]", str(error))
    return found[1] if found else None


def _only_if_all(found, paths, x):
    """Returns a batch less its last image; an error if one was not found."""
    count = tf.size(paths)
    is_other = tf.cast(found != tf.range(tf.size(found)), tf.int32)
    first = tf.argmax(is_other, output_type=tf.int32)
    named = [_MARK, paths[tf.minimum(first, count - 1)]]
    check = tf.debugging.Assert(first >= count, named)
    with tf.control_dependencies([check]):
        return tf.identity(x[:count])
