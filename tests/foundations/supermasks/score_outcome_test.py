"""Tests of foundations/supermasks/score_outcome.py."""

import numpy as np
import pytest

from lottery_ticket.foundations.supermasks import (
    pruning_events,
    score_method,
    score_outcome,
    score_rounding,
)

SCORES = {
    "a": np.array([[0.9, 0.5], [0.2, 0.6]], np.float32),
    "b": np.array([0.7, 0.1], np.float32),
}
FLAGS = {
    "a": np.array([[1, 1], [1, 0]], np.uint8),
    "b": np.array([1, 1], np.uint8),
}
NOTHING = {name: np.zeros_like(each) for name, each in FLAGS.items()}


def make(name="naive", **options):
    rounding = score_rounding.Rounding(name, **options.pop("rounding", {}))
    return score_method.ScoreMethod(rounding=rounding, **options)


def samples(method, count=3, removed=None, seed=1, scores=SCORES, loss=None):
    return score_outcome.samples(
        method, scores, FLAGS, removed, seed, count, loss
    )


def check(found, expected):
    for name, mask in expected.items():
        np.testing.assert_array_equal(found[name], mask)
        assert found[name].dtype == np.uint8


def test_rounded_scores_are_judged_where_nothing_is_flagged_off():
    (found,) = samples(make())
    check(found, {"a": [[1, 0], [0, 0]], "b": [1, 0]})
    check(score_outcome.kept(make(), SCORES, FLAGS, None), found)
    lower = make(rounding={"threshold": 0.15})
    (found,) = samples(lower)
    check(found, {"a": [[1, 1], [1, 0]], "b": [1, 0]})
    check(score_outcome.kept(lower, SCORES, FLAGS, None), found)


def test_what_is_drawn_is_drawn_as_often_as_asked_and_by_seed():
    half = {name: np.full((50, 50), 0.5, "f4") for name in "ab"}
    flags = {name: np.ones((50, 50), np.uint8) for name in "ab"}
    method = make("prob")

    def drawn(seed):
        return score_outcome.samples(method, half, flags, None, seed, 3)

    one, again, other = drawn(1), drawn(1), drawn(2)
    assert len(one) == 3
    for index in range(3):
        check(one[index], again[index])
        assert 0.4 < (one[index]["a"] != one[index - 1]["a"]).mean() < 0.6
    assert (one[0]["a"] != other[0]["a"]).any()
    assert len(samples(make(rounding={"noise_ratio": 0.1}))) == 3


def test_a_loss_decides_where_scores_are_rounded_one_by_one():
    (found,) = samples(
        make("pseudo_boolean"), loss=lambda masks: float(masks["b"].sum())
    )
    check(found, {"a": [[1, 1], [1, 0]], "b": [0, 0]})


@pytest.mark.parametrize("noise_ratio", [0.0, 0.1])
def test_no_loss_is_taken_with_what_is_flagged_off(noise_ratio):
    seen = []

    def loss(masks):
        seen.append(masks["a"][1, 1])
        return 0.0

    method = make("pseudo_boolean", rounding={"noise_ratio": noise_ratio})
    samples(method, 1, loss=loss)
    assert len(seen) >= 8 and not any(seen)


def test_edge_popup_is_judged_by_its_own_mask():
    method = score_method.ScoreMethod("global_ep", 0.5)
    (found,) = samples(method, removed=[3])
    check(found, {"a": [[1, 0], [0, 1]], "b": [1, 0]})
    check(score_outcome.kept(method, SCORES, FLAGS, [3]), found)


def test_a_forward_pass_without_weights_is_put_into_words():
    method = score_method.ScoreMethod("global_ep", 0.5)
    tied = {name: np.full_like(each, 0.5) for name, each in SCORES.items()}
    for scores, is_empty in ((tied, True), (SCORES, False)):
        kept = score_outcome.kept(method, scores, FLAGS, [3])
        assert sum(mask.sum() for mask in kept.values()) == 3
        text = score_outcome.warning(method, scores, kept, "The mask here")
        assert (text is not None) is is_empty
        if is_empty:
            assert text.startswith("The mask here keeps none of 6 weights")
            assert "scores tie in bulk" in text
    text = score_outcome.warning(make(), SCORES, NOTHING, "The mask here")
    assert text.endswith("; the final mask will be another one")


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (
            {"regularization": "L2", "regularization_weight": 0.01},
            [
                "regularization 'L2' with weight 0.01",
                "a smaller regularization_weight, or prune less",
            ],
        ),
        (
            {
                "regularization": "L1",
                "regularization_weight": 1.0,
                "unflag": False,
            },
            ["regularization 'L1' with weight 1", "or unflag, which keeps"],
        ),
        ({}, ["under no regularization", "another learning rate"]),
    ],
)
def test_a_mask_that_keeps_nothing_is_an_error_with_its_cause(options, parts):
    method = score_method.ScoreMethod(
        **options, plan=pruning_events.plan(10, 3, 0.2)
    )
    with pytest.raises(ValueError, match="The mask here keeps none of 6") as e:
        score_outcome.check(method, NOTHING, "The mask here")
    for part in parts:
        assert part in str(e.value)
    if method.unflag:
        assert "or unflag" not in str(e.value)
    score_outcome.check(method, {**NOTHING, "b": FLAGS["b"]}, "The mask here")
