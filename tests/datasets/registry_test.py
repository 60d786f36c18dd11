"""Tests of datasets/registry.py: every entry passes the contract."""

import subprocess
import sys

import numpy as np
import pytest

from lottery_ticket.datasets import (
    dataset_examples,
    dataset_images,
    dataset_own,
    registry,
)
from lottery_ticket.datasets.images import npz_files
from lottery_ticket.foundations.values import task_kinds


@pytest.mark.parametrize("name", registry.DATASETS)
def test_every_dataset_passes_the_contract(name):
    dataset_class = registry.DATASETS[name]
    assert dataset_class.__doc__
    assert "Source:" in dataset_class.__doc__
    assert dataset_class.VALIDATION_SIZE > 0
    registry.check(name)
    if issubclass(dataset_class, dataset_examples.DatasetExamples):
        assert dataset_class.TASK in task_kinds.KINDS
        return
    assert issubclass(dataset_class, dataset_images.DatasetImages)
    assert dataset_class.NUM_CLASSES > 1
    assert (dataset_class.MEAN is None) == (dataset_class.STD is None)


def test_a_known_name():
    made = registry.create("digits", train_batch_size=7)
    assert (made.train.batch_size, made.input_shape) == (7, (8, 8, 1))


def test_a_path(tmp_path):
    x, y = np.zeros((20, 3, 3, 1), np.uint8), np.arange(20) % 2
    path = str(tmp_path / "a.npz")
    npz_files.write(path, (x, y, x, y))
    made = registry.create(path, data_dir="not looked at")
    assert isinstance(made, dataset_own.DatasetOwn)


@pytest.mark.parametrize("name", ["here/there", "there.npz", "a/"])
def test_a_path_with_nothing_there(name):
    assert registry.is_path(name)
    for act in (registry.check, registry.create):
        with pytest.raises(FileNotFoundError, match=f"{name}.*Known names"):
            act(name)


def test_a_folder_is_a_path_but_a_known_name_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not registry.is_path("pictures")
    for name in ("pictures", "mnist"):
        (tmp_path / name).mkdir()
    assert registry.is_path("pictures")
    assert not registry.is_path("mnist")


def test_unknown_names():
    for act in (registry.check, registry.create):
        with pytest.raises(ValueError, match="'cifar11'. Did you mean 'cifar"):
            act("cifar11")


def test_naming_datasets_loads_nothing_slow():
    code = (
        "import sys; from lottery_ticket.datasets import registry; "
        "slow = {'tensorflow', 'keras', 'sklearn', 'PIL'} & set(sys.modules); "
        "assert not slow, slow"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("rank", [2, 3])
def test_capital_letters_of_a_file(tmp_path, monkeypatch, rank):
    monkeypatch.chdir(tmp_path)
    x, y = np.zeros((20, *[3] * (rank - 1)), np.uint8), np.arange(20) % 2
    npz_files.write("a.NPZ", (x, y, x, y))
    assert registry.is_path("a.NPZ")
    for name in "a.NPZ", "./a.NPZ":
        assert registry.create(name).train.size == 18
