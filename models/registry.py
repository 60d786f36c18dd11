"""The networks by name, as module:class, so that naming one loads nothing."""

import dataclasses

from lottery_ticket.foundations import lazy, names


@dataclasses.dataclass(frozen=True)
class Entry:
    """A network that has a name.

    Args:
        path: Where its ModelBase subclass is, module:class.
        fixed: Dict, argument of the constructor -> value that the name fixes.
        options: Arguments of the constructor that a user may give.
    """

    path: str
    fixed: dict
    options: tuple[str, ...]


def _entries(path, options, fixed):
    path = f"lottery_ticket.models.{path}"
    return {name: Entry(path, given, options) for name, given in fixed.items()}


# resnet18 and tiny_resnet18 are one network, which Sreenivasan et al. 2022 call
# the latter on 64x64 images. resnet20 is Frankle & Carbin's ResNet-18.
MODELS = {
    **_entries(
        "model_fc:ModelFc",
        ("hidden_units", "activation", "use_bias"),
        {"fc": {}},
    ),
    **_entries(
        "model_conv:ModelConv",
        ("dropout", "width", "use_bias"),
        {f"conv{2 * blocks}": {"blocks": blocks} for blocks in (1, 2, 3, 4)},
    ),
    **_entries(
        "model_resnet:ModelResnet",
        ("width", "shortcut", "affine", "use_bias"),
        {f"resnet{depth}": {"depth": depth} for depth in (20, 32, 44, 56, 110)},
    ),
    **_entries(
        "model_resnet_imagenet:ModelResnetImagenet",
        ("mask_shortcuts", "affine", "use_bias"),
        {
            "resnet18": {"depth": 18, "stem": "imagenet"},
            "resnet50": {"depth": 50, "stem": "imagenet"},
            "resnet101": {"depth": 101, "stem": "imagenet"},
            "cifar_resnet18": {"depth": 18, "stem": "cifar"},
            "tiny_resnet18": {"depth": 18, "stem": "imagenet"},
        },
    ),
    **_entries(
        "model_vgg:ModelVgg",
        ("last_pooling", "affine", "use_bias"),
        {f"vgg{depth}": {"depth": depth} for depth in (11, 13, 16, 19)},
    ),
    **_entries(
        "model_wide_resnet:ModelWideResnet",
        ("width", "affine", "use_bias"),
        {"wide_resnet28": {"depth": 28}},
    ),
    **_entries(
        "model_mobilenet:ModelMobilenetV2",
        ("affine", "use_bias"),
        {"mobilenet_v2": {}},
    ),
}


def check_options(name: str, options) -> None:
    """Raises unless a network takes all of some options.

    Args:
        name: Name of the network.
        options: Their names, or a dict that has them as keys.

    Raises:
        ValueError: If the network is unknown or takes no such option.
    """
    names.check("model", name, MODELS)
    known = MODELS[name].options
    for option in options:
        if option not in known:
            raise ValueError(
                f"Model {name!r} takes no option {option!r}. "
                f"It takes: {', '.join(known)}"
            )


def create(
    name: str,
    input_shape: tuple[int, ...],
    num_classes: int,
    *,
    kernel_initializer="glorot_normal",
    **options,
):
    """Returns a new network, a ModelBase; imports TensorFlow.

    Args:
        name: Name of the network.
        input_shape: Shape of one example.
        num_classes: Number of logits.
        kernel_initializer: Of all layers, as for Keras.
        options: Arguments of its constructor, of those that its entry allows.

    Raises:
        ValueError: If the network is unknown, takes no such option, or cannot
            be built with these values.
    """
    check_options(name, options)
    entry = MODELS[name]
    module, attribute = entry.path.split(":")
    return getattr(lazy.module(module), attribute)(
        input_shape,
        num_classes,
        kernel_initializer=kernel_initializer,
        **entry.fixed,
        **options,
    )
