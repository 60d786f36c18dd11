"""Tests of foundations/learned_masks/pruning_events.py; golden counts are G1.

The counts are those of the code of Sreenivasan et al. 2022, of the networks
that it trains on CIFAR-10.
"""

import math

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lottery_ticket.foundations.learned_masks import pruning_events

RESNET20, VGG16, MOBILENET, WRN = 268_336, 14_715_584, 2_261_824, 1_463_984
SCORES = {
    "a": np.array([[0.5, -0.1], [0.3, 0.9]], np.float32),
    "b": np.array([0.2, -0.8, 0.4, 0.1, 0.6], np.float32),
}
FLAGS = {
    "a": np.array([[1, 1], [1, 0]], np.uint8),
    "b": np.ones(5, np.uint8),
}


def event(fraction, **options):
    return pruning_events.EventPlan(fraction=fraction, **options)


def pruned(fraction, scores=SCORES, active=FLAGS, **options):
    found = pruning_events.prune(active, scores, event(fraction, **options))
    return {name: each.ravel().tolist() for name, each in found.items()}


@st.composite
def layers(draw):
    """Flags of one to three layers, and scores with ties and infinities."""
    flags, scores = {}, {}
    values = st.sampled_from([-np.inf, -1.0, -0.5, 0.0, 0.5, 1.0])
    for index in range(draw(st.integers(1, 3))):
        shape = draw(hnp.array_shapes(max_dims=3, min_side=0, max_side=4))
        bits = st.integers(0, 1)
        flags[f"x{index}"] = draw(hnp.arrays(np.uint8, shape, elements=bits))
        scores[f"x{index}"] = draw(
            hnp.arrays(np.float32, shape, elements=values)
        )
    return flags, scores


@pytest.mark.parametrize(
    ("total", "epochs", "period", "percent", "events", "expected"),
    [
        (RESNET20, 150, 5, 0.59, 29, 1580),
        (RESNET20, 150, 5, 1.44, 29, 3861),
        (RESNET20, 150, 5, 3.72, 29, 9977),
        (RESNET20, 150, 5, 20, 29, 53_660),
        (RESNET20, 150, 8, 50, 18, 134_161),
        pytest.param(VGG16, 200, 5, 0.5, 39, 73_574, marks=pytest.mark.slow),
        pytest.param(
            MOBILENET, 300, 5, 1.4, 59, 31_659, marks=pytest.mark.slow
        ),
        pytest.param(WRN, 150, 10, 1.4, 14, 20_493, marks=pytest.mark.slow),
    ],
)
def test_counts_of_published_searches(
    total, epochs, period, percent, events, expected
):
    """Each event on the counts of the one before: one layer, all tied."""
    found = pruning_events.plan(epochs, period, percent / 100)
    assert len(found.epochs) == events
    flags = {"x": np.ones(total, np.uint8)}
    for _ in found.epochs:
        active = {"x": flags["x"][flags["x"] == 1]}
        zeros = {"x": np.zeros(active["x"].size, np.float32)}
        flags = pruning_events.prune(active, zeros, found)
    assert np.count_nonzero(flags["x"]) == expected


def test_flags_reach_the_count_though_scores_tie_and_layers_differ():
    """ResNet-20 with clipped scores, of which over half are 0."""
    rng = np.random.default_rng(0)
    shapes = {"conv": (3, 3, 160, 185), "logits": (64, 10), "stem": (1296,)}
    scores = {
        name: np.clip(rng.normal(0, 1, shape), 0, 1).astype(np.float32)
        for name, shape in shapes.items()
    }
    flags = {name: np.ones(shape, np.uint8) for name, shape in shapes.items()}
    assert sum(each.size for each in flags.values()) == RESNET20
    plan = pruning_events.plan(150, 5, 0.0144)
    for _ in plan.epochs:
        flags = pruning_events.prune(flags, scores, plan)
    assert sum(np.count_nonzero(each) for each in flags.values()) == 3861


@pytest.mark.parametrize(
    ("epochs", "period", "density", "expected"),
    [
        (150, 5, 0.0059, 0.162215),
        (150, 5, 0.0144, 0.136037),
        (150, 5, 0.0372, 0.107294),
        (300, 5, 0.014, 0.069795),
        (200, 5, 0.005, 0.127030),
    ],
)
def test_fractions_of_published_searches(epochs, period, density, expected):
    found = pruning_events.plan(epochs, period, density).fraction
    assert found == pytest.approx(expected, abs=5e-7)


def test_events_follow_each_period_but_never_the_last_epoch():
    assert pruning_events.plan(11, 5, 0.5).epochs == (5, 10)
    assert pruning_events.plan(10, 5, 0.5).epochs == (5,)
    assert pruning_events.plan(150, 5, 0.5).epochs == tuple(range(5, 150, 5))
    assert pruning_events.plan(3, 1, 0.25).epochs == (1, 2)
    assert pruning_events.plan(3, 1, 0.25).fraction == 0.5


