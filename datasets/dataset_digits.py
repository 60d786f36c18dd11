"""Digits: the real 8x8 handwritten digits that scikit-learn brings along."""

import numpy as np

from lottery_ticket.datasets import dataset_images

TEST_SIZE = 300


class DatasetDigits(dataset_images.DatasetImages):
    """1,797 digits of 8x8 pixels; needs no internet and no file.

    300 images, drawn once and the same whatever the seed, are the test set;
    300 more are held out for validation.

    Source: Alpaydin & Kaynak 1998, the test part of "Optical Recognition of
    Handwritten Digits", UCI repository; bundled with scikit-learn.
    """

    VALIDATION_SIZE = 300
    MAX_VALUE = 16

    @staticmethod
    def load(
        data_dir: str | None, image_size: int | None = None
    ) -> tuple[np.ndarray, ...]:
        """Returns the bundled images; `data_dir` is not looked at."""
        import sklearn.datasets  # Takes a second, and only digits need it.

        x, y = sklearn.datasets.load_digits(return_X_y=True)
        x = x.reshape(-1, 8, 8, 1).astype(np.uint8)
        order = np.random.default_rng(0).permutation(len(x))
        test, train = order[:TEST_SIZE], np.sort(order[TEST_SIZE:])
        return x[train], y[train], x[test], y[test]
