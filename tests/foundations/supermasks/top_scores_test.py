"""Tests of foundations/supermasks/top_scores.py."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations.supermasks import (
    pruning_events,
    score_method,
    top_scores,
)

SIZES = {"a": 20, "b": 15}


def make(masker, density=None, **options):
    return score_method.ScoreMethod(masker, density, **options)


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
    assert top_scores.removed(make(masker, density), SIZES) == expected


@pytest.mark.parametrize("masker", ["global_ep", "global_top"])
def test_gradual_searches_leave_out_more_after_each_event(masker):
    plan = pruning_events.plan(10, 3, 0.2)
    method = make(masker, plan=plan)
    found = [
        top_scores.removed(method, {"a": 10_000}, epoch)[0]
        for epoch in (-1, 0, 3, 6, 9)
    ]
    step = 1 - 0.2 ** (1 / 3)
    p = [step, step, step, 1 - (1 - step) ** 2, 0.8]
    assert found == [int(np.ceil(10_000 * each - 1e-6)) for each in p]


def masks_by_sorting(ranks, count):
    order = np.argsort(ranks, kind="stable")
    mask = np.ones(len(ranks), np.uint8)
    mask[order[:count]] = 0
    return mask


@hypothesis.given(
    st.sampled_from(score_method.TOP),
    st.lists(st.sampled_from([-1, -0.5, 0, 0.5, 1]), min_size=7, max_size=7),
    st.floats(0.01, 1),
)
def test_masks_leave_out_exactly_so_many_the_first_of_ties(
    masker, values, density
):
    values = np.array(values, np.float32)
    scores = {"a": values[:4].reshape(2, 2), "b": values[4:]}
    method = make(masker, density)
    sizes = {name: each.size for name, each in scores.items()}
    counts = top_scores.removed(method, sizes)
    found = top_scores.masks(method, scores, counts)
    is_signed = method.masker_entry.is_signed
    ranks = np.abs(values) if is_signed else np.maximum(values, 0)
    if masker == "ep":
        parts = zip((ranks[:4], ranks[4:]), counts, strict=True)
        expected = np.concatenate([masks_by_sorting(*each) for each in parts])
    else:
        expected = masks_by_sorting(ranks, counts[0])
    flat = np.concatenate([found["a"].ravel(), found["b"]])
    np.testing.assert_array_equal(flat, expected)
    assert found["a"].dtype == np.uint8 and found["a"].shape == (2, 2)


@pytest.mark.parametrize(
    ("masker", "counts", "a", "b"),
    [
        ("ep", [2, 1], [0, 0, 0, 1], [1, 0]),
        ("ep", [0, 2], [1, 1, 1, 1], [0, 0]),
        ("global_ep", [0], [1, 1, 1, 1], [1, 1]),
        ("global_ep", [2], [0, 0, 0, 1], [1, 0]),
        ("global_ep", [5], [0, 0, 0, 0], [0, 0]),
        # What is below 0 counts as 0, and what is 1 stays.
        ("global_top", [1], [1, 1, 0, 0], [1, 1]),
        ("global_top", [3], [0, 0, 0, 0], [1, 0]),
        ("global_top", [6], [0, 0, 0, 0], [1, 0]),
    ],
)
def test_the_forward_pass_leaves_out_what_ties(masker, counts, a, b):
    scores = {
        "a": np.array([0.5, 0.5, -0.5, -1], np.float32),
        "b": np.array([1, 0.5], np.float32),
    }
    method = make(masker, 0.5)
    kept = top_scores.masks(method, scores, counts)
    found = top_scores.forward(method, scores, kept)
    for name, mask in {"a": a, "b": b}.items():
        np.testing.assert_array_equal(found[name], mask)
        assert found[name].dtype == np.uint8
