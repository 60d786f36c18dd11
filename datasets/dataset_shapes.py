"""Shapes: small pictures that are drawn here, each with several labels."""

import numpy as np

from lottery_ticket.datasets import dataset_examples

TRAIN_SIZE, TEST_SIZE = 5000, 1000
# Of 3x3 pixels: a bar, an upright one, a plus, a cross and a ring.
SHAPES = np.array(
    [
        [[0, 0, 0], [1, 1, 1], [0, 0, 0]],
        [[0, 1, 0], [0, 1, 0], [0, 1, 0]],
        [[0, 1, 0], [1, 1, 1], [0, 1, 0]],
        [[1, 0, 1], [0, 1, 0], [1, 0, 1]],
        [[1, 1, 1], [1, 0, 1], [1, 1, 1]],
    ]
)
CELLS, CELL_PIXELS = 3, 4  # Of a picture, in a row; of a cell.
NOISE, INK = 106, 150  # Pixels are below the one, where ink is not added.


class DatasetShapes(dataset_examples.DatasetExamples):
    """6,000 pictures of 12x12 pixels, and for each of 5 shapes if it is there.

    A shape is there with a probability of a half, by itself: once, in any of
    the 9 cells of 4x4 pixels, which it has for itself. Pixels are drawn from 0
    to 105; a shape adds 150 to its own. All of it is drawn from
    one seed, 1,000 pictures of it to test on.

    Source: made up here.
    """

    TASK = "multi_label"
    VALIDATION_SIZE = 500

    @staticmethod
    def load(data_dir, task):
        """Returns the pictures; `data_dir` is not looked at."""
        rng = np.random.default_rng(0)
        size, side = TRAIN_SIZE + TEST_SIZE, CELLS * CELL_PIXELS
        y = rng.integers(2, size=(size, len(SHAPES)))
        x = rng.integers(NOISE, size=(size, side, side, 1))
        for picture, present in zip(x, y, strict=True):
            cells = rng.permutation(CELLS**2)
            for index in np.flatnonzero(present):
                top, left = np.array(divmod(cells[index], CELLS)) * CELL_PIXELS
                picture[top : top + 3, left : left + 3, 0] += (
                    INK * SHAPES[index]
                )
        x = x.astype(np.uint8)
        return x[TEST_SIZE:], y[TEST_SIZE:], x[:TEST_SIZE], y[:TEST_SIZE]
