"""Networks and every dataset through a search and its fine-tuning."""

import json

import numpy as np
import pytest

from lottery_ticket.datasets import dataset_imagenet
from lottery_ticket.datasets.images import npz_files
from lottery_ticket.experiments import gem_miner
from lottery_ticket.experiments.settings import fine_tuning, recipes
from lottery_ticket.experiments.stages.gem import gem_search
from lottery_ticket.tests import grids, planned
from lottery_ticket.tests.datasets import (
    dataset_imagenet_test,
    dataset_tiny_imagenet_test,
    picture_files,
)

DENSITY = 0.25
# Model -> recipe, size of the smallest images, weights in masks.
NETWORKS = {
    "conv4": ("cifar10_conv4_gem", 4, 360_640),
    "resnet20": ("cifar10_resnet20_gem", 4, 268_336),
}


def images(path, size, channels=3, train=10, held_out=4):
    """Writes random images of 10 classes; returns the file's path."""
    rng = np.random.default_rng(0)
    shape = (size, size, channels)
    arrays = []
    for count in (train + held_out, held_out):
        arrays.append(rng.integers(0, 256, (count, *shape), np.uint8))
        arrays.append(np.arange(count) % 10)
    npz_files.write(str(path), tuple(arrays))
    return str(path)


def mine(directory, recipe, **flags):
    """A search of 2 epochs with one event, and 2 iterations after it."""
    planned.run(
        gem_miner.plan,
        str(directory),
        recipe,
        gem_search.GemSearch(density=DENSITY, prune_period=1, **flags),
        fine_tuning.FineTuning(fine_tune_len="2it"),
        save_summaries=False,
        quiet=True,
    )
    record = json.loads((directory / "gem.json").read_text())
    search = json.loads((directory / "search/run.json").read_text())
    assert [each["pruned"] > 0 for each in search["events"]] == [False, True]
    tuned = json.loads((directory / "run.json").read_text())
    assert tuned["iterations"] == 2
    assert set(record["stages"]) == {"search", "finetuned"}
    kept, total = np.sum(list(record["counts"].values()), axis=0)
    assert 0 <= DENSITY * total - kept <= 1  # What goes is rounded up.
    return total


def recipe(name, **changes):
    """A recipe of 2 epochs of few iterations."""
    usual = {
        "training_len": "2ep",
        "train_batch_size": 5,
        "validation_size": 4,
        "test_interval": 100,
        "validate_interval": 100,
        "jit": False,
    }
    return recipes.Recipe(name, **{**usual, **changes})


@pytest.mark.slow
@pytest.mark.parametrize("model", NETWORKS)
def test_each_kind_of_network_is_searched_and_fine_tuned(tmp_path, model):
    name, size, weights = NETWORKS[model]
    changes = {"dataset": images(tmp_path / "images.npz", size)}
    assert recipes.Recipe(name).model == model
    assert mine(tmp_path / "gem", recipe(name, **changes)) == weights


def made_arrays(name, size, channels=1):
    def make(path):
        images(path / f"{name}.npz", size, channels)

    return make


def made_tiny_imagenet(path):
    dataset_tiny_imagenet_test.make_folder(path / "tiny-imagenet-200")


def made_caltech(path):
    folder = path / "101_ObjectCategories"
    picture_files.save_classes(folder, 5, ("ant", "bee"), height=9, width=8)


# Dataset -> recipe, how its files are made, and changes.
DATASETS = {
    "digits": ("digits_fc_gem", lambda path: None, {"subset": 10}),
    "mnist": ("mnist_fc_gem", made_arrays("mnist", 28), {}),
    "cifar10": ("cifar10_conv4_gem", made_arrays("cifar10", 32, 3), {}),
    "cifar100": ("cifar100_resnet32_gem", made_arrays("cifar100", 32, 3), {}),
    "tiny_imagenet": (
        "tiny_imagenet_resnet18_gem",
        made_tiny_imagenet,
        {"image_size": 32, "train_batch_size": 2, "validation_size": 1},
    ),
    "imagenet": (
        "imagenet_resnet50_gem",
        dataset_imagenet_test.make_folders,
        {"image_size": 32, "train_batch_size": 4, "validation_size": 2},
    ),
    "caltech101": (
        "caltech101_resnet50_gem",
        made_caltech,
        {"image_size": 32, "validation_size": 2},
    ),
}


@pytest.mark.parametrize("name", grids.thinned(DATASETS, ["digits"]))
def test_every_dataset_is_searched_and_fine_tuned_on(
    tmp_path, monkeypatch, name
):
    """By its own recipe, with LeNet in place of the deep network."""
    monkeypatch.setattr(dataset_imagenet.DatasetImagenet, "NUM_CLASSES", 2)
    base, make, changes = DATASETS[name]
    make(tmp_path)
    own = {"data_dir": str(tmp_path), "model": "fc", "hidden_units": (10,)}
    fractions = {"fractions": {"*": 0.2}}
    mine(tmp_path / "gem", recipe(base, **{**own, **fractions, **changes}))
