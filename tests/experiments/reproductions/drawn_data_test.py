"""Tests of experiments/reproductions/drawn_data.py."""

import numpy as np

from lottery_ticket.datasets.images import npz_files
from lottery_ticket.experiments.reproductions import drawn_data


def test_images_are_drawn_once_as_many_of_each_class(tmp_path):
    drawn_data.write(str(tmp_path), "cifar10")
    path = tmp_path / "cifar10.npz"
    before = path.read_bytes()
    x_train, y_train, x_test, y_test = npz_files.read(str(path))
    assert x_train.shape == (80, 32, 32, 3)
    assert x_test.shape == (40, 32, 32, 3)
    for labels, count in ((y_train, 8), (y_test, 4)):
        np.testing.assert_array_equal(np.bincount(labels), [count] * 10)
    drawn_data.write(str(tmp_path), "cifar10")
    assert path.read_bytes() == before
