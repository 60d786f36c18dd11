"""Tests of foundations/learned_masks/score_rounding.py."""

import itertools

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lottery_ticket.foundations.learned_masks import (
    maskers,
    score_method,
    score_rounding,
)
from lottery_ticket.tests import contracts

SCORES = {
    "conv": np.array([[0.5, 0.51], [0.0, 1.0]], np.float32),
    "dense0": np.full(20_000, 0.3, np.float32),
    "dense1": np.array([-1.0, 0.0, 1.0, 2.0], np.float32),
}
KINDS = [
    {"name": name, "prob_layers": ("dense*",) if entry.takes_layers else ()}
    for name, entry in score_rounding.ROUNDINGS.items()
    if not entry.needs_loss
]


def rounded(name, scores=SCORES, seed=1, loss=None, **options):
    rounding = score_rounding.Rounding(name, **options)
    return score_rounding.round_scores(rounding, scores, seed, loss)


@pytest.mark.parametrize("given", KINDS, ids=lambda given: given["name"])
def test_masks_are_0_and_1_of_the_scores_shapes(given):
    before = {name: score.copy() for name, score in SCORES.items()}
    for noise_ratio in (0.0, 0.5):
        found = rounded(**given, noise_ratio=noise_ratio)
        for name, mask in found.items():
            assert (mask.dtype, mask.shape) == (np.uint8, SCORES[name].shape)
            assert set(np.unique(mask)) <= {0, 1}
            np.testing.assert_array_equal(SCORES[name], before[name])


@pytest.mark.parametrize(
    ("name", "noise_ratio", "expected"),
    [
        ("naive", 0.0, False),
        ("all_ones", 0.0, False),
        ("pseudo_boolean", 0.0, False),
        ("prob", 0.0, True),
        ("naive_prob", 0.0, True),
        ("naive", 0.1, True),
    ],
)
def test_which_roundings_draw(name, noise_ratio, expected):
    assert score_rounding.draws(name, noise_ratio) is expected


@pytest.mark.parametrize("given", KINDS, ids=lambda given: given["name"])
def test_flags_change_no_other_weight(given):
    rng = np.random.default_rng(0)
    flags = {n: rng.integers(0, 2, s.shape, "u1") for n, s in SCORES.items()}
    for noise_ratio in (0.0, 0.5):
        rounding = score_rounding.Rounding(**given, noise_ratio=noise_ratio)
        plain, flagged = (
            score_rounding.round_scores(rounding, SCORES, 1, None, each)
            for each in (None, flags)
        )
        for name, mask in plain.items():
            np.testing.assert_array_equal(flagged[name], mask * flags[name])


def test_naive_is_strictly_above_the_threshold():
    found = rounded("naive")
    np.testing.assert_array_equal(found["conv"], [[0, 1], [0, 1]])
    np.testing.assert_array_equal(found["dense1"], [0, 0, 1, 1])
    low = rounded("naive", threshold=0.25)
    np.testing.assert_array_equal(low["conv"], [[1, 1], [0, 1]])
    assert low["dense0"].all()
    assert not rounded("naive", {"x": np.full(9, 0.5)})["x"].any()


def test_prob_keeps_with_the_score_as_probability_clipped():
    found = rounded("prob")
    # 4 standard deviations of 20,000 coins.
    assert abs(found["dense0"].mean() - 0.3) < 0.013
    np.testing.assert_array_equal(found["dense1"], [0, 0, 1, 1])
    np.testing.assert_array_equal(found["conv"][1], [0, 1])


