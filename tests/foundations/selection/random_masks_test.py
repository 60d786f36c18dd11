"""Tests of foundations/selection/random_masks.py; golden counts are G2.

They are those of the code of Sreenivasan et al. 2022, of ResNet-20.
"""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations.selection import random_masks

RESNET20 = {
    "stem": (3, 3, 3, 16),
    **{f"stage0_{i}": (3, 3, 16, 16) for i in range(6)},
    "stage1_0": (3, 3, 16, 32),
    **{f"stage1_{i}": (3, 3, 32, 32) for i in range(1, 6)},
    "stage2_0": (3, 3, 32, 64),
    **{f"stage2_{i}": (3, 3, 64, 64) for i in range(1, 6)},
    "logits": (64, 10),
}
SIZES = {name: int(np.prod(shape)) for name, shape in RESNET20.items()}
SHAPES = {"a": (10, 10), "b": (20, 10), "logits": (10, 10)}
MASKS = {
    "a": np.ones((100, 100), np.uint8),
    "b": np.tile(np.array([0, 1], np.uint8), 500),
    "c": np.ones(3, np.uint8),
}


def test_draws_keep_exactly_their_counts_at_random_places():
    found = random_masks.draw({"a": 3000, "b": 500}, MASKS, 1)
    assert found["a"].sum() == 3000
    np.testing.assert_array_equal(found["b"], MASKS["b"])
    np.testing.assert_array_equal(found["c"], MASKS["c"])
    # 4 standard deviations of one half's part, drawn without replacement.
    upper = np.count_nonzero(found["a"][:50])
    assert abs(upper - 1500) < 4 * np.sqrt(3000 / 4 * 0.7)
    assert MASKS["a"].all()
    none = random_masks.draw({"a": 0}, MASKS, 1)
    assert not none["a"].any()


def by_counts(masks, seed):
    return random_masks.draw(dict.fromkeys(masks, 5000), masks, seed)


def by_coins(masks, seed):
    return random_masks.bernoulli(0.5, masks, seed)


@pytest.mark.parametrize("kept", [by_counts, by_coins])
def test_draws_are_the_seeds_and_the_layers_own(kept):
    masks = {"a": MASKS["a"], "d": MASKS["a"]}
    one, again, other = (kept(masks, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one["a"], again["a"])
    alone = kept({"d": masks["d"]}, 1)
    np.testing.assert_array_equal(one["d"], alone["d"])
    for different in (other["a"], one["d"]):
        assert 0.45 < (one["a"] != different).mean() < 0.55


@hypothesis.given(st.data(), st.integers(0, 2**31))
def test_draws_stay_within_the_masks(data, seed):
    bits = data.draw(st.lists(st.integers(0, 1), max_size=30))
    masks = {"x": np.array(bits, np.uint8)}
    count = data.draw(st.integers(0, sum(bits)))
    found = random_masks.draw({"x": count}, masks, seed)["x"]
    assert found.sum() == count and found.dtype == np.uint8
    assert (found <= masks["x"]).all()
    coins = random_masks.bernoulli(0.5, masks, seed)["x"]
    assert (coins <= masks["x"]).all() and coins.dtype == np.uint8


def test_coins_keep_the_density_about():
    found = random_masks.bernoulli(0.1, MASKS, 1)
    # 4 standard deviations of 10,000 coins.
    assert abs(found["a"].mean() - 0.1) < 0.012
    assert found["a"].sum() != 1000
    assert random_masks.bernoulli(1, MASKS, 1)["a"].all()
    assert not random_masks.bernoulli(0, MASKS, 1)["a"].any()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"a": 10_001}, "a to keep from 0 to 10,000 .*Received: 10,001"),
        ({"b": 501}, "b to keep from 0 to 500"),
        ({"a": -1}, "Received: -1"),
        ({"x": 1}, "Unknown layer in quotas 'x'"),
    ],
)
def test_counts_that_do_not_fit_are_errors(given, message):
    with pytest.raises(ValueError, match=message):
        random_masks.draw(given, MASKS, 0)