@pytest.mark.parametrize(("epochs", "period"), [(5, 5), (1, 1), (0, 3)])
def test_a_search_too_short_for_an_event_is_an_error(epochs, period):
    message = f"more than {period} epochs. Received: {epochs}"
    with pytest.raises(ValueError, match=message):
        pruning_events.plan(epochs, period, 0.5)


def test_a_fraction_wins_over_the_density():
    found = pruning_events.plan(11, 5, 0.01, fraction=0.2)
    assert (found.fraction, found.period) == (0.2, 5)
    assert pruning_events.plan(11, 5, None, fraction=0.0).fraction == 0
    by_threshold = pruning_events.plan(11, 5, None, scope="threshold")
    assert by_threshold.epochs == (5, 10)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"density": 0}, "above 0 and at most 1. Received: 0"),
        ({"density": None}, "Received: None"),
        ({"density": float("nan")}, "Received: nan"),
        ({"density": 1.44}, "Received: 1.44"),
        ({"fraction": 1.5}, "at least 0 and at most 1. Received: 1.5"),
        ({"period": 0}, "integer, at least 1. Received: 0"),
        ({"period": 2.5}, "at least 1. Received: 2.5"),
        ({"scope": "layer"}, "scope 'layer'. Did you mean 'layerwise'"),
        ({"ties": "exactly"}, "Did you mean 'exact'"),
        (
            {"scope": "threshold", "threshold": 2},
            "threshold must be a number, .*: 2",
        ),
        ({"scope": "threshold", "is_inverted": True}, "Inverted events"),
        ({"scope": "threshold", "fraction": 0.1}, "no fraction. Received: 0.1"),
    ],
)
def test_plans_that_make_no_sense_are_errors(given, message):
    given = {"epochs": 9, "period": 2, "density": 0.5, **given}
    with pytest.raises(ValueError, match=message):
        pruning_events.plan(**given)


def test_an_event_takes_the_smallest_magnitudes_of_all_layers():
    # 8 are active: .125 of them is 1, and a bit more is 2.
    assert pruned(0.125) == {"a": [1, 0, 1, 0], "b": [1] * 5}
    assert pruned(0.126) == {"a": [1, 0, 1, 0], "b": [1, 1, 1, 0, 1]}
    assert pruned(0.5) == {"a": [1, 0, 0, 0], "b": [0, 1, 1, 0, 1]}
    assert pruned(1.0) == {"a": [0] * 4, "b": [0] * 5}


def test_layerwise_each_layer_loses_its_own_fraction_rounded_up():
    found = pruned(0.25, scope="layerwise")  # 1 of 3, 2 of 5.
    assert found == {"a": [1, 0, 1, 0], "b": [0, 1, 1, 0, 1]}


def test_inverted_the_largest_magnitudes_go():
    found = pruned(0.25, is_inverted=True)
    assert found == {"a": [1, 1, 1, 0], "b": [1, 0, 1, 1, 0]}
    found = pruned(0.25, scope="layerwise", is_inverted=True)
    assert found == {"a": [0, 1, 1, 0], "b": [1, 0, 1, 1, 0]}


def test_by_threshold_what_is_not_above_it_goes():
    found = pruned(0.0, scope="threshold")  # .5 goes, and by sign -.8.
    assert found == {"a": [0, 0, 0, 0], "b": [0, 0, 0, 0, 1]}
    found = pruned(0.0, scope="threshold", threshold=0.25)
    assert found == {"a": [1, 0, 1, 0], "b": [0, 0, 1, 0, 1]}


def test_equal_scores_go_in_order_or_all_together():
    scores = {"a": np.zeros(3), "b": np.array([0.0, 1.0, 0.0])}
    flags = {name: np.ones(3, np.uint8) for name in scores}
    assert pruned(0.5, scores, flags) == {"a": [0, 0, 0], "b": [1, 1, 1]}
    legacy = pruned(0.5, scores, flags, ties="legacy")
    assert legacy == {"a": [0, 0, 0], "b": [0, 1, 0]}
    scores["b"] = np.array([1.0, 1.0, 0.5])
    legacy = pruned(0.1, scores, flags, ties="legacy", is_inverted=True)
    assert legacy == {"a": [1, 1, 1], "b": [0, 0, 1]}
    each = pruned(0.1, scores, flags, ties="legacy", scope="layerwise")
    assert each == {"a": [0, 0, 0], "b": [1, 1, 0]}


def test_where_there_are_no_events_nothing_goes():
    for ties in pruning_events.TIES:
        assert pruned(0.0, ties=ties) == pruned(0.0)
        assert pruned(0.0)["a"] == [1, 1, 1, 0]
    assert pruning_events.NO_EVENTS == event(0.0)
    assert pruning_events.NO_EVENTS.epochs == ()


