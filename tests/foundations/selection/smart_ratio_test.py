"""Tests of foundations/selection/smart_ratio.py; golden counts are G2.

They are those of the code of Sreenivasan et al. 2022, of ResNet-20.
"""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations.selection import smart_ratio

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


def counts(density, shapes=RESNET20, **options):
    return list(smart_ratio.densities(density, shapes, **options).values())


def test_counts_of_each_layer_of_resnet_20():
    assert sum(SIZES.values()) == 268_336
    found = smart_ratio.densities(1 - 0.9856, RESNET20)
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
    found = counts(1 - pruned)
    assert (found[0], sum(found)) == (first, total)


def test_what_does_not_fit_fills_the_first_layers():
    found = counts(1 - 0.8)
    assert found[:7] == list(SIZES.values())[:7]
    assert found[7] < SIZES["stage1_0"]
    assert found[-1] == 192


def test_ends_overwrite_the_first_and_the_last():
    """Cut off: .344907 of 432 is 148.9998."""
    plain, given = (
        counts(0.0144, ends=each) for each in (None, (0.344907, 0.259375))
    )
    assert (given[0], given[-1]) == (148, 166)
    assert plain[1:-1] == given[1:-1]


def test_the_rules_by_hand():
    # 12 and 6 of resnet, 12 and 6/4 of vgg: (.2 * 400 - 30) = 50 to share.
    resnet = counts(0.2, SHAPES)
    assert resnet == [int(50 * 1200 / 2400), int(50 * 1200 / 2400), 30]
    vgg = counts(0.2, SHAPES, rule="vgg")
    assert vgg == [int(50 * 1200 / 1500), int(50 * 300 / 1500), 30]


def test_classifiers_keep_their_own_density():
    found = counts(0.25, SHAPES, classifiers=("b", "logits"))
    assert found == [10, 60, 30]
    none = counts(0.3, SHAPES, classifiers=())
    assert sum(none) in (118, 119, 120)
    assert none[0] > 0.3 * 100 > none[-1]


@hypothesis.given(
    st.lists(st.integers(1, 2000), min_size=1, max_size=12),
    st.integers(0, 100),
    st.floats(0, 1),
    st.sampled_from(sorted(smart_ratio.RULES)),
)
def test_counts_fit_the_layers_and_the_density(sizes, last, part, rule):
    shapes = {f"x{i}": (size,) for i, size in enumerate([*sizes, last])}
    total = sum(sizes) + last
    density = (0.3 * last + part * sum(sizes)) / total
    hypothesis.assume(0.3 * last <= density * total <= sum(sizes) + 0.3 * last)
    found = counts(density, shapes, rule=rule)
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
def test_what_does_not_fit_is_an_error(density, options, message):
    with pytest.raises(ValueError, match=message):
        smart_ratio.densities(density, SHAPES, **options)
