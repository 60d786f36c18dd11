"""Tests of experiments/stages/gem/random_masks.py."""

import types

import numpy as np
import pytest

from lottery_ticket.experiments.stages.gem import random_masks
from lottery_ticket.foundations.selection import random_masks as draws
from lottery_ticket.foundations.values import masks as masks_lib
from lottery_ticket.tests.experiments.stages.gem import small
from lottery_ticket.tests.foundations.selection import random_masks_test

WEIGHTS = {"layer0": np.zeros(2)}


@pytest.fixture(scope="module")
def model():
    return small.made(small.gem("unused"))[1]


def found(function, model, **flags):
    gem = small.gem("unused", **flags)
    result = function(gem, None, model, WEIGHTS)
    assert result.start is WEIGHTS
    assert result.results is None
    return result.masks


def test_the_smart_ratio_has_exact_counts_at_random_places(model):
    masks = found(random_masks.smart, model, algo="sr")
    counts = draws.smart_ratio(0.25, {"layer0": (64, 12), "layer1": (12, 10)})
    kept = {name: n for name, (n, _) in masks_lib.counts(masks).items()}
    assert kept == counts
    assert kept["layer1"] == 36  # .3 of the classifier's 120.
    other = found(random_masks.smart, model, algo="sr", mask_seed=3)
    assert (masks["layer0"] != other["layer0"]).any()


@pytest.mark.parametrize(
    ("name", "rule"), [("vgg16", "vgg"), ("resnet20", "resnet")]
)
def test_vggs_have_a_rule_of_their_own(model, monkeypatch, name, rule):
    seen = {}
    monkeypatch.setattr(
        draws,
        "smart_ratio",
        lambda density, shapes, **options: seen.update(options) or {},
    )
    changes = {"model": name, "hidden_units": None, "fractions": None}
    gem = small.gem("unused", algo="sr", changes=changes)
    random_masks.smart(gem, None, model, {})
    assert seen == {"rule": rule, "ends": None}


def whole(shapes):
    """A model of which the masks count."""
    masks = {name: np.ones(shape, np.uint8) for name, shape in shapes.items()}
    return types.SimpleNamespace(masks=masks)


@pytest.mark.parametrize(
    ("density", "stem", "logits"), [(0.0144, 148, 166), (0.0372, 179, 350)]
)
def test_version_2_overwrites_the_ends(density, stem, logits):
    one, two = (
        list(
            masks_lib.counts(
                found(
                    random_masks.smart,
                    whole(random_masks_test.RESNET20),
                    algo="sr",
                    density=density,
                    smart_ratio_version=version,
                )
            ).values()
        )
        for version in (1, 2)
    )
    assert (two[0][0], two[-1][0]) == (stem, logits)
    assert one[1:-1] == two[1:-1]


@pytest.mark.parametrize(
    ("density", "shapes"),
    [(0.0059, random_masks_test.RESNET20), (0.0144, random_masks_test.SHAPES)],
)
def test_version_2_has_no_other_values(density, shapes):
    gem = small.gem("unused", algo="sr", density=density, smart_ratio_version=2)
    message = (
        "Gem-Miner's network, of 268,336 weights at a density of 0.0144 or "
        f"0.0372.*density {density}"
    )
    with pytest.raises(ValueError, match=message):
        random_masks.smart(gem, None, whole(shapes), {})


def test_coins_keep_each_weight_with_the_density(model):
    masks = found(random_masks.coins, model, algo="random", density=0.3)
    for name, size in small.SIZES.items():
        # 5 standard deviations.
        assert abs(masks[name].mean() - 0.3) < 5 * np.sqrt(0.21 / size)
    again = found(random_masks.coins, model, algo="random", density=0.3)
    np.testing.assert_array_equal(masks["layer0"], again["layer0"])


def test_the_dense_network_is_whole(model):
    masks = found(random_masks.whole, model, algo="wt", tuning={})
    assert all(mask.all() for mask in masks.values())
