"""Tests of datasets/dataset_svhn.py."""

import numpy as np
import pytest

from lottery_ticket.datasets import dataset_svhn
from lottery_ticket.datasets.images import named_arrays, npz_files


def test_from_a_file(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (30, 32, 32, 3), np.uint8)
    y = np.arange(30) % 10
    npz_files.write(str(tmp_path / "svhn.npz"), (x, y, x[:5], y[:5]))
    made = dataset_svhn.DatasetSvhn(
        str(tmp_path), validation_size=10, normalization="standardize"
    )
    assert [split.size for split in made.splits.values()] == [20, 10, 5]
    # All images count, also those held out.
    mean = (x / 255).mean((0, 1, 2))
    np.testing.assert_allclose(made.prepare.mean, mean, atol=1e-6)


@pytest.mark.filterwarnings("ignore")  # tensorflow-datasets' own.
def test_from_tensorflow_datasets(monkeypatch):
    tfds = pytest.importorskip("tensorflow_datasets")
    monkeypatch.setattr(named_arrays, "is_online", lambda: True)
    with tfds.testing.mock_data(num_examples=20):
        made = dataset_svhn.DatasetSvhn(validation_size=5)
    assert [split.size for split in made.splits.values()] == [15, 5, 20]
    assert (made.num_classes, made.input_shape) == (10, (32, 32, 3))
