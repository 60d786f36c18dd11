"""Tests of selection/quotas.py: exact counts, steps, what was reached.

Tables are those of the released code of Zhou et al. 2019.
"""

import functools

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations.selection import quotas

MASKS = {
    "conv0": np.array([1, 1, 0, 0], np.uint8),
    "conv1": np.ones((2, 3), np.uint8),
    "logits": np.ones(10, np.uint8),
}


def counts(found):
    return {" ".join(layers): count for layers, count in found}


@pytest.mark.parametrize(
    ("fractions", "scope", "expected"),
    [
        ({"conv*": 0.5}, "layerwise", {"conv0": 1, "conv1": 3}),
        ({"conv*": 0.5, "logits": 0.1}, "layerwise", {"logits": 9}),
        ({"conv0": 0, "conv1": 1}, "layerwise", {"conv0": 2, "conv1": 0}),
        ({"conv*": 0.25}, "global", {"conv0 conv1": 6}),  # 2 of 8 go.
        ({"*": 0.5, "logits": 0}, "global", {"conv0 conv1": 4}),
    ],
)
def test_fractions_are_of_what_is_kept(fractions, scope, expected):
    found = counts(quotas.of_fractions(fractions, MASKS, scope))
    assert expected.items() <= found.items()


POWERS = (1, 2, 5, 10, 24)


@pytest.mark.parametrize(
    ("size", "fraction", "expected"),
    [
        (784 * 300, 0.2, [47039, 84671, 158129, 209945, 234089]),
        (300 * 100, 0.2, [5999, 10799, 20169, 26778, 29858]),
        (100 * 10, 0.1, [99, 189, 409, 651, 920]),
        (3 * 3 * 3 * 64, 0.1, [172, 328, 707, 1125, 1590]),
        (3 * 3 * 64 * 64, 0.1, [3686, 7004, 15096, 24010, 33923]),
        (256 * 10, 0.1, [255, 486, 1048, 1667, 2355]),
        (256 * 256, 0.2, [13107, 23592, 44061, 58499, 65226]),
        (16384 * 256, 0.2, [838860, 1509949, 2819914, 3743944, 4174496]),
        (3 * 3 * 64 * 64, 0.15, [5529, 10229, 20507, 29606, 36118]),
    ],
)
def test_legacy_counts_of_several_prunings_in_one(size, fraction, expected):
    masks = {"x": np.ones(size, np.uint8)}
    found = [
        quotas.of_fractions(
            {"x": fraction}, masks, count_rounding="legacy", prunings=power
        )
        for power in POWERS
    ]
    assert [size - each[0].count for each in found] == expected


@pytest.mark.parametrize(
    ("size", "fraction", "expected"),
    [
        (784 * 300, 0.2, [188161, 150529, 77073, 25257, 1114]),
        (300 * 100, 0.2, [24001, 19201, 9832, 3224, 145]),
        (100 * 10, 0.1, [901, 811, 593, 352, 85]),
    ],
)
def test_legacy_counts_of_one_pruning_after_the_other(size, fraction, expected):
    kept = [size]
    for _ in range(POWERS[-1]):
        mask = {"x": np.ones(kept[-1], np.uint8)}
        found = quotas.of_fractions(
            {"x": fraction}, mask, count_rounding="legacy"
        )
        kept.append(found[0].count)
    assert [kept[power] for power in POWERS] == expected


# Sizes of a network's kernels, with the fractions of one pruning.
CONV2 = [(1728, 0.1), (36864, 0.1), (16384 * 256, 0.2)]
CONV4 = [*CONV2[:2], (73728, 0.1), (147456, 0.1), (8192 * 256, 0.2)]
SIZES = (1728, 36864, 73728, 147456, 294912, 589824)
CONV6 = [*((size, 0.15) for size in SIZES), (4096 * 256, 0.2)]
TOP = [(256 * 256, 0.2), (2560, 0.1)]
PERCENT_KEPT = {
    1: (80.04, 80.10, 81.08, 82.54),
    2: (64.06, 64.16, 65.84, 68.20),
    3: (51.28, 51.41, 53.55, 56.39),
    5: (32.87, 33.02, 35.61, 38.67),
    8: (16.88, 17.03, 19.62, 22.11),
    10: (10.83, 10.97, 13.35, 15.29),
    12: (6.95, 7.08, 9.18, 10.62),
    15: (3.58, 3.68, 5.37, 6.18),
    20: (1.19, 1.26, 2.34, 2.54),
    24: (0.50, 0.54, 1.28, 1.27),
}


@functools.cache
def whole(size):
    return np.ones(size, np.uint8)