def test_a_probability_is_one():
    with pytest.raises(ValueError, match=r"in \[0, 1\]. Received: 1.4"):
        random_masks.bernoulli(1.4, MASKS, 0)


def smart_counts(density, shapes=RESNET20, **options):
    return list(random_masks.smart_ratio(density, shapes, **options).values())


def test_counts_of_each_layer_of_resnet_20():
    assert sum(SIZES.values()) == 268_336
    found = random_masks.smart_ratio(1 - 0.9856, RESNET20)
    assert list(found) == list(RESNET20)
    assert list(found.values()) == [
        *(43, 210, 189, 169, 150, 132, 116, 201, 345, 291),
        *(243, 199, 159, 247, 371, 265, 176, 106, 53, 192),
    ]
    assert sum(found.values()) == 3857


@pytest.mark.parametrize(
    ("pruned", "first", "total"),
    [(0.9941, 16, 1574), (0.9628, 116, 9972), (0.8, 432, 53_662)],
)
def test_totals_of_resnet_20(pruned, first, total):
    found = smart_counts(1 - pruned)
    assert (found[0], sum(found)) == (first, total)


def test_what_does_not_fit_fills_the_first_layers():
    found = smart_counts(1 - 0.8)
    assert found[:7] == list(SIZES.values())[:7]
    assert found[7] < SIZES["stage1_0"]
    assert found[-1] == 192


def test_ends_overwrite_the_first_and_the_last():
    """Cut off: .344907 of 432 is 148.9998."""
    plain, given = (
        smart_counts(0.0144, ends=each) for each in (None, (0.344907, 0.259375))
    )
    assert (given[0], given[-1]) == (148, 166)
    assert plain[1:-1] == given[1:-1]


def test_the_rules_by_hand():
    # 12 and 6 of resnet, 12 and 6/4 of vgg: (.2 * 400 - 30) = 50 to share.
    resnet = smart_counts(0.2, SHAPES)
    assert resnet == [int(50 * 1200 / 2400), int(50 * 1200 / 2400), 30]
    vgg = smart_counts(0.2, SHAPES, rule="vgg")
    assert vgg == [int(50 * 1200 / 1500), int(50 * 300 / 1500), 30]


def test_classifiers_keep_their_own_density():
    found = smart_counts(0.25, SHAPES, classifiers=("b", "logits"))
    assert found == [10, 60, 30]
    none = smart_counts(0.3, SHAPES, classifiers=())
    assert sum(none) in (118, 119, 120)
    assert none[0] > 0.3 * 100 > none[-1]


@hypothesis.given(
    st.lists(st.integers(1, 2000), min_size=1, max_size=12),
    st.integers(0, 100),
    st.floats(0, 1),
    st.sampled_from(sorted(random_masks.RULES)),
)
def test_smart_counts_fit_the_layers_and_the_density(sizes, last, part, rule):
    shapes = {f"x{i}": (size,) for i, size in enumerate([*sizes, last])}
    total = sum(sizes) + last
    density = (0.3 * last + part * sum(sizes)) / total
    hypothesis.assume(0.3 * last <= density * total <= sum(sizes) + 0.3 * last)
    found = smart_counts(density, shapes, rule=rule)
    assert all(
        0 <= count <= size
        for count, size in zip(found, [*sizes, last], strict=True)
    )
    assert all(isinstance(count, int) for count in found)
    # Cut off once, or twice where a layer hands on or takes.
    assert abs(sum(found) - density * total) <= 2 * len(found)


@pytest.mark.parametrize(
    ("density", "options", "message"),
    [
        (0.01, {}, "density from 0.075 to 0.825. Received: 0.01"),
        (0.9, {}, "density from 0.075 to 0.825. Received: 0.9"),
        (1.44, {}, r"density must be in \[0, 1\]. Received: 1.44"),
        (0.2, {"rule": "vgg16"}, "smart ratio 'vgg16'. Did you mean 'vgg'"),
        (0.2, {"classifiers": ("logit",)}, "Did you mean 'logits'"),
    ],
)
def test_a_smart_ratio_that_does_not_fit_is_an_error(density, options, message):
    with pytest.raises(ValueError, match=message):
        random_masks.smart_ratio(density, SHAPES, **options)
