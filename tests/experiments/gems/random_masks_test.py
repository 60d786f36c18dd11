"""Tests of experiments/gems/random_masks.py."""

import numpy as np
import pytest

from lottery_ticket.experiments.gems import first_weights, random_masks
from lottery_ticket.foundations import masks as masks_lib
from lottery_ticket.foundations.selection import smart_ratio
from lottery_ticket.tests.experiments.gems import small


@pytest.fixture(scope="module")
def model():
    return small.made(small.gem("unused"))[1]


def found(function, model, **flags):
    gem = small.gem("unused", **flags)
    weights = first_weights.draw(gem, model)
    result = function(gem, None, model, weights)
    assert result.start is weights
    assert result.results is None
    return result.masks


def test_the_smart_ratio_has_exact_counts_at_random_places(model):
    masks = found(random_masks.smart, model, algo="sr")
    counts = smart_ratio.densities(
        0.25, {"layer0": (64, 12), "layer1": (12, 10)}
    )
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
        smart_ratio,
        "densities",
        lambda density, shapes, **options: seen.update(options) or {},
    )
    changes = {"model": name, "hidden_units": None, "fractions": None}
    gem = small.gem("unused", algo="sr", changes=changes, smart_ratio_version=2)
    random_masks.smart(gem, None, model, {})
    assert seen == {"rule": rule, "version": 2}


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
