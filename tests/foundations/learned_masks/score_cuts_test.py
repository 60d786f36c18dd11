"""Tests of learned_masks/score_cuts.py; scored_masks_test has them at work."""

import numpy as np
import pytest

from lottery_ticket.foundations.learned_masks import (
    pruning_events,
    score_cuts,
    score_method,
)

PLAN = pruning_events.plan(10, 3, 0.2)


def share(masker, scores, **options):
    """Before any event."""
    method = score_method.ScoreMethod(masker=masker, **options)
    shapes = {name: each.shape for name, each in scores.items()}
    found = score_cuts.ShareCut(shapes, method.masker_entry.by_layer)
    found.place(method, found.active, -1)
    return found


def test_flags_are_ones_until_they_are_placed():
    own = score_cuts.EventCut({"a": (2, 2)})
    method = score_method.ScoreMethod()
    scores = {"a": np.array([[0.1, 0.6], [0.9, 0.5]])}
    assert own.left_out == 0 and own.active["a"].dtype == np.uint8
    own.place(method, {"a": np.array([[1, 0], [1, 1]])}, 0)
    assert own.left_out == 1
    for mask in (own.kept(method, scores), own.forward(method, scores)):
        np.testing.assert_array_equal(mask["a"], [[0, 0], [1, 0]])


@pytest.mark.parametrize(
    ("masker", "density", "expected"),
    [
        ("ep", 0.3, [14, 10]),  # int(.7 * 20), int(10.5).
        ("ep", 0.9, [2, 1]),  # In floating point, (1 - .9) * 20 < 2.
        ("ep", 1.0, [0, 0]),
        ("ep", 0.01, [19, 14]),  # Each layer keeps one.
        ("global_ep", 0.3, [25]),  # ceil(24.5).
        ("global_ep", 0.2, [28]),  # In floating point, (1 - .2) * 35 > 28.
        ("global_top", 0.3, [25]),
        ("global_top", 1.0, [0]),
    ],
)
def test_counts_are_those_of_the_published_formulas(masker, density, expected):
    scores = {"a": np.zeros(20), "b": np.zeros(15)}
    assert share(masker, scores, density=density).removed == expected


@pytest.mark.parametrize("masker", ["global_ep", "global_top"])
def test_gradual_searches_leave_out_more_after_each_event(masker):
    method = score_method.ScoreMethod(masker=masker, plan=PLAN)
    scores = {"a": np.zeros(10_000)}
    own = share(masker, scores, plan=PLAN)
    found = own.removed
    for epoch in (0, 3, 6, 9):
        own.prune(method, scores, epoch)
        found += own.removed
    assert own.left_out == 8000
    step = 1 - 0.2 ** (1 / 3)
    p = [step, step, step, 1 - (1 - step) ** 2, 0.8]
    assert found == [int(np.ceil(10_000 * each - 1e-6)) for each in p]


def test_thresholds_are_a_part_of_where_layers_began_and_stay():
    method = score_method.ScoreMethod("signed", threshold_share=0.25)
    scores = {
        "a": np.array([[0.5, -2.0], [0.1, -0.5]], np.float32),
        "b": np.array([0.3, 0.8], np.float32),
        "empty": np.zeros((0, 2), np.float32),
    }
    own = score_cuts.cut(method, {n: each.shape for n, each in scores.items()})
    own.start(method, scores)
    expected = {"a": 0.5, "b": np.float32(0.2), "empty": 0}
    assert own.thresholds == expected
    own.place(method, own.active, -1)
    moved = {**scores, "b": np.array([-9.0, 0.2], np.float32)}
    own.prune(method, moved, 3)
    assert own.thresholds == expected and own.left_out == 0
    for mask in (own.kept(method, moved), own.forward(method, moved)):
        np.testing.assert_array_equal(mask["a"], [[0, 1], [0, 0]])
        np.testing.assert_array_equal(mask["b"], [1, 0])
        assert mask["a"].dtype == np.uint8
    assert all(each.all() for each in own.active.values())


@pytest.mark.parametrize(
    ("scores", "is_said"),
    [([0.5] * 10, True), ([0.0] * 8 + [1, 2], True), (range(10), False)],
)
def test_a_share_says_if_ties_decide(caplog, scores, is_said):
    scores = {"a": np.array(scores, float)}
    own = share("ep", scores, density=0.5)
    method = score_method.ScoreMethod(masker="ep", density=0.5)
    own.warn_of_ties(method, scores, own.kept(method, scores))
    assert ("learned scores of a: " in caplog.text) == is_said
    assert ("Their place decides" in caplog.text) == is_said


@pytest.mark.parametrize("is_kept", [True, False])
def test_events_say_if_ties_decide_what_the_final_mask_keeps(caplog, is_kept):
    method = score_method.ScoreMethod(plan=PLAN)
    scores = {"a": np.array([0.0] * 8 + [1, 1])}
    own = score_cuts.EventCut({"a": (10,)})
    own.prune(method, scores, 3)
    assert caplog.text == ""
    masks = own.active if is_kept else own.kept(method, scores)
    own.warn_of_ties(method, scores, masks)
    assert ("learned scores of a: " in caplog.text) == is_kept
    own.place(method, {"a": np.ones(10)}, -1)  # Another search.
    caplog.clear()
    own.warn_of_ties(method, scores, masks)
    assert caplog.text == ""