@pytest.mark.parametrize("rounding", ["exact", "legacy"])
@pytest.mark.parametrize(("prunings", "percent"), PERCENT_KEPT.items())
def test_what_networks_keep_at_published_rates(prunings, percent, rounding):
    fc = [(235200, 0.2), (30000, 0.2), (1000, 0.1)]
    for network, expected in zip(
        (fc, CONV2 + TOP, CONV4 + TOP, CONV6 + TOP), percent, strict=True
    ):
        masks = {f"x{i}": whole(size) for i, (size, _) in enumerate(network)}
        fractions = {f"x{i}": part for i, (_, part) in enumerate(network)}
        found = quotas.of_fractions(
            fractions, masks, count_rounding=rounding, prunings=prunings
        )
        kept = sum(count for _, count in found)
        total = sum(size for size, _ in network)
        # Two decimals, and the weights that the legacy rounding leaves.
        assert abs(100 * kept / total - expected) < 0.0051


# G3: kept weights of the ResNet-20 of Sreenivasan et al. 2022 after so many
# rounds of magnitude pruning by .2.
LADDER = {1: 214667, 7: 56268, 15: 9435, 19: 3860, 23: 1577, 29: 408}


def test_counts_of_rounding_up_and_one_more():
    kept = [268_336]
    for _ in range(29):
        masks = {"a": whole(100), "b": whole(kept[-1] - 100)}
        found = quotas.of_fractions(
            {"*": 0.2}, masks, "global", count_rounding="ceil_plus_one"
        )
        kept.append(found[0].count)
    assert {level: kept[level] for level in LADDER} == LADDER


@pytest.mark.parametrize(
    ("size", "fraction", "prunings", "expected"),
    [
        (10, 0.2, 1, 7),
        (11, 0.2, 1, 7),
        (10, 0.2, 2, 5),  # .36 of 10 is 3.6.
        (10, 1 - 0.7, 1, 6),  # In floating point, a hair above 3.
        (1, 0.2, 1, 0),
        (2, 0.9, 1, 0),
        (0, 0.2, 1, 0),
        (10, 0, 3, 10),
        (10, 1, 1, 0),
    ],
)
def test_one_more_goes_while_there_is_one(size, fraction, prunings, expected):
    found = quotas.of_fractions(
        {"x": fraction},
        {"x": whole(size)},
        count_rounding="ceil_plus_one",
        prunings=prunings,
    )
    assert found == [(("x",), expected)]


@pytest.mark.parametrize(
    ("fraction", "count", "expected"),
    [
        (0.0, 10, 0),
        (1.0, 10, 10),
        (0.1, 10, 1),
        (0.1, 11, 2),
        (1 - 0.7, 10, 3),
        (1e-8, 10, 1),
        (0.5, 0, 0),
    ],
)
def test_rounded_up(fraction, count, expected):
    assert quotas.rounded_up(fraction, count) == expected


@hypothesis.given(st.integers(1, 10**9), st.data())
def test_whole_numbers_are_not_rounded_up(total, data):
    """Of a fraction that is computed, like that of a density."""
    going = data.draw(st.integers(0, total))
    assert quotas.rounded_up(going / total, total) == going
    assert quotas.rounded_up(1 - (total - going) / total, total) == going


@pytest.mark.parametrize(
    ("fraction", "prunings", "expected"),
    [(0.2, 1, 800), (0.2, 2, 640), (0.2, 3, 512), (0.1, 3, 729), (0.5, 10, 1)]
    + [(0, 4, 1000), (1, 4, 0)],
)
def test_exact_counts_of_several_prunings_in_one(fraction, prunings, expected):
    masks = {"x": np.ones(1000, np.uint8)}
    found = quotas.of_fractions({"x": fraction}, masks, prunings=prunings)
    assert found == [(("x",), expected)]


@hypothesis.given(st.integers(0, 3000), st.floats(0, 1), st.integers(1, 24))
def test_legacy_counts_are_within_one_of_the_product(kept, fraction, prunings):
    masks = {"x": np.ones(kept, np.uint8)}
    goes = {
        rounding: kept
        - quotas.of_fractions(
            {"x": fraction}, masks, count_rounding=rounding, prunings=prunings
        )[0].count
        for rounding in quotas.COUNT_ROUNDINGS
    }
    product = kept * (1 - (1 - fraction) ** prunings)
    assert abs(goes["exact"] - product) < 0.5 + 1e-6
    assert product - 1 - 1e-6 < goes["legacy"] < product + 1e-6