def test_draws_are_the_seeds_and_the_layers_own():
    scores = {name: np.full(1000, 0.5, np.float32) for name in "ab"}
    one, again, other = (rounded("prob", scores, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one["a"], again["a"])
    alone = rounded("prob", {"b": scores["b"]}, 1)
    np.testing.assert_array_equal(one["b"], alone["b"])
    for different in (other["a"], one["b"]):
        assert 0.4 < (one["a"] != different).mean() < 0.6


def test_naive_prob_draws_in_its_layers_and_compares_elsewhere():
    scores = {**SCORES, "last": SCORES["dense0"]}
    found = rounded("naive_prob", scores, prob_layers="dense*")
    np.testing.assert_array_equal(found["conv"], rounded("naive")["conv"])
    np.testing.assert_array_equal(found["dense0"], rounded("prob")["dense0"])
    assert not found["last"].any()
    low = rounded("naive_prob", scores, prob_layers=["conv"], threshold=0.25)
    assert low["last"].all()


def test_all_ones_keeps_all():
    assert all(mask.all() for mask in rounded("all_ones").values())


def test_noise_comes_first_and_has_the_ratio_as_deviation():
    scores = {"x": np.zeros(20_000, np.float32)}
    found = rounded("naive", scores, noise_ratio=0.25, threshold=0.25)
    # Above one standard deviation: 15.87 %, within 4 of 20,000 coins.
    assert abs(found["x"].mean() - 0.15866) < 0.0104
    again = rounded("naive", scores, noise_ratio=0.25, threshold=0.25)
    np.testing.assert_array_equal(found["x"], again["x"])
    other = rounded("naive", scores, 2, noise_ratio=0.25, threshold=0.25)
    assert (found["x"] != other["x"]).any()
    prob = rounded("prob", scores, noise_ratio=0.25)
    # The mean of max(normal, 0) is 1 / sqrt(2 pi) deviations.
    assert abs(prob["x"].mean() - 0.25 * 0.39894) < 0.0085


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "probs"}, "Unknown rounding 'probs'. Did you mean 'prob'"),
        (
            {"threshold": 1.5},
            "threshold must be a number, at least 0 and at most 1",
        ),
        ({"noise_ratio": -0.1}, "at least 0. Received: -0.1"),
        ({"noise_ratio": float("nan")}, "finite. Received: nan"),
        ({"name": "naive_prob"}, r"naive_prob, prob_layers=\(\)"),
        ({"prob_layers": ("a",)}, r"naive, prob_layers=\('a',\)"),
    ],
)
def test_settings_that_make_no_sense_are_errors(given, message):
    with pytest.raises(ValueError, match=message):
        score_rounding.Rounding(**given)


def test_layers_to_draw_are_checked_before_and_when_rounding():
    rounding = score_rounding.Rounding("naive_prob", prob_layers=("dense*",))
    score_rounding.check(rounding, SCORES)
    wrong = score_rounding.Rounding("naive_prob", prob_layers=("dens0",))
    message = "layer in prob_layers 'dens0'. Did you mean 'dense0'"
    with pytest.raises(ValueError, match=message):
        score_rounding.check(wrong, SCORES)
    with pytest.raises(ValueError, match=message):
        score_rounding.round_scores(wrong, SCORES, 0)


@pytest.mark.parametrize("given", KINDS, ids=lambda given: given["name"])
def test_scores_that_diverged_are_an_error(given):
    scores = {"dense": np.array([0.1, np.nan])}
    with pytest.raises(ValueError, match="layer 'dense' hold NaN"):
        rounded(**given, scores=scores)


def linear_loss(weights):
    """Loss that is lower the more of each weight is kept, if it is positive."""

    def loss(masks):
        return -sum(
            float((masks[name] * weights[name]).sum()) for name in weights
        )

    return loss


def test_pseudo_boolean_keeps_what_lowers_the_loss_and_ties():
    scores = {
        "a": np.array([[0.1, 0.9], [0.5, 0.0]], np.float32),
        "b": np.array([0.2, 1.0, 1.5, 0.7], np.float32),
    }
    weights = {"a": np.array([[1, -1], [0, 9]]), "b": np.array([-1, -9, -9, 1])}
    found = rounded("pseudo_boolean", scores, loss=linear_loss(weights))
    # What is 0 or 1 from the start stays, whatever it costs.
    np.testing.assert_array_equal(found["a"], [[1, 0], [1, 0]])
    np.testing.assert_array_equal(found["b"], [0, 1, 1, 1])
    assert found["a"].dtype == np.uint8
    np.testing.assert_array_equal(scores["b"][0], np.float32(0.2))


def test_pseudo_boolean_visits_in_order_with_the_others_as_they_are():
    seen = []

    def loss(masks):
        seen.append([float(x) for mask in masks.values() for x in mask.flat])
        return masks["a"].sum()  # Lower with 0.

    scores = {"a": np.array([[0.25, 1], [0.5, 0]]), "b": np.array([0.75])}
    rounded("pseudo_boolean", scores, loss=loss)
    assert seen == [
        [1, 1, 0.5, 0, 0.75],
        [0, 1, 0.5, 0, 0.75],
        [0, 1, 1, 0, 0.75],
        [0, 1, 0, 0, 0.75],
        [0, 1, 0, 0, 1],
        [0, 1, 0, 0, 0],
    ]


