"""The networks by name; naming one loads nothing."""

import dataclasses
import typing
from collections.abc import Callable, Iterable

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import names

with lazy.imports():
    from lottery_ticket.foundations import model_base
    from lottery_ticket.models import (
        model_conv,
        model_fc,
        model_lstm,
        model_mobilenet,
        model_resnet,
        model_resnet_imagenet,
        model_transformer,
        model_vgg,
        model_vit,
        model_wide_resnet,
    )


@dataclasses.dataclass(frozen=True)
class GemEnds:
    """What a Gem-Miner leaves of the first and the last layer of a network.

    Version 2 of the smart ratio takes it over.
    """

    weights: int  # Of the network, with masks.
    densities: dict[float, tuple[float, float]]  # Whole -> the two layers.


@dataclasses.dataclass(frozen=True)
class Entry:
    """A network that has a name."""

    load: Callable[[], type]  # Its ModelBase subclass, the same for a kind.
    fixed: dict  # Argument of the constructor -> value that the name fixes.
    options: tuple[str, ...]  # Arguments of it that a user may give.
    smart_ratio_rule: str = "resnet"  # A name in random_masks.RULES.
    gem_ends: GemEnds | None = None  # Where they are known.
    takes_words: bool = False  # Whole numbers below the size of a vocabulary.


def _entries(
    load, options, fixed, *, rule="resnet", ends=None, takes_words=False
):
    """Networks of one kind; `ends` is dict, name -> GemEnds."""
    ends = ends or {}
    return {
        name: Entry(load, given, options, rule, ends.get(name), takes_words)
        for name, given in fixed.items()
    }


# Source: the code of Sreenivasan et al. 2022 (https://arxiv.org/abs/2202.12002),
# of ResNet-20 with shortcuts that have no weights.
_RESNET20_ENDS = GemEnds(
    268_336, {0.0144: (0.344907, 0.259375), 0.0372: (0.414352, 0.546875)}
)
# resnet18 and tiny_resnet18 are one network, which Sreenivasan et al. 2022 call
# the latter on 64x64 images. resnet20 is Frankle & Carbin's ResNet-18.
MODELS = {
    **_entries(
        lambda: model_fc.ModelFc,
        ("hidden_units", "activation", "use_bias"),
        {"fc": {}},
    ),
    **_entries(
        lambda: model_conv.ModelConv,
        ("dropout", "width", "use_bias"),
        {f"conv{2 * blocks}": {"blocks": blocks} for blocks in (1, 2, 3, 4)},
    ),
    **_entries(
        lambda: model_resnet.ModelResnet,
        ("width", "shortcut", "affine", "use_bias"),
        {f"resnet{depth}": {"depth": depth} for depth in (20, 32, 44, 56, 110)},
        ends={"resnet20": _RESNET20_ENDS},
    ),
    **_entries(
        lambda: model_resnet_imagenet.ModelResnetImagenet,
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
        lambda: model_vgg.ModelVgg,
        ("width", "last_pooling", "affine", "use_bias"),
        {f"vgg{depth}": {"depth": depth} for depth in (11, 13, 16, 19)},
        rule="vgg",
    ),
    **_entries(
        lambda: model_wide_resnet.ModelWideResnet,
        ("width", "affine", "use_bias"),
        {"wide_resnet28": {"depth": 28}},
    ),
    **_entries(
        lambda: model_mobilenet.ModelMobilenetV2,
        ("affine", "use_bias"),
        {"mobilenet_v2": {}},
    ),
    **_entries(lambda: model_lstm.ModelLstm, ("hidden_units",), {"lstm": {}}),
    **_entries(
        lambda: model_vit.ModelVit,
        ("dropout",),
        {"vit": {}, "vit8": {"patch_pixels": 8, "units": 64}},
    ),
    **_entries(
        lambda: model_transformer.ModelTransformer,
        ("dropout",),
        {"transformer": {}},
        takes_words=True,
    ),
}


def check_options(name: str, options: Iterable[str]) -> None:
    """Raises ValueError unless a network takes all of some options.

    Also if there is no network of the name.
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
    vocabulary_size: int | None = None,
    kernel_initializer: typing.Any = "glorot_normal",
    **options: typing.Any,
) -> "model_base.ModelBase":
    """Returns a new network, a ModelBase; imports TensorFlow.

    Args:
        name: Name of the network.
        input_shape: Shape of one example.
        num_classes: Number of logits, or of other outputs.
        vocabulary_size: Number of words that examples are numbers of; None if
            they are of none. Networks that take any numbers do not look at it.
        kernel_initializer: Of all layers, as for Keras.
        options: Arguments of its constructor, of those that its entry allows.

    Raises:
        ValueError: If the network is unknown, takes no such option, takes words
            and there are none, or cannot be built with these values.
    """
    check_options(name, options)
    entry = MODELS[name]
    of_words = {}
    if entry.takes_words:
        if vocabulary_size is None:
            raise ValueError(
                f"Model {name!r} takes numbers of words, such as those of "
                "texts. Received: a dataset without a vocabulary"
            )
        of_words = {"vocabulary_size": vocabulary_size}
    return entry.load()(
        input_shape,
        num_classes,
        kernel_initializer=kernel_initializer,
        **of_words,
        **entry.fixed,
        **options,
    )
