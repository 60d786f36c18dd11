"""Examples of any rank, or of several inputs, in one .npz file."""

import io
import re
import zipfile

import numpy as np

from lottery_ticket.datasets.images import npz_files
from lottery_ticket.foundations.machine import files

# Ranks of x_train that are images, with or without channels.
IMAGE_RANKS = (3, 4)


def holds_rows(path: str) -> bool:
    """Whether a file has other examples than images with labels.

    They are of several inputs, x_train_NAME, or x_train has another rank, or
    y_train is not one label for each example. What is no such file is none.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(files.read(path))) as opened:
            names = [name.removesuffix(".npy") for name in opened.namelist()]
            if any(name.startswith("x_train_") for name in names):
                return True
            x, y = (_header(opened, name) for name in ("x_train", "y_train"))
    except Exception:  # Damaged bytes can raise nearly anything.
        return False
    is_label = y[1].kind in "biu" and np.prod(y[0][1:]) == 1
    return len(x[0]) not in IMAGE_RANKS or not is_label


def read(path: str) -> tuple:
    """Returns (x_train, y_train, x_test, y_test) as the file has them.

    Of a file that has neither x_test nor y_test, (x_train, y_train). Of
    x_train_NAME and the like, one for each input or output, they are dicts,
    NAME -> array. Never unpickles.

    Raises:
        ValueError: If the file is damaged, lacks one of them, or has it both
            as one and as several.
    """
    try:
        with np.load(io.BytesIO(files.read(path)), allow_pickle=False) as npz:
            arrays = {name: npz[name] for name in npz}
    except Exception as error:  # Damaged bytes can raise nearly anything.
        raise ValueError(
            f"{path} is no dataset file: it is damaged, or no .npz of plain "
            "numbers"
        ) from error
    has_names = re.compile(r"[xy]_(train|test)(_.*)?").fullmatch
    npz_files.warn_of_others(path, [n for n in arrays if not has_names(n)])
    has_test = any(name.startswith(("x_test", "y_test")) for name in arrays)
    splits = ("train", "test") if has_test else ("train",)
    return tuple(
        _named(path, arrays, f"{what}_{split}")
        for split in splits
        for what in ("x", "y")
    )


def _named(path, arrays, name):
    """One array, or those whose names begin with its name, in a dict."""
    parts = {
        key.removeprefix(f"{name}_"): array
        for key, array in arrays.items()
        if key.startswith(f"{name}_")
    }
    if name in arrays and parts:
        raise ValueError(
            f"{path} is no dataset file: it has {name}, and "
            f"{name}_{next(iter(parts))}, as of several. Leave one of them out"
        )
    if name in arrays:
        return arrays[name]
    if not parts:
        raise ValueError(
            f"{path} is no dataset file: it has no {name}, nor {name}_NAME of "
            f"several. It has {', '.join(arrays) or 'nothing'}"
        )
    return parts


def _header(opened, name):
    """Shape and dtype of an array, without its values."""
    with opened.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        read = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read(file)
    return shape, dtype
