"""Datasets in one .npz file, in Keras's layout."""

import io
import logging

import numpy as np

from lottery_ticket.datasets.images import splits
from lottery_ticket.foundations.machine import files

KEYS = ("x_train", "y_train", "x_test", "y_test")
_log = logging.getLogger(__name__)
Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def read(path: str, test_fraction: float | None = None) -> Arrays:
    """Returns (x_train, y_train, x_test, y_test); never unpickles.

    Images of shape (n, height, width) get a channel axis; labels may have the
    shape (n, 1).

    Args:
        path: Of the file.
        test_fraction: Part of each class to test on, if the file has neither
            x_test nor y_test; None makes that an error.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged or has another layout.
    """
    data = io.BytesIO(files.read(path))
    try:
        with np.load(data, allow_pickle=False) as npz:
            arrays = {key: npz[key] for key in KEYS if key in npz}
    except Exception as error:  # Damaged bytes can raise nearly anything.
        raise ValueError(
            f"{path} is no dataset file: it is damaged, or no .npz of plain "
            "numbers"
        ) from error
    missing = [key for key in KEYS if key not in arrays]
    if test_fraction and missing == ["x_test", "y_test"]:
        arrays, missing = _divided(path, arrays, test_fraction), []
    if missing:
        raise ValueError(
            f"{path} is no dataset file: it has no {', '.join(missing)}"
        )
    x_train, y_train, x_test, y_test = (arrays[key] for key in KEYS)
    _check(path, x_train, y_train)
    _check(path, x_test, y_test)
    if x_train.dtype.kind in "iu" and x_train.max() <= 1:
        _log.warning(
            "%s holds integer pixels from 0 to 1, which count as nearly black, "
            "since 255 is white. Black and white are booleans, or floats",
            path,
        )
    x_train, x_test = _with_channels(x_train), _with_channels(x_test)
    if x_train.shape[1:] != x_test.shape[1:]:
        raise ValueError(
            f"{path} is no dataset file: x_train and x_test must have images "
            f"of one shape. Received: {x_train.shape[1:]}, {x_test.shape[1:]}"
        )
    return x_train, y_train.reshape(-1), x_test, y_test.reshape(-1)


def write(path: str, arrays: Arrays) -> None:
    """Writes (x_train, y_train, x_test, y_test) to a file, compressed."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **dict(zip(KEYS, arrays, strict=True)))
    files.write(path, buffer.getvalue())


def _divided(path, arrays, fraction):
    """Arrays of a file without a test set, some of them as one."""
    x, y = arrays["x_train"], arrays["y_train"]
    _check(path, x, y)
    rows = splits.stratified_test(y.reshape(-1), fraction, path)
    parts = [part[chosen] for chosen in rows for part in (x, y)]
    return dict(zip(KEYS, parts, strict=True))


def _check(path, x, y):
    are_numbers = x.dtype.kind in "biuf" and y.dtype.kind in "biu"
    are_images = x.ndim in (3, 4) and x.size and len(x) == y.size
    if not are_numbers or not are_images:
        raise ValueError(
            f"{path} is no dataset file: images must be numbers of shape "
            "(n, height, width) or (n, height, width, channels), with an "
            f"integer label each. Received: images {x.dtype} {x.shape}, "
            f"labels {y.dtype} {y.shape}"
        )


def _with_channels(x):
    return x[..., np.newaxis] if x.ndim == 3 else x