def test_legacy_counts_of_layers_together():
    found = quotas.of_fractions({"*": 0.2}, MASKS, "global", "legacy")
    assert counts(found) == {"conv0 conv1 logits": 15}  # 3.6 of 18 go.


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"count_rounding": "legasy"},
            "Unknown rounding 'legasy'. Did you mean",
        ),
        ({"prunings": 0}, "integer, at least 1. Received: 0"),
        ({"prunings": 1.5}, "integer, at least 1. Received: 1.5"),
    ],
)
def test_roundings_and_prunings_that_do_not_fit_are_named(given, message):
    with pytest.raises(ValueError, match=message):
        quotas.of_fractions({"conv1": 0.5}, MASKS, **given)


@pytest.mark.parametrize(
    ("densities", "scope", "expected"),
    [
        ({"conv*": 0.5}, "layerwise", {"conv0": 2, "conv1": 3}),
        ({"conv1": 0.2, "logits": 1}, "layerwise", {"conv1": 1, "logits": 10}),
        ({"*": 0.25}, "global", {"conv0 conv1 logits": 5}),  # Of 20.
        ({"*": 0.5, "logits": 1}, "global", {"conv0 conv1": 5}),
        ({"*": 0}, "global", {"conv0 conv1 logits": 0}),
    ],
)
def test_densities_are_of_all_weights(densities, scope, expected):
    assert counts(quotas.of_densities(densities, MASKS, scope)) == expected


@pytest.mark.parametrize("scope", ["layerwise", "global"])
@pytest.mark.parametrize(
    ("densities", "received"), [({"conv0": 0.8}, 3), ({"conv0": 1}, 4)]
)
def test_more_than_is_kept_is_an_error(scope, densities, received):
    message = f"conv0 to keep from 0 to 2 weights.*their 4 .*: {received}"
    with pytest.raises(ValueError, match=message):
        quotas.of_densities(densities, MASKS, scope)


@pytest.mark.parametrize("of", [quotas.of_fractions, quotas.of_densities])
@pytest.mark.parametrize(
    ("shares", "scope", "message"),
    [
        ({"conv2": 0.5}, "layerwise", "Unknown layer in .*'conv2'. Did you"),
        ({"conv1": np.nan}, "global", "'conv1' must be in .* Received: nan"),
        ({"conv1": -1}, "layerwise", "'conv1' must be in .* Received: -1"),
        ({"conv1": 0.1, "logits": 0.2}, "global", "must be the same"),
        ({"*": 0.1}, "local", "Unknown scope 'local'"),
    ],
)
def test_shares_that_do_not_fit_are_named(of, shares, scope, message):
    with pytest.raises(ValueError, match=message):
        of(shares, MASKS, scope)


@pytest.mark.parametrize(
    ("layers", "count", "message"),
    [
        (("conv0", "conv9"), 1, "Unknown layer in quotas 'conv9'"),
        (("conv0", "conv1"), 9, "conv0, conv1 to keep from 0 to 8 .*: 9"),
        (("conv0",), -1, "conv0 to keep from 0 to 2 .*Received: -1"),
    ],
)
def test_quotas_that_do_not_fit_are_named(layers, count, message):
    with pytest.raises(ValueError, match=message):
        quotas.check([quotas.Quota(layers, count)], MASKS)


@pytest.mark.parametrize(
    ("count", "steps", "expected"),
    [
        (1, 1, [1]),
        (1, 3, [100, 10, 1]),
        (250, 2, [500, 250]),
        (0, 3, [100, 10, 0]),
        (1000, 3, [1000, 1000, 1000]),
    ],
)
def test_steps_fall_geometrically(count, steps, expected):
    masks = {"x": np.ones((10, 100), np.uint8)}
    found = quotas.in_steps([quotas.Quota(("x",), count)], masks, steps)
    assert [[(("x",), each)] for each in expected] == found


def test_each_quota_falls_from_what_its_own_layers_keep():
    targets = [
        quotas.Quota(("conv0",), 2),
        quotas.Quota(("conv1", "logits"), 4),
    ]
    found = quotas.in_steps(targets, MASKS, 2)
    assert [counts(step) for step in found] == [
        {"conv0": 2, "conv1 logits": 8},
        {"conv0": 2, "conv1 logits": 4},
    ]
    assert found[-1] == targets


@hypothesis.given(st.integers(0, 3000), st.floats(0, 1), st.integers(1, 200))
def test_steps_follow_the_formula_and_never_rise(kept, density, steps):
    mask = np.zeros(3000, np.uint8)
    mask[:kept] = 1
    target = quotas.Quota(("x",), round(density * kept))
    found = quotas.in_steps([target], {"x": mask}, steps)
    falling = [step[0].count for step in found]
    assert len(falling) == steps
    assert falling[-1] == target.count
    assert sorted([kept, *falling], reverse=True) == [kept, *falling]
    if target.count:
        for k, count in enumerate(falling, 1):
            exact = kept * (target.count / kept) ** (k / steps)
            assert abs(count - exact) < 0.501


