"""Tests of models/registry.py: every entry passes the contract."""

import functools
import subprocess
import sys

import numpy as np
import pytest

from lottery_ticket.foundations import model_base
from lottery_ticket.foundations.selection import random_masks
from lottery_ticket.models import registry
from lottery_ticket.tests import grids

CIFAR, TINY = (32, 32, 3), (64, 64, 3)
# Name -> input shape, classes, number of kernels, weights in them, all
# variables, lowest height and width. "Stated" are those that a paper or its
# code has; all are also what a count of the layers in the papers' tables gives,
# made without building a network.
GOLDEN = {
    "fc": ((784,), 10, 3, 266_200, 266_610, None),  # Stated.
    "conv2": (CIFAR, 10, 5, 4_300_992, 4_301_642, 2),  # Stated.
    "conv4": (CIFAR, 10, 7, 2_425_024, 2_425_930, 4),  # Stated.
    "conv6": (CIFAR, 10, 9, 2_261_184, 2_262_602, 8),  # Stated.
    "conv8": (CIFAR, 10, 11, 5_275_840, 5_278_282, 16),
    "resnet20": (CIFAR, 10, 22, 270_896, 274_042, 4),  # Stated.
    "resnet32": (CIFAR, 10, 34, 464_432, 469_370, 4),
    "resnet44": (CIFAR, 10, 46, 657_968, 664_698, 4),
    "resnet56": (CIFAR, 10, 58, 851_504, 860_026, 4),
    "resnet110": (CIFAR, 10, 112, 1_722_416, 1_739_002, 4),
    "resnet18": (TINY, 1000, 21, 11_678_912, 11_699_112, 32),
    # Stated: 22,734,016 + 2,768,896 and 40,035,520 + 2,768,896.
    "resnet50": (TINY, 1000, 54, 25_502_912, 25_610_152, 32),
    "resnet101": (TINY, 200, 105, 42_804_416, 43_015_304, 32),
    "cifar_resnet18": (CIFAR, 10, 21, 11_164_352, 11_183_562, 8),  # Stated.
    # Stated: 11,097,280 + 172,032.
    "tiny_resnet18": (TINY, 200, 21, 11_269_312, 11_288_712, 32),
    "vgg11": (CIFAR, 10, 9, 9_222_848, 9_233_866, 32),
    "vgg13": (CIFAR, 10, 11, 9_407_168, 9_418_954, 32),
    "vgg16": (CIFAR, 10, 14, 14_715_584, 14_732_490, 32),  # Stated.
    "vgg19": (CIFAR, 10, 17, 20_024_000, 20_046_026, 32),  # Stated: 20.0M.
    "wide_resnet28": (CIFAR, 10, 29, 1_463_984, 1_471_226, 4),  # Stated.
    "mobilenet_v2": (CIFAR, 10, 58, 2_261_824, 2_332_010, 8),  # Stated.
    "lstm": ((8, 8, 1), 10, 3, 5_440, 5_578, 1),
    "vit": ((8, 8, 1), 10, 14, 16_832, 18_154, 2),
    "vit8": (CIFAR, 10, 14, 78_464, 81_098, 8),
    "transformer": ((11,), 10, 13, 16_704, 18_250, None),
}
ONE_OF_EACH_CLASS = {
    entry.load: name for name, entry in reversed(registry.MODELS.items())
}


# One of a class, but for the deepest.
USUAL = ["fc", "conv2", "resnet20", "vgg11", "resnet18", "mobilenet_v2"]
COUNTED = [
    name
    for name in GOLDEN
    if name not in ("resnet44", "resnet56", "resnet101", "resnet110")
]
OPTIONS = [
    (name, option)
    for name in ONE_OF_EACH_CLASS.values()
    for option in registry.MODELS[name].options
]


def small_shape(name):
    smallest = GOLDEN[name][-1]
    return (smallest, smallest, 3) if smallest else (64,)


def create(name, *sizes, **options):
    """A network, of 13 words if it takes words."""
    return registry.create(name, *sizes, vocabulary_size=13, **options)


@functools.cache
def small(name):
    """The model of the smallest input, built once; reset it before use."""
    return create(name, small_shape(name), 7)


def test_every_entry_is_in_the_table():
    assert set(GOLDEN) == set(registry.MODELS)


@pytest.mark.parametrize("name", grids.thinned(COUNTED, USUAL[:2]))
def test_every_model_has_its_number_of_weights(name):
    shape, classes, kernels, weights, variables, _ = GOLDEN[name]
    model = create(name, shape, classes)
    assert isinstance(model, model_base.ModelBase)
    assert "Source:" in type(model).__doc__
    masks = model.masks
    assert len(masks) == kernels
    assert sum(mask.size for mask in masks.values()) == weights
    assert sum(v.size for v in model.weights.values()) == variables
    assert set(masks) <= set(model.weights)
    assert list(masks)[-1] == ("layer2" if name == "fc" else "logits")


