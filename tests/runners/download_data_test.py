"""Tests of runners/download_data.py."""

import numpy as np
import pytest

from lottery_ticket.datasets import dataset_images, registry
from lottery_ticket.runners import download_data


def fake_arrays(name):
    x = np.zeros((3, 28, 28, 1), np.uint8)
    return x, np.arange(3), x[:2], np.arange(2)


def test_what_is_fetched_serves_as_data_dir(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(dataset_images, "_load_tfds", fake_arrays)
    download_data.download_data("mnist,fashion_mnist", str(tmp_path))
    assert capsys.readouterr().out.count("is new") == 2
    monkeypatch.setattr(dataset_images, "_load_tfds", None)
    made = registry.DATASETS["mnist"](str(tmp_path), validation_size=1)
    assert (made.train.size, made.test.size) == (2, 2)
    download_data.download_data("mnist", str(tmp_path))
    assert "was there" in capsys.readouterr().out


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "mnist.npz").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="mnist.npz is no dataset file"):
        download_data.download_data("mnist", str(tmp_path))


def test_all_names_are_checked_first(tmp_path):
    with pytest.raises(ValueError, match="Did you mean 'mnist'"):
        download_data.download_data("digits,mnits", str(tmp_path))
    assert not list(tmp_path.iterdir())
