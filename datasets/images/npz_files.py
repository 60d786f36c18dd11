"""Datasets in one .npz file, in Keras's layout."""

import io
import logging

import numpy as np

from lottery_ticket.foundations.machine import files

KEYS = ("x_train", "y_train", "x_test", "y_test")
_log = logging.getLogger(__name__)
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def read(path: str, needs_test: bool = True) -> tuple:
    """Returns (x_train, y_train, x_test, y_test); never unpickles.

    Images of shape (n, height, width) get a channel axis; labels may have the
    shape (n, 1).

    Args:
        path: Of the file.
        needs_test: Whether it is an error if the file has neither x_test nor
            y_test; else it is (x_train, y_train) then.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged or has another layout.
    """
    data = io.BytesIO(files.read(path))
    try:
        with np.load(data, allow_pickle=False) as npz:
            arrays = {key: npz[key] for key in KEYS if key in npz}
            others = [key for key in npz if key not in KEYS]
    except Exception as error:  # Damaged bytes can raise nearly anything.
        raise ValueError(
            f"{path} is no dataset file: it is damaged, or no .npz of plain "
            "numbers"
        ) from error
    missing = [key for key in KEYS if key not in arrays]
    if missing and (needs_test or missing != ["x_test", "y_test"]):
        raise ValueError(
            f"{path} is no dataset file: it has no {', '.join(missing)}"
        )
    warn_of_others(path, others)
    x_train = arrays["x_train"]
    parts = [arrays[key] for key in KEYS if key in arrays]
    pairs = [
        _plain(path, x, y) for x, y in zip(parts[::2], parts[1::2], strict=True)
    ]
    if x_train.dtype.kind in "iu" and x_train.max() <= 1:
        _log.warning(
            "%s holds integer pixels from 0 to 1, which count as nearly black, "
            "since 255 is white. Black and white are booleans, or floats",
            path,
        )
    shapes = [x.shape[1:] for x, _ in pairs]
    if len(set(shapes)) > 1:
        raise ValueError(
            f"{path} is no dataset file: x_train and x_test must have images "
            f"of one shape. Received: {shapes[0]}, {shapes[1]}"
        )
    return tuple(part for pair in pairs for part in pair)


def warn_of_others(path: str, names: list[str]) -> None:
    """Says which arrays of a file are not read, if any."""
    if names:
        _log.warning(
            "%s: %s are not read. Names that are: x_train, y_train, x_test, "
            "y_test",
            path,
            ", ".join(names),
        )


def write(path: str, arrays: Arrays) -> None:
    """Writes (x_train, y_train, x_test, y_test) to a file, compressed."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **dict(zip(KEYS, arrays, strict=True)))
    files.write(path, buffer.getvalue())


def _plain(path, x, y):
    """Images with a channel axis, and flat labels; booleans are 0 and 1."""
    are_numbers = x.dtype.kind in "biuf" and y.dtype.kind in "biu"
    are_images = x.ndim in (3, 4) and x.size and len(x) == y.size
    if not are_numbers or not are_images:
        raise ValueError(
            f"{path} is no dataset file: images must be numbers of shape "
            "(n, height, width) or (n, height, width, channels), with an "
            f"integer label each. Received: images {x.dtype} {x.shape}, "
            f"labels {y.dtype} {y.shape}"
        )
    y = y.reshape(-1).astype(np.uint8 if y.dtype == bool else y.dtype)
    return x[..., np.newaxis] if x.ndim == 3 else x, y
