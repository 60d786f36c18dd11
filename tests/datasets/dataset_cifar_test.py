"""Tests of datasets/dataset_cifar.py."""

import os
import pathlib

import numpy as np
import pytest

from lottery_ticket.datasets import dataset_cifar
from lottery_ticket.datasets.images import named_arrays, npz_files

DATA_DIR = os.environ.get("LOTTERY_TICKET_DATA_DIR", "")
CLASSES = {
    "cifar10": (dataset_cifar.DatasetCifar10, 10),
    "cifar100": (dataset_cifar.DatasetCifar100, 100),
}


@pytest.mark.parametrize("name", CLASSES)
def test_from_a_file(tmp_path, name):
    x = np.random.default_rng(0).integers(0, 256, (30, 32, 32, 3), np.uint8)
    y = np.zeros((30, 1), int)
    npz_files.write(str(tmp_path / f"{name}.npz"), (x, y, x[:5], y[:5]))
    dataset_class, classes = CLASSES[name]
    made = dataset_class(
        str(tmp_path), validation_size=10, normalization="standardize"
    )
    assert made.num_classes == classes
    assert made.input_shape == (32, 32, 3)
    assert (made.train.size, made.train.x.dtype) == (20, np.uint8)
    assert made.prepare.mean == dataset_class.MEAN
    assert made.prepare.std == dataset_class.STD


@pytest.mark.filterwarnings("ignore")  # tensorflow-datasets' own.
@pytest.mark.parametrize("name", CLASSES)
def test_from_tensorflow_datasets(name, monkeypatch):
    tfds = pytest.importorskip("tensorflow_datasets")
    monkeypatch.setattr(named_arrays, "is_online", lambda: True)
    dataset_class, classes = CLASSES[name]
    with tfds.testing.mock_data(num_examples=20):
        made = dataset_class(validation_size=5)
    assert [split.size for split in made.splits.values()] == [15, 5, 20]
    assert (made.num_classes, made.input_shape) == (classes, (32, 32, 3))


@pytest.mark.skipif(
    not pathlib.Path(DATA_DIR, "cifar10.npz").is_file(),
    reason="needs cifar10.npz in the folder $LOTTERY_TICKET_DATA_DIR",
)
def test_real_cifar10():
    made = dataset_cifar.DatasetCifar10(DATA_DIR, normalization="standardize")
    sizes = [split.size for split in made.splits.values()]
    assert sizes == [45000, 5000, 10000]
    x = made.prepare(made.train.x[:10000]).numpy()
    np.testing.assert_allclose(x.mean((0, 1, 2)), 0, atol=0.05)
    np.testing.assert_allclose(x.std((0, 1, 2)), 1, atol=0.05)
