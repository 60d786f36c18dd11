"""Tests of datasets/dataset_mnist.py."""

import os
import pathlib

import numpy as np
import pytest

from lottery_ticket.datasets import dataset_mnist, registry
from lottery_ticket.datasets.images import named_arrays

DATA_DIR = os.environ.get("LOTTERY_TICKET_DATA_DIR", "")


def made_npz(path):
    rng = np.random.default_rng(0)
    for name in ("mnist", "fashion_mnist"):
        x = rng.integers(0, 256, (6010, 28, 28), dtype=np.uint8)
        y = rng.integers(0, 10, 6010)
        np.savez(
            path / f"{name}.npz",
            x_train=x[:6000],
            y_train=y[:6000],
            x_test=x[6000:],
            y_test=y[6000:],
        )


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_from_a_file(tmp_path, name):
    made_npz(tmp_path)
    made = registry.DATASETS[name](str(tmp_path))
    assert made.input_shape == (28, 28, 1)
    assert made.train.batch_size == 60
    assert made.validate.size == 5000
    assert made.train.size == 1000
    x = made.prepare(made.train.x).numpy()
    np.testing.assert_allclose(x, made.train.x / 255, rtol=1e-6)


@pytest.mark.filterwarnings("ignore")  # tensorflow-datasets' own.
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_from_tensorflow_datasets(name, monkeypatch):
    tfds = pytest.importorskip("tensorflow_datasets")
    monkeypatch.setattr(named_arrays, "is_online", lambda: True)
    with tfds.testing.mock_data(num_examples=20):
        made = registry.DATASETS[name](validation_size=5)
    sizes = [split.size for split in made.splits.values()]
    assert sizes == [15, 5, 20]
    assert made.input_shape == (28, 28, 1)


@pytest.mark.skipif(
    not pathlib.Path(DATA_DIR, "mnist.npz").is_file(),
    reason="needs mnist.npz in the folder $LOTTERY_TICKET_DATA_DIR",
)
def test_real_mnist():
    made = dataset_mnist.DatasetMnist(DATA_DIR)
    sizes = [split.size for split in made.splits.values()]
    assert sizes == [55000, 5000, 10000]
    assert made.num_classes == 10
    mean = made.prepare(made.test.x).numpy().mean()
    np.testing.assert_allclose(mean, 0.1325, atol=1e-4)
    l2 = dataset_mnist.DatasetMnist(DATA_DIR, normalization="l2")
    x = l2.prepare(l2.test.x).numpy().reshape(10000, -1)
    norms = np.linalg.norm(x, axis=1)
    np.testing.assert_allclose(norms, 1, rtol=1e-5)
