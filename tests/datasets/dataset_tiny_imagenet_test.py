"""Tests of datasets/dataset_tiny_imagenet.py."""

import shutil

import numpy as np
import pytest

from lottery_ticket.datasets import dataset_tiny_imagenet
from lottery_ticket.datasets.images import named_arrays
from lottery_ticket.tests.datasets import picture_files

KNOWN = ["n02", "n01"]  # The file's order, which is not the alphabet's.


def make_folder(path):
    """Two images to train on of two classes each, three to test."""
    path.mkdir(parents=True)
    (path / "wnids.txt").write_text("\n".join(KNOWN) + "\n")
    for number, name in enumerate(("n01_0", "n01_1", "n02_0", "n02_1")):
        file = path / "train" / name[:3] / "images" / f"{name}.JPEG"
        channels = 1 if number == 0 else 3
        image = picture_files.pixels(20 * number, 64, 64, channels)
        picture_files.save(file, image)
    lines = []
    for number, name in enumerate(["n01", "n02", "n01"]):
        file = path / "val" / "images" / f"val_{number}.JPEG"
        picture_files.save(file, picture_files.pixels(200 + number, 64, 64))
        lines.append(f"{file.name}\t{name}\t0\t0\t62\t62\n")
    (path / "val" / "val_annotations.txt").write_text("".join(lines))


def load(path, image_size=None):
    return dataset_tiny_imagenet.DatasetTinyImagenet.load(path, image_size)


@pytest.mark.parametrize("below", ["", "tiny-imagenet-200"])
def test_from_the_folder_as_distributed(tmp_path, below):
    make_folder(tmp_path / "data" / below)
    x_train, y_train, x_test, y_test = load(str(tmp_path / "data"))
    assert (x_train.shape, x_train.dtype) == ((4, 64, 64, 3), np.uint8)
    assert y_train.tolist() == [1, 1, 0, 0]
    assert y_test.tolist() == [1, 0, 1]
    np.testing.assert_allclose(x_train[:, 0, 0, 2], [0, 20, 40, 60], atol=2)
    np.testing.assert_allclose(x_test[:, 0, 0, 0], [200, 201, 202], atol=2)
    dataset_tiny_imagenet.download(str(tmp_path / "data"))  # Nothing to do.
    assert load(str(tmp_path / "data"), 32)[0].shape == (4, 32, 32, 3)


def test_as_a_dataset(tmp_path):
    make_folder(tmp_path / "tiny-imagenet-200")
    made = dataset_tiny_imagenet.DatasetTinyImagenet(
        str(tmp_path), validation_size=1
    )
    assert made.num_classes == 200
    assert [split.size for split in made.splits.values()] == [3, 1, 3]


def test_a_class_that_is_not_listed(tmp_path):
    folder = tmp_path / "tiny-imagenet-200"
    make_folder(folder)
    (folder / "wnids.txt").write_text("n01\n")
    with pytest.raises(ValueError, match="of 1 classes. Received: 'n02'"):
        load(str(tmp_path))
    (folder / "wnids.txt").write_text("n01\nn02\n")
    (folder / "val" / "val_annotations.txt").write_text("val_0.JPEG\tn03\n")
    with pytest.raises(ValueError, match="val_annotations.txt must.*n03"):
        load(str(tmp_path))


@pytest.mark.parametrize("data_dir", [None, "somewhere"])
def test_without_images_the_error_says_how_to_get_them(data_dir):
    with pytest.raises(FileNotFoundError, match="download_data fetches it"):
        load(data_dir)


def make_archive(tmp_path):
    make_folder(tmp_path / "made" / "tiny-imagenet-200")
    shutil.make_archive(
        str(tmp_path / "tiny"), "zip", tmp_path / "made", "tiny-imagenet-200"
    )
    return tmp_path / "tiny.zip"


def test_download(tmp_path, monkeypatch):
    archive = make_archive(tmp_path)
    monkeypatch.setattr(named_arrays, "is_online", lambda: True)
    monkeypatch.setattr(dataset_tiny_imagenet, "URL", archive.as_uri())
    data_dir = tmp_path / "data"
    dataset_tiny_imagenet.download(str(data_dir))
    assert len(load(str(data_dir))[0]) == 4
    assert not list(data_dir.glob("*.tmp"))
    monkeypatch.setattr(dataset_tiny_imagenet, "URL", "nowhere")
    dataset_tiny_imagenet.download(str(data_dir))  # It is there already.


def test_an_archive_that_is_there_needs_no_internet(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    archive = make_archive(tmp_path)
    shutil.copy(archive, tmp_path / "data" / "tiny-imagenet-200.zip")
    monkeypatch.setattr(named_arrays, "is_online", lambda: False)
    dataset_tiny_imagenet.download(str(tmp_path / "data"))
    assert len(load(str(tmp_path / "data"))[0]) == 4


def test_without_internet_the_error_is_quick_and_clear(tmp_path, monkeypatch):
    monkeypatch.setattr(named_arrays, "is_online", lambda: False)
    with pytest.raises(FileNotFoundError, match="no internet.*by hand"):
        dataset_tiny_imagenet.download(str(tmp_path))


def test_a_damaged_archive_is_named(tmp_path):
    (tmp_path / "tiny-imagenet-200.zip").write_bytes(b"nothing")
    with pytest.raises(FileNotFoundError, match="200.zip is damaged, remove"):
        dataset_tiny_imagenet.download(str(tmp_path))
