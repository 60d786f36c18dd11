r"""Fetches datasets ahead of time, for machines without internet.

    lottery-ticket download_data --datasets=mnist --data_dir=data

Each argument of `download_data` is a flag; --help lists them.
"""

import io

import numpy as np

from lottery_ticket.datasets import registry
from lottery_ticket.foundations import files, flags, names


def download_data(datasets: str, data_dir: str) -> None:
    """Fetches datasets into a folder that any run can take as --data_dir.

    Each lies in one NAME.npz in Keras's layout, with x_train, y_train, x_test
    and y_test. A dataset that is there already is only checked.

    Args:
        datasets: Names separated by commas, such as mnist,fashion_mnist.
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
        was_there = files.exists(path)
        arrays = registry.DATASETS[name].load(data_dir)
        if not was_there:
            keys = ("x_train", "y_train", "x_test", "y_test")
            buffer = io.BytesIO()
            np.savez_compressed(buffer, **dict(zip(keys, arrays, strict=True)))
            files.write(path, buffer.getvalue())
        shapes = f"{arrays[0].shape} to train, {arrays[2].shape} to test"
        print(f"{path} {'was there' if was_there else 'is new'}: {shapes}")


RUN = download_data


def main(argv=None):
    """Runs it with the flags of a command line; None takes sys.argv's."""
    flags.run(RUN, argv)


if __name__ == "__main__":
    main()
