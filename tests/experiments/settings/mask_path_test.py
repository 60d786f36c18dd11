"""Tests of experiments/settings/mask_path.py."""

import json

import numpy as np
import pytest

from lottery_ticket.experiments.settings import mask_path
from lottery_ticket.foundations.learned_masks import learned_masks
from lottery_ticket.foundations.values import fields

ZEROS = {"layer0": np.zeros(200, np.uint8)}
ONES = {"layer0": np.ones(200, np.uint8)}


def path(**options):
    return mask_path.MaskPath(**options)


def test_alphas_are_hundredths():
    alphas = path().alphas
    assert len(alphas) == 101
    assert alphas == [index / 100 for index in range(101)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"points": 1}, "points must be an integer, at least 2"),
        ({"way": "lineer"}, "Did you mean 'linear'"),
        ({"norm_statistics": "none"}, "norm_statistics"),
        ({"splits": ("tset",)}, "Did you mean 'test'"),
        ({"draws": 0}, "draws must be an integer, at least 1"),
        (
            {"draw_seed": -1},
            "draw_seed must be an integer, at least 0",
        ),
        ({"round_masks": True}, "round_masks is for way=linear"),
        ({"way": "linear", "draws": 2}, "draws is for way=probabilistic"),
        ({"way": "linear", "draw_seed": 0}, "draw_seed is for way=prob"),
    ],
)
def test_what_does_not_fit_is_an_error(options, message):
    with pytest.raises(ValueError, match=message):
        path(**options)


def test_splits_are_in_one_order():
    assert path(splits=("test", "train", "test")).splits == ("train", "test")
    assert path(splits=()).splits is None


def test_the_seed_derives_from_the_searches_unless_given():
    one, other = (path().resolved(seed).draw_seed for seed in (1, 2))
    assert one != other
    assert path(draw_seed=0).resolved(1).draw_seed == 0
    assert path(way="linear").resolved(1).draw_seed is None


def test_settings_are_all_flags_as_json():
    settings = fields.as_dict(path(splits=("test",)).resolved(1))
    assert json.loads(json.dumps(settings)) == {
        **settings,
        "splits": ["test"],
    }
    assert set(settings) == {
        *("points", "way", "draws", "round_masks", "norm_statistics"),
        *("splits", "draw_seed"),
    }


def test_each_draw_is_another_and_holds_for_all_points():
    draws = path(draws=3).resolved(1).between(ZEROS, ONES)
    halves = [each(alpha=0.5)["layer0"] for each in draws]
    assert len({half.tobytes() for half in halves}) == 3
    for each, half in zip(draws, halves, strict=True):
        assert (each(alpha=0.4)["layer0"] <= half).all()
        np.testing.assert_array_equal(each(alpha=0.5)["layer0"], half)
    again = path(draws=3).resolved(1).between(ZEROS, ONES)[0]
    np.testing.assert_array_equal(again(alpha=0.5)["layer0"], halves[0])


@pytest.mark.parametrize("rounded", [False, True])
def test_the_linear_way_is_one(rounded):
    (way,) = path(way="linear", round_masks=rounded).between(ZEROS, ONES)
    expected = learned_masks.mixed(ZEROS, ONES, 0.7, rounded)
    np.testing.assert_array_equal(way(alpha=0.7)["layer0"], expected["layer0"])
