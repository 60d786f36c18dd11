"""Fetches datasets ahead of time, for machines without internet."""

import io
import sys

import numpy as np

from lottery_ticket.datasets import registry
from lottery_ticket.foundations import files, names


def download(datasets: str, data_dir: str) -> None:
    """Fetches datasets into a folder that any run can take as --data_dir.

    A dataset that is there already is only checked. Each lies in one NAME.npz,
    in Keras's layout: x_train, y_train, x_test, y_test.

    Args:
        datasets: Names, separated by commas: mnist,fashion_mnist.
        data_dir: Folder to write to.

    Raises:
        ValueError: If a name is unknown or a file there is damaged.
        FileNotFoundError: If a dataset cannot be had.
    """
    chosen = datasets.split(",")
    for name in chosen:
        names.check("dataset", name, registry.DATASETS)
    for name in chosen:
        path = files.join(data_dir, f"{name}.npz")
        is_there = files.exists(path)
        # Loading needs no instance: it looks at nothing but data_dir.
        arrays = registry.DATASETS[name].load(None, data_dir)
        keys = ("x_train", "y_train", "x_test", "y_test")
        if not is_there:
            buffer = io.BytesIO()
            np.savez_compressed(buffer, **dict(zip(keys, arrays, strict=True)))
            files.write(path, buffer.getvalue())
        shapes = f"{arrays[0].shape} to train, {arrays[2].shape} to test"
        state = "was there" if is_there else "fetched"
        print(f"{path}: {state}, {shapes}", file=sys.stderr)
