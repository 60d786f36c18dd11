"""Tests of models/model_resnet.py."""

import fnmatch

import numpy as np
import pytest

from lottery_ticket.models import model_resnet
from lottery_ticket.tests import grids


def size(model):
    return sum(mask.size for mask in model.masks.values())


def test_resnet20_is_frankle_and_carbins():
    model = model_resnet.ModelResnet()
    assert size(model) == 270_256 + 640  # Table: 274K, 270K convolutional.
    assert model.masks["logits"].size == 640
    assert sum(v.size for v in model.weights.values()) == 274_042
    assert len(model.masks) == 22


@pytest.mark.parametrize(
    ("depth", "width", "classes", "expected"),
    grids.thinned(
        [
            (20, 1, 10, 268_336),
            (20, 1, 100, 274_096),
            (32, 1, 10, 461_872),
            (32, 2, 100, 1_856_864),
        ],
        [(20, 1, 10, 268_336)],
    ),
)
def test_padded_resnets_are_rare_gems(depth, width, classes, expected):
    model = model_resnet.ModelResnet(
        (32, 32, 3), classes, depth, width, "pad", affine=False, use_bias=False
    )
    assert size(model) == expected
    assert len(model.masks) == depth
    others = set(model.weights) - set(model.masks)
    assert all("_moving_" in name for name in others)


def test_names_of_layers_let_patterns_select():
    names = list(model_resnet.ModelResnet((4, 4, 1), depth=8).masks)
    assert names == [
        "conv0",
        "stage0_block0_conv0",
        "stage0_block0_conv1",
        "stage1_block0_conv0",
        "stage1_block0_conv1",
        "stage1_block0_shortcut",
        "stage2_block0_conv0",
        "stage2_block0_conv1",
        "stage2_block0_shortcut",
        "logits",
    ]
    assert len(fnmatch.filter(names, "*conv*")) == 7
    assert len(fnmatch.filter(names, "*shortcut")) == 2


def test_norms_follow_convolutions():
    model = model_resnet.ModelResnet((4, 4, 1), depth=8)
    convs = [n for n in model.masks if n != "logits"]
    norms = {n[: -len("_gamma")] for n in model.weights if n.endswith("_gamma")}
    assert norms == {
        f"{n}_norm" if n.endswith("shortcut") else n.replace("conv", "norm")
        for n in convs
    }


def test_feature_maps_shrink_by_half_in_two_stages():
    model = model_resnet.ModelResnet((33, 16, 1), depth=8, shortcut="pad")
    outputs = [
        model.network.get_layer(f"stage{stage}_block0_conv1").output.shape[1:]
        for stage in range(3)
    ]
    assert outputs == [(33, 16, 16), (17, 8, 32), (9, 4, 64)]


@pytest.mark.parametrize("shortcut", ["projection", "pad"])
def test_width_may_be_a_fraction(shortcut):
    model = model_resnet.ModelResnet(
        (4, 4, 1), depth=8, width=0.7, shortcut=shortcut
    )
    assert model.masks["conv0"].shape == (3, 3, 1, 11)
    assert model.masks["logits"].shape == (44, 10)
    assert model.network(np.ones((2, 4, 4, 1))).shape == (2, 10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 18}, "depth must be 6n . 2.* Received: 18"),
        ({"depth": 2}, "depth must be 6n . 2.* Received: 2"),
        ({"shortcut": "none"}, "shortcut must be one of 'projection', 'pad'"),
        ({"width": 0}, "width must leave 1 or more of 16 units"),
        ({"input_shape": (3, 4, 3)}, "4x4 .* Received: .3, 4, 3."),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        model_resnet.ModelResnet(**options)
