"""Tests of experiments/gems/published_networks.py."""

import pytest

from lottery_ticket.experiments import recipes
from lottery_ticket.experiments.gems import published_networks
from lottery_ticket.tests.experiments import published


def model(**changes):
    return published_networks.model(published.keys(**changes))


def dataset(**changes):
    return published_networks.dataset(published.keys(**changes))


@pytest.mark.parametrize("arch", published_networks.ARCHS)
def test_every_network_makes_a_recipe(arch):
    flags = {**model(arch=arch), **dataset()}
    found = recipes.Recipe(**published_networks.recipe(flags), **flags)
    assert found.model == published_networks.ARCHS[arch][0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {},
            {
                "model": "resnet20",
                "shortcut": "pad",
                "affine": False,
                "use_bias": False,
            },
        ),
        (
            {"arch": "resnet32_double", "bn_type": "LearnedBatchNorm"},
            {
                "model": "resnet32",
                "shortcut": "pad",
                "width": 2,
                "affine": True,
                "use_bias": False,
            },
        ),
        (
            {"arch": "Conv4", "width": 0.5, "bn_type": None},
            {"model": "conv4", "width": 0.5, "use_bias": False},
        ),
        (
            {"arch": "Conv2", "width": 0.5},
            {"model": "conv2", "use_bias": False},
        ),
        (
            {"arch": "FC"},
            {"model": "fc", "hidden_units": [300, 100], "use_bias": False},
        ),
    ],
)
def test_networks_and_their_options(changes, expected):
    assert model(**changes) == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arch": None}, "arch is missing"),
        (
            {"arch": "mobilenetV2"},
            "Unknown arch 'mobilenetV2'. Did you mean 'MobileNetV2",
        ),
        ({"arch": "TwoLayerFC"}, "Unknown arch 'TwoLayerFC'"),
        ({"bn_type": None}, "bn_type is missing, which resnet20 needs"),
    ],
)
def test_networks_that_cannot_be_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        model(**changes)


def test_what_is_counted_otherwise_here_is_said(caplog):
    model()
    model(arch="cResNet18")
    assert not caplog.records
    model(arch="TinyResNet18")
    assert "--mask_shortcuts=False does as it did" in caplog.text
    caplog.clear()
    model(bias=True)
    assert caplog.messages == ["Biases have no scores here, and are not pruned"]


@pytest.mark.parametrize(
    ("name", "known", "augmentation", "interval"),
    [
        ("CIFAR10", "cifar10", "crop_flip", 352),  # Of 45,000 images.
        ("CIFAR100", "cifar100", "crop_flip", 352),
        ("MNIST", "mnist", "none", 430),
        ("TinyImageNet", "tiny_imagenet", "crop_flip", 743),
        ("tiny_imagenet", "tiny_imagenet", "crop_flip", 743),
        ("ImageNet", "imagenet", "resized_crop", 9931),
        ("Caltech101", "caltech101", "none", 41),
    ],
)
def test_datasets(name, known, augmentation, interval):
    found = dataset(dataset=name)
    assert found["dataset"] == known
    assert found["augmentation"] == augmentation
    assert found["normalization"] == "standardize"
    assert found["test_interval"] == found["validate_interval"] == interval
    assert "validation_size" not in found


def test_all_images_leave_none_for_validation():
    found = dataset(use_full_data=True)
    assert found["validation_size"] == 0
    assert found["test_interval"] == 391
    assert (
        recipes.Recipe(
            **{**model(), **found}, recipe="cifar10_resnet20_gem"
        ).validation_size
        == 0
    )


def test_an_unknown_dataset_is_named():
    with pytest.raises(ValueError, match="Unknown dataset 'bigcifar10'. Did y"):
        dataset(dataset="BigCIFAR10")


def test_the_folder_of_the_data_may_be_missing():
    assert dataset()["data_dir"] == "data/datasets/"
    assert "data_dir" not in dataset(data=None)


def test_recipes():
    found = published_networks.recipe({"model": "vgg16", "dataset": "cifar10"})
    assert found == {"recipe": "cifar10_vgg16_gem"}
    found = published_networks.recipe({"model": "vgg16", "dataset": "mnist"})
    assert found == {"recipe": "own_model"}
