"""Tests of datasets/registry.py: every entry passes the contract."""

import pytest

from lottery_ticket.datasets import dataset_images, registry


@pytest.mark.parametrize("name", registry.DATASETS)
def test_every_dataset_passes_the_contract(name, monkeypatch):
    dataset_class = registry.DATASETS[name]
    assert issubclass(dataset_class, dataset_images.DatasetImages)
    assert dataset_class.__doc__
    assert "Source:" in dataset_class.__doc__
    assert dataset_class.VALIDATION_SIZE > 0