@hypothesis.given(
    hnp.arrays(
        np.float32,
        6,
        elements=st.sampled_from([0, 0.125, 0.25, 0.5, 0.75, 1]),
    ),
    hnp.arrays(np.int64, (6, 6), elements=st.integers(-4, 4)),
)
def test_pseudo_boolean_never_raises_a_multilinear_loss(scores, pairs):
    """Such a loss is linear in each score: one end is no higher than it."""
    coupling = np.triu(pairs, 1)

    def loss(masks):
        return float(masks["x"] @ coupling @ masks["x"])

    found = rounded("pseudo_boolean", {"x": scores}, loss=loss)
    assert loss({"x": found["x"].astype(float)}) <= loss({"x": scores})
    best = min(
        loss({"x": np.array(bits, float)})
        for bits in itertools.product((0, 1), repeat=6)
    )
    assert loss({"x": found["x"].astype(float)}) >= best


def test_pseudo_boolean_is_for_tiny_networks():
    limit = score_rounding.MOST_FRACTIONAL
    scores = {"x": np.full(limit + 1, 0.5, np.float32)}
    calls = itertools.count()
    with pytest.raises(ValueError, match="at most 5,000 .*Received: 5,001"):
        rounded("pseudo_boolean", scores, loss=lambda masks: next(calls))
    assert next(calls) == 0  # Refused before any work.
    scores["x"][0] = 1
    found = rounded("pseudo_boolean", scores, loss=lambda masks: 0.0)
    assert found["x"].all()
    assert rounded("naive", {"x": np.ones(limit + 1)})["x"].all()


def test_pseudo_boolean_needs_a_loss_that_is_a_number():
    scores = {"x": np.array([0.5, 0.5])}
    with pytest.raises(ValueError, match="needs a loss. Received: none"):
        rounded("pseudo_boolean", scores)
    with pytest.raises(ValueError, match="NaN with weight 0 of layer 'x' at 1"):
        rounded("pseudo_boolean", scores, loss=lambda masks: float("nan"))


def test_every_rounding_says_what_it_is():
    contracts.check_entries(
        score_rounding.ROUNDINGS, "rounding", "scores", "seed", "loss"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_roundings_do_what_their_entry_says(kind):
    entry = score_rounding.ROUNDINGS[kind["name"]]
    layers = kind["prob_layers"]
    one, other = (
        rounded(kind["name"], seed=seed, prob_layers=layers) for seed in (1, 2)
    )
    differs = any((one[name] != other[name]).any() for name in one)
    assert differs == entry.draws
    assert entry.keeps_all == all(mask.all() for mask in one.values())


def masks_by_sorting(ranks, count):
    order = np.argsort(ranks, kind="stable")
    mask = np.ones(len(ranks), np.uint8)
    mask[order[:count]] = 0
    return mask


@hypothesis.given(
    st.sampled_from(score_method.TOP),
    st.lists(st.sampled_from([-1, -0.5, 0, 0.5, 1]), min_size=7, max_size=7),
    st.integers(0, 4),
    st.integers(0, 3),
)
def test_masks_leave_out_exactly_so_many_the_first_of_ties(
    masker, values, first, second
):
    values = np.array(values, np.float32)
    scores = {"a": values[:4].reshape(2, 2), "b": values[4:]}
    entry = maskers.MASKERS[masker]
    counts = [first, second] if entry.by_layer else [first + second]
    found = score_rounding.top(entry, scores, counts)
    ranks = np.abs(values) if entry.is_signed else np.maximum(values, 0)
    if masker == "ep":
        parts = zip((ranks[:4], ranks[4:]), counts, strict=True)
        expected = np.concatenate([masks_by_sorting(*each) for each in parts])
    else:
        expected = masks_by_sorting(ranks, counts[0])
    flat = np.concatenate([found["a"].ravel(), found["b"]])
    np.testing.assert_array_equal(flat, expected)
    assert found["a"].dtype == np.uint8 and found["a"].shape == (2, 2)