@pytest.mark.parametrize("steps", [0, -1, 1.5, "2"])
def test_steps_are_counted(steps):
    with pytest.raises(ValueError, match=f"steps must be .*: '?{steps}"):
        quotas.in_steps([], {}, steps)


def test_steps_need_quotas_that_fit():
    with pytest.raises(ValueError, match="from 0 to 2"):
        quotas.in_steps([quotas.Quota(("conv0",), 3)], MASKS, 2)


def masks_of(kept, total):
    return {"x": np.arange(total) < kept, "y": np.zeros(0, bool)}


@pytest.mark.parametrize(
    ("density", "kept", "total", "text"),
    [
        (0.05, 13310, 266200, "density 5 % (13,310 of 266,200 weights kept)"),
        (0.8**3, 512, 1000, "density 51.2 % (512 of 1,000 weights kept)"),
        (0, 0, 9, "density 0 % (0 of 9 weights kept)"),
        (0.3, 0, 0, "density 30 % (0 of 0 weights kept)"),
        (
            0.03,
            8,
            250,
            "density 3 % asked, 3.2 % reached (8 of 250 weights kept)",
        ),
        (
            0.05,
            13311,
            266200,
            "density 5 % asked, 5.0004 % reached (13,311 of 266,200 weights "
            "kept)",
        ),
        (
            0.05,
            13305,
            266200,
            "density 5 % asked, 4.998 % reached (13,305 of 266,200 weights "
            "kept)",
        ),
    ],
)
def test_what_was_reached(density, kept, total, text):
    assert quotas.reached(density, masks_of(kept, total)) == text


@hypothesis.given(st.floats(0, 1), st.integers(1, 10000), st.data())
def test_what_was_reached_differs_in_digits_if_in_fact(density, total, data):
    kept = data.draw(st.integers(0, total))
    text = quotas.reached(density, masks_of(kept, total))
    if abs(kept - density * total) > 0.01:
        asked, found = text.removeprefix("density ").split(" asked, ")
        assert asked != found.split(" reached ")[0]
    assert f"({kept:,} of {total:,} weights kept)" in text


def test_n_of_every_m_are_kept_and_no_more_than_there_are():
    masks = {"x": np.ones((8, 2), np.uint8), "y": np.eye(4, dtype=np.uint8)}
    assert quotas.of_each(["x", "y"], 3, 4, masks) == [
        quotas.Quota(("x",), 12),
        quotas.Quota(("y",), 4),
    ]


def test_a_density_above_what_is_kept_can_be_clipped():
    masks = {"x": np.array([1, 0, 0, 0], np.uint8)}
    with pytest.raises(ValueError, match="keep from 0 to 1"):
        quotas.of_densities({"x": 0.5}, masks)
    assert quotas.of_densities({"x": 0.5}, masks, clip=True) == [
        quotas.Quota(("x",), 1)
    ]


def test_what_is_reached_is_said_of_groups():
    text = quotas.reached(0.5, {"x": np.array([1, 0], np.uint8)}, "units")
    assert text == "density 50 % (1 of 2 units kept)"


def test_halving_steps_are_those_of_the_source():
    """The share that is gone: .5, .745, .8675, .92875 and so on, to .99."""
    masks = {"x": np.ones(100_000, np.uint8)}
    target = [quotas.Quota(("x",), 1000)]
    found = quotas.in_halving_steps(target, masks, 100)
    gone = [1 - own.count / 100_000 for (own,) in found]
    np.testing.assert_allclose(gone[:4], [0.5, 0.745, 0.8675, 0.92875])
    assert found[-1] == target
    assert (np.diff(gone) > 0).all() and len(found) < 20
    assert quotas.in_halving_steps(target, masks, 3)[:2] == found[:2]
    assert quotas.in_halving_steps(target, masks, 3)[2:] == [target]
    assert quotas.in_halving_steps(target, masks, 1) == [target]


def test_halving_steps_leave_at_once_what_is_to_be_half_and_more():
    masks = {"x": np.ones(10, np.uint8), "y": np.ones(16, np.uint8)}
    target = [quotas.Quota(("x",), 7), quotas.Quota(("y",), 4)]
    found = quotas.in_halving_steps(target, masks, 9)
    assert [[own.count for own in step] for step in found] == [
        [7, 8],
        [7, 6],
        [7, 5],
        [7, 4],
    ]


def test_halving_steps_are_checked():
    masks = {"x": np.ones(10, np.uint8)}
    with pytest.raises(ValueError, match="steps must be"):
        quotas.in_halving_steps([], masks, 0)
    with pytest.raises(ValueError, match="x to keep from 0 to 10"):
        quotas.in_halving_steps([quotas.Quota(("x",), 11)], masks, 2)
