"""Tests of datasets/dataset_caltech101.py."""

import numpy as np
import pytest

from lottery_ticket.datasets import dataset_caltech101
from lottery_ticket.datasets.images import named_arrays, npz_files
from lottery_ticket.tests import grids
from lottery_ticket.tests.datasets import picture_files

CLASSES = ("Faces", "BACKGROUND_Google", "ant", "bee")


@pytest.mark.slow
@pytest.mark.parametrize(
    "below",
    grids.thinned(
        ["101_ObjectCategories", "caltech-101/101_ObjectCategories"],
        ["101_ObjectCategories"],
    ),
)
def test_from_the_folder_as_distributed(tmp_path, below):
    picture_files.save_classes(
        tmp_path / below, 10, CLASSES, height=20, width=30
    )
    made = dataset_caltech101.DatasetCaltech101(str(tmp_path), image_size=16)
    assert [split.size for split in made.splits.values()] == [18, 6, 6]
    assert (made.input_shape, made.num_classes) == ((16, 16, 3), 101)
    assert np.bincount(made.test.y).tolist() == [2, 2, 2]
    number = made.test.x[:, 0, 0, 0]
    assert not ((number >= 10) & (number < 20)).any()  # The background.
    # Classes by their names: ant, bee, Faces.
    label = {0: 2, 2: 0, 3: 1}
    assert made.test.y.tolist() == [label[i // 10] for i in number.tolist()]


def test_the_size_is_224_pixels(tmp_path):
    folder = tmp_path / "101_ObjectCategories"
    picture_files.save_classes(folder, 5, ("ant",), height=20, width=30)
    x = dataset_caltech101.DatasetCaltech101.load(str(tmp_path))[0]
    assert x.shape == (4, 224, 224, 3)


def test_from_a_file(tmp_path):
    x, y = np.zeros((12, 8, 8, 3), np.uint8), np.zeros(12, int)
    npz_files.write(str(tmp_path / "caltech101.npz"), (x, y, x, y))
    made = dataset_caltech101.DatasetCaltech101(str(tmp_path))
    assert [split.size for split in made.splits.values()] == [9, 3, 12]
    with pytest.raises(ValueError, match="image_size can only"):
        dataset_caltech101.DatasetCaltech101(str(tmp_path), image_size=4)


@pytest.mark.filterwarnings("ignore")  # tensorflow-datasets' own.
def test_from_tensorflow_datasets(monkeypatch):
    tfds = pytest.importorskip("tensorflow_datasets")
    monkeypatch.setattr(named_arrays, "is_online", lambda: True)
    monkeypatch.setattr(
        dataset_caltech101.splits,
        "stratified_test",
        lambda y, fraction, source: (np.arange(4, len(y)), np.arange(4)),
    )
    with tfds.testing.mock_data(num_examples=30):
        builder = named_arrays.prepared_builder("caltech101")
        names = builder.info.features["label"].names
        made = dataset_caltech101.DatasetCaltech101(image_size=16)
    assert (made.input_shape, made.num_classes) == ((16, 16, 3), 101)
    assert len(names) == 102
    kept = [name for name in names if name != "background_google"]
    assert kept == sorted(kept)


def test_without_images_the_error_says_where_it_looked(tmp_path, monkeypatch):
    monkeypatch.setattr(named_arrays, "is_online", lambda: False)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="caltech101.npz.*no internet"):
        dataset_caltech101.DatasetCaltech101(str(tmp_path))