@pytest.mark.parametrize(
    "name",
    grids.thinned(
        [*USUAL, "conv8", "wide_resnet28", "lstm", "vit", "transformer"],
        ["fc", "conv2", "resnet20"],
    ),
)
def test_logits_of_the_smallest_input_are_finite(name):
    model = small(name).reset(seed=1)
    x = np.random.default_rng(1).normal(size=(2, *small_shape(name)))
    if registry.MODELS[name].takes_words:
        x = np.abs(4 * x).round() % 13
    logits = model.network(x).numpy()
    assert logits.shape == (2, 7)
    assert np.isfinite(logits).all()
    assert (np.ptp(logits, 1) > 0).all()


@pytest.mark.parametrize("name", [n for n in GOLDEN if GOLDEN[n][-1]])
def test_smaller_inputs_are_an_error(name):
    smallest = GOLDEN[name][-1]
    with pytest.raises(ValueError, match=f"Received: .{smallest - 1}, "):
        registry.create(name, (smallest - 1, smallest, 3), 7)


@pytest.mark.parametrize(
    "name",
    grids.thinned(
        ONE_OF_EACH_CLASS.values(),
        ["fc", "conv2"],
    ),
)
def test_masks_hold(name):
    model = small(name)
    masks = {n: np.zeros_like(mask) for n, mask in model.masks.items()}
    model.reset(masks=masks)
    for mask_name in masks:
        assert not model.weights[mask_name].any()


# Option -> a value that is not the default.
VALUES = {
    "hidden_units": (5,),
    "activation": "tanh",
    "dropout": 0.5,
    "width": 0.5,
    "use_bias": False,
    "shortcut": "pad",
    "affine": False,
    "mask_shortcuts": False,
    "last_pooling": "average",
}


@pytest.mark.parametrize(
    ("name", "option"),
    grids.thinned(
        OPTIONS, [each for each in OPTIONS if each[0] in ("fc", "conv2")]
    ),
)
def test_every_option_changes_the_network(name, option):
    usual = small(name)
    options = {option: VALUES[option]}
    other = create(name, small_shape(name), 7, **options)
    assert usual.identity["network"] != other.identity["network"] or (
        set(usual.masks) != set(other.masks)
    )


@pytest.mark.parametrize(
    "name", grids.thinned(["conv2", "mobilenet_v2"], ["conv2"])
)
def test_initializer_is_that_of_every_kernel(name):
    model = registry.create(
        name, small_shape(name), 7, kernel_initializer="ones"
    )
    assert all((model.weights[name] == 1).all() for name in model.masks)


def test_options_that_a_model_takes_pass():
    registry.check_options("conv2", {"dropout": 0.5, "width": 2})
    registry.check_options("mobilenet_v2", {})


@pytest.mark.parametrize("function", ["check_options", "create"])
def test_an_option_that_a_model_does_not_take_is_an_error(function):
    message = (
        "Model 'conv2' takes no option 'shortcut'. "
        "It takes: dropout, width, use_bias"
    )
    with pytest.raises(ValueError, match=message):
        if function == "create":
            registry.create("conv2", CIFAR, 10, shortcut="pad")
        registry.check_options("conv2", {"shortcut": "pad"})


@pytest.mark.parametrize("shape", [(11,), (64,)])
def test_a_network_of_words_needs_a_vocabulary(shape):
    with pytest.raises(ValueError, match="'transformer' takes numbers of word"):
        registry.create("transformer", shape, 10)


def test_what_a_name_fixes_is_no_option():
    for name, entry in registry.MODELS.items():
        assert not set(entry.fixed) & set(entry.options)
        for option in entry.fixed:
            with pytest.raises(ValueError, match="takes no option"):
                registry.check_options(name, {option: 1})


def test_an_unknown_model_is_an_error():
    with pytest.raises(ValueError, match="Unknown model 'fcc'. Did you mean"):
        registry.create("fcc", (784,), 10)
    with pytest.raises(ValueError, match="Unknown model 'resnet21'"):
        registry.check_options("resnet21", {})


@pytest.mark.parametrize("name", registry.MODELS)
def test_a_smart_ratio_has_its_rule(name):
    assert registry.MODELS[name].smart_ratio_rule in random_masks.RULES


def test_the_ends_of_a_gem_are_of_a_network_that_there_is():
    found = [n for n, each in registry.MODELS.items() if each.gem_ends]
    assert found == ["resnet20"]
    ends = registry.MODELS["resnet20"].gem_ends
    masks = registry.create("resnet20", CIFAR, 10, shortcut="pad").masks
    assert sum(mask.size for mask in masks.values()) == ends.weights


def test_naming_a_model_loads_nothing():
    code = (
        "import sys\n"
        "from lottery_ticket.models import registry\n"
        "registry.check_options('resnet20', {'width': 2})\n"
        "assert not {'keras', 'tensorflow', 'numpy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
