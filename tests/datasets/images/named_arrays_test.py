"""Tests of datasets/images/named_arrays.py."""

import numpy as np
import pytest

from lottery_ticket.datasets.images import named_arrays, npz_files


def test_a_file_comes_first(tmp_path):
    x, y = np.ones((3, 2, 2, 3), np.uint8), np.arange(3)
    npz_files.write(str(tmp_path / "mnist.npz"), (x, y, x[:1], y[:1]))
    found = named_arrays.load("mnist", str(tmp_path))
    np.testing.assert_array_equal(found[0], x)
    assert named_arrays.npz_path("mnist", None) is None
    assert named_arrays.npz_path("svhn", str(tmp_path)) is None


@pytest.mark.filterwarnings("ignore")  # tensorflow-datasets' own.
def test_a_split_is_read_whole_and_changed(monkeypatch):
    tfds = pytest.importorskip("tensorflow_datasets")
    monkeypatch.setattr(named_arrays, "is_online", lambda: True)
    monkeypatch.setattr(named_arrays, "TFDS_BATCH_SIZE", 7)
    with tfds.testing.mock_data(num_examples=20):
        builder = named_arrays.prepared_builder("mnist")
        x, y = named_arrays.read_split(builder, "train")
        change = lambda image, label: (0 * image, label)  # noqa: E731
        changed, _ = named_arrays.read_split(builder, "train", change)
    assert (x.shape, y.shape) == ((20, 28, 28, 1), (20,))
    assert x.any() and not changed.any()


def test_without_file_and_internet_the_error_says_both(tmp_path, monkeypatch):
    monkeypatch.setattr(named_arrays, "is_online", lambda: False)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError) as error:
        named_arrays.load("mnist", str(tmp_path))
    for words in ("no file at", "mnist.npz", "no internet", "--data_dir"):
        assert words in str(error.value)


def test_a_proxy_counts_as_internet(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://localhost:1")
    assert named_arrays.is_online()
