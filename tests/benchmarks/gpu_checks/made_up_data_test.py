"""Tests of gpu_checks/made_up_data: our datasets take it for the real."""

import pytest

from lottery_ticket.benchmarks.gpu_checks import made_up_data
from lottery_ticket.datasets import registry
from lottery_ticket.datasets.images import image_files


def create(name, data_dir):
    return registry.create(
        name, data_dir=str(data_dir), train_batch_size=4, validation_size=4
    )


@pytest.mark.parametrize("name", made_up_data.ARRAYS)
def test_arrays_are_read_as_the_dataset(name, tmp_path):
    shape, classes = made_up_data.ARRAYS[name]
    made_up_data.write(str(tmp_path), name, train=12, test=6)
    dataset = create(name, tmp_path)
    assert dataset.input_shape == (*shape, 1)[:3]
    assert dataset.num_classes == classes
    sizes = {name: len(split.x) for name, split in dataset.splits.items()}
    assert sizes == {"train": 8, "validate": 4, "test": 6}


@pytest.mark.slow
def test_folders_are_streamed_as_imagenet(tmp_path):
    made_up_data.write(str(tmp_path), "imagenet", train=1001, test=6)
    dataset = create("imagenet", tmp_path)
    assert isinstance(dataset.train.x, image_files.ImageFiles)
    assert dataset.num_classes == 1000
    assert len(dataset.train.x) == 2000 - 4
    assert len(dataset.test.x) == 1000


def test_every_dataset_has_its_data_or_brings_it():
    assert set(registry.DATASETS) - set(made_up_data.KNOWN) == {"svhn"}
    for name in made_up_data.BUNDLED:
        made_up_data.write("nowhere", name, 1, 1)
