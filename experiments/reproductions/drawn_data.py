"""Images that are drawn, for what only shows that a study runs."""

import numpy as np

from lottery_ticket.datasets.images import npz_files
from lottery_ticket.foundations.machine import files

SHAPES = {"mnist": (28, 28), "cifar10": (32, 32, 3)}
TRAIN, TEST, CLASSES = 80, 40, 10


def write(directory: str, name: str) -> None:
    """Writes a small dataset of noise in the place of one of SHAPES.

    It has as many images of each class, TRAIN to train and TEST to test.
    """
    path = files.join(directory, f"{name}.npz")
    if files.exists(path):
        return
    draw = np.random.default_rng(0)
    arrays = []
    for count in (TRAIN, TEST):
        images = draw.integers(0, 256, (count, *SHAPES[name]), np.uint8)
        arrays += [images, np.arange(count) % CLASSES]
    npz_files.write(path, tuple(arrays))
