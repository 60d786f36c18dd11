"""Tests of runners/download_data.py."""

import numpy as np
import pytest

from lottery_ticket.datasets import (
    dataset_imagenet,
    dataset_tiny_imagenet,
    registry,
)
from lottery_ticket.datasets.images import named_arrays
from lottery_ticket.runners import download_data
from lottery_ticket.tests.datasets import picture_files


@pytest.fixture
def online(monkeypatch):
    """Stands for tensorflow-datasets."""

    def read_split(builder, split):
        x = np.zeros((3, 28, 28, 1), np.uint8)
        return (x, np.arange(3)) if split == "train" else (x[:2], np.arange(2))

    monkeypatch.setattr(named_arrays, "prepared_builder", lambda name: None)
    monkeypatch.setattr(named_arrays, "read_split", read_split)


def test_what_is_fetched_serves_as_data_dir(
    tmp_path, online, monkeypatch, capsys
):
    download_data.download_data("mnist,fashion_mnist", str(tmp_path))
    assert capsys.readouterr().out.count("is new") == 2
    monkeypatch.setattr(named_arrays, "read_split", None)
    made = registry.create("mnist", data_dir=str(tmp_path), validation_size=1)
    assert (made.train.size, made.test.size) == (2, 2)
    download_data.download_data("mnist", str(tmp_path))
    assert "was there" in capsys.readouterr().out


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "mnist.npz").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="mnist.npz is no dataset file"):
        download_data.download_data("mnist", str(tmp_path))


def test_labels_are_checked(tmp_path, online, monkeypatch):
    monkeypatch.setattr(registry.DATASETS["mnist"], "NUM_CLASSES", 2)
    with pytest.raises(ValueError, match=r"Labels must be in \[0, 2\)"):
        download_data.download_data("mnist", str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_all_names_are_checked_first(tmp_path):
    with pytest.raises(ValueError, match="Did you mean 'mnist'"):
        download_data.download_data("digits,mnits", str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_tiny_imagenet_has_a_download_of_its_own(tmp_path, monkeypatch, capsys):
    asked = []
    monkeypatch.setitem(download_data.DOWNLOADS, "tiny_imagenet", asked.append)
    x, y = np.zeros((3, 64, 64, 3), np.uint8), np.arange(3)
    monkeypatch.setattr(
        dataset_tiny_imagenet.DatasetTinyImagenet,
        "load",
        lambda data_dir: (x, y, x, y),
    )
    download_data.download_data("tiny_imagenet", str(tmp_path))
    assert asked == [str(tmp_path)]
    assert (tmp_path / "tiny_imagenet.npz").is_file()
    assert "is new: (3, 64, 64, 3)" in capsys.readouterr().out


@pytest.mark.slow
def test_every_image_of_imagenet_is_read(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(dataset_imagenet.DatasetImagenet, "NUM_CLASSES", 2)
    for part in ("train", "val"):
        picture_files.save_classes(tmp_path / part, 3)
    download_data.download_data("imagenet", str(tmp_path))
    assert "(6, 224, 224, 3) to train" in capsys.readouterr().out
    assert not list(tmp_path.glob("*.npz"))
    path = tmp_path / "val" / "bee" / "001.png"
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match="cannot be read.*bee/001.png"):
        download_data.download_data("imagenet", str(tmp_path))


@pytest.mark.parametrize("name", ["diabetes", "shapes", "inequalities"])
def test_what_is_bundled_or_drawn_is_not_fetched(tmp_path, capsys, name):
    download_data.download_data(name, str(tmp_path))
    assert f"{name} is bundled or drawn" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
