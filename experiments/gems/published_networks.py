"""Networks and datasets of the published configs, as flags.

Source: the code of Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002).
"""

import logging
import math

from lottery_ticket.datasets import registry as datasets
from lottery_ticket.experiments import recipes
from lottery_ticket.foundations import names
from lottery_ticket.models import registry as models

_log = logging.getLogger(__name__)
_PAD = {"shortcut": "pad"}
_MAX = {"last_pooling": "max"}
# Name there -> network here, with its options.
ARCHS = {
    "resnet20": ("resnet20", _PAD),
    "resnet32": ("resnet32", _PAD),
    "resnet32_double": ("resnet32", {**_PAD, "width": 2}),
    "vgg16": ("vgg16", _MAX),
    "tinyvgg16": ("vgg16", _MAX),
    "MobileNetV2": ("mobilenet_v2", {}),
    "WideResNet28": ("wide_resnet28", {}),
    "cResNet18": ("cifar_resnet18", {}),
    "ResNet18": ("resnet18", {}),
    "TinyResNet18": ("tiny_resnet18", {}),
    "ResNet50": ("resnet50", {}),
    "ResNet101": ("resnet101", {}),
    **{f"Conv{depth}": (f"conv{depth}", {}) for depth in (2, 4, 6, 8)},
    "FC": ("fc", {"hidden_units": [300, 100]}),
}
# Name there, in small letters -> dataset here, and what images go through.
DATASETS = {
    "cifar10": ("cifar10", "crop_flip"),
    "cifar100": ("cifar100", "crop_flip"),
    "tinyimagenet": ("tiny_imagenet", "crop_flip"),
    "imagenet": ("imagenet", "resized_crop"),
    "mnist": ("mnist", "none"),
    "caltech101": ("caltech101", "none"),
}
# Images to train on, those for validation included.
_TRAINING_IMAGES = {
    "cifar10": 50000,
    "cifar100": 50000,
    "tiny_imagenet": 100000,
    "imagenet": 1281167,
    "mnist": 60000,
    "caltech101": 6960,  # Some 8,700, less a fifth.
}


def model(keys: dict) -> dict:
    """Returns the flags of the network.

    Args:
        keys: Dict, published key -> value, all of them.

    Raises:
        ValueError: If the network is unknown, or no norm is named for one that
            has some.
    """
    if keys["arch"] is None:
        raise ValueError(
            "arch is missing, the network: the published default, TwoLayerFC, "
            f"cannot be built. Expected one of {', '.join(ARCHS)}"
        )
    names.check("arch", keys["arch"], ARCHS)
    name, fixed = ARCHS[keys["arch"]]
    taken = models.MODELS[name].options
    flags = {"model": name, **fixed}
    if name == "conv4" and keys["width"] != 1:
        flags["width"] = keys["width"]
    if "affine" in taken:
        flags["affine"] = _is_affine(keys)
    if "use_bias" in taken:
        flags["use_bias"] = keys["bias"]
    if "mask_shortcuts" in taken and keys["arch"] != "cResNet18":
        _log.warning(
            "The published code neither prunes nor counts the 1x1 shortcuts of "
            "%s; here they are like other layers. --mask_shortcuts=False does "
            "as it did",
            keys["arch"],
        )
    if keys["bias"]:
        _log.warning("Biases have no scores here, and are not pruned")
    return flags


def dataset(keys: dict) -> dict:
    """Returns the flags of the data.

    Args:
        keys: As for `model`.

    Raises:
        ValueError: If the dataset is unknown.
    """
    plain = keys["dataset"].lower().replace("_", "").replace("-", "")
    names.check("dataset", plain, DATASETS)
    name, augmentation = DATASETS[plain]
    flags = {
        "dataset": name,
        "normalization": "standardize",
        "augmentation": augmentation,
        "train_batch_size": keys["batch_size"],
        **dict.fromkeys(
            ("test_interval", "validate_interval"), _epoch(keys, name)
        ),
    }
    if keys["data"] is not None:
        flags["data_dir"] = keys["data"]
    if keys["use_full_data"]:
        flags["validation_size"] = 0
    return flags


def recipe(flags: dict) -> dict:
    """Returns the recipe to start from: of this network and dataset, if any.

    It gives no more than what the published code has no key for.

    Args:
        flags: What `model` and `dataset` return.
    """
    for name, known in recipes.RECIPES.items():
        is_same = all(known[key] == flags[key] for key in ("model", "dataset"))
        if name.endswith("_gem") and is_same:
            return {"recipe": name}
    return {"recipe": "own_model"}


def _is_affine(keys):
    if keys["bn_type"] is None:
        raise ValueError(
            f"bn_type is missing, which {keys['arch']} needs: "
            "NonAffineBatchNorm or AffineBatchNorm"
        )
    return keys["bn_type"] != "NonAffineBatchNorm"


def _epoch(keys, name):
    """Iterations of one epoch, after which the published code evaluates."""
    images = _TRAINING_IMAGES[name]
    held_out = datasets.DATASETS[name].VALIDATION_SIZE
    if keys["use_full_data"]:
        held_out = 0
    elif held_out < 1:
        held_out = round(images * held_out)
    return max(math.ceil((images - held_out) / keys["batch_size"]), 1)