@hypothesis.given(layers(), st.floats(0, 1), st.booleans())
def test_counts_are_exact_and_what_goes_is_smallest(network, fraction, is_up):
    flags, scores = network
    plan = event(fraction, is_inverted=is_up)
    before = {name: each.copy() for name, each in flags.items()}
    found = pruning_events.prune(flags, scores, plan)
    active = sum(np.count_nonzero(each) for each in flags.values())
    kept = sum(np.count_nonzero(each) for each in found.values())
    # Hypothesis likes fractions that 1e-15 decides; they may go either way.
    assert active - kept in {
        math.ceil(fraction * active),
        math.ceil(max(fraction - 1e-14, 0) * active),
    }
    sign = -1 if is_up else 1
    staying, going = [], []
    for name, flag in flags.items():
        np.testing.assert_array_equal(flag, before[name])
        assert found[name].dtype == np.uint8
        assert found[name].shape == flag.shape
        assert (found[name] <= flag).all()
        ranks = sign * np.abs(scores[name])
        staying.extend(ranks[found[name] == 1])
        going.extend(ranks[(flag == 1) & (found[name] == 0)])
    if staying and going:
        assert max(going) <= min(staying)


@hypothesis.given(layers(), st.floats(0, 1), st.booleans())
def test_legacy_ties_are_those_of_a_threshold(network, fraction, is_layerwise):
    """Against the code's own words: the n-th smallest, and strictly above."""
    flags, scores = network
    scope = "layerwise" if is_layerwise else "global"
    plan = event(fraction, scope=scope, ties="legacy")
    found = pruning_events.prune(flags, scores, plan)
    exact = pruning_events.prune(flags, scores, event(fraction, scope=scope))
    groups = [[name] for name in flags] if is_layerwise else [list(flags)]
    for group in groups:
        active = np.sort(
            np.concatenate([np.abs(scores[n][flags[n] == 1]) for n in group])
        )
        count = sum(int((flags[n] - exact[n]).sum()) for n in group)
        for name in group:
            above = np.abs(scores[name]) > active[count - 1] if count else True
            np.testing.assert_array_equal(found[name], flags[name] * above)


@hypothesis.given(layers(), st.floats(0, 1))
def test_layerwise_is_an_event_of_each_layer_alone(network, fraction):
    flags, scores = network
    found = pruning_events.prune(
        flags, scores, event(fraction, scope="layerwise")
    )
    for name in flags:
        alone = pruning_events.prune(
            {name: flags[name]}, {name: scores[name]}, event(fraction)
        )
        np.testing.assert_array_equal(found[name], alone[name])


@pytest.mark.parametrize("scope", pruning_events.SCOPES)
@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ({**SCORES, "a": np.full((2, 2), np.nan)}, "'a' hold NaN"),
        ({**SCORES, "a": np.zeros(4)}, r"shape of its mask, \(2, 2\)"),
        ({"a": SCORES["a"]}, "Unknown layer of scores 'b'"),
    ],
)
def test_scores_that_cannot_be_compared_are_errors(scope, scores, message):
    with pytest.raises(ValueError, match=message):
        pruned(0.0 if scope == "threshold" else 0.5, scores, scope=scope)


def test_gradual_edge_popup_leaves_out_more_after_each_event():
    plan = pruning_events.plan(21, 5, 0.0625)  # 4 events, one half each.
    assert plan.fraction == 0.5
    expected = dict.fromkeys(range(-1, 10), 0.5)
    expected |= dict.fromkeys(range(10, 15), 0.75)
    expected |= dict.fromkeys(range(15, 20), 0.875)
    expected |= {20: 0.9375}
    for epoch, removed in expected.items():
        assert pruning_events.removed_fraction(plan, epoch) == removed


@pytest.mark.parametrize("period", [1, 2, 5, 75])
def test_gradual_edge_popup_ends_at_the_density(period):
    plan = pruning_events.plan(150, period, 0.0059)
    found = pruning_events.removed_fraction(plan, 149)
    assert found == pytest.approx(1 - 0.0059, abs=1e-14)
    first = pruning_events.removed_fraction(plan, -1)
    assert first == pytest.approx(plan.fraction)
    none = pruning_events.removed_fraction(pruning_events.NO_EVENTS, 149)
    assert none == 0


def test_plans_can_be_keys_and_take_lists_from_files():
    plan = pruning_events.EventPlan(epochs=[5, 10], fraction=0.5, period=5)
    assert plan == pruning_events.plan(11, 5, 0.25)
    assert len({plan, pruning_events.plan(11, 5, 0.25)}) == 1


def test_ties_go_as_in_a_stable_sort():
    rng = np.random.default_rng(0)
    scores = {"x": rng.integers(0, 3, 1000).astype(np.float32)}
    flags = {"x": np.ones(1000, np.uint8)}
    goes = np.argsort(scores["x"], kind="stable")[:500]
    expected = flags["x"].copy()
    expected[goes] = 0
    found = pruning_events.prune(flags, scores, event(0.5))
    np.testing.assert_array_equal(found["x"], expected)
