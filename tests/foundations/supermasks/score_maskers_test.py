"""Tests of foundations/supermasks/score_maskers.py: masks and gradients."""

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.supermasks import score_maskers, score_method
from lottery_ticket.tests import contracts

SCORES = [
    np.array([[0.9, 0.5, 0.1], [0.51, 0.0, 1.0]], np.float32),
    np.array([0.49, 0.7, 0.3], np.float32),
]
SIGNED = [
    np.array([[-0.9, 0.5, 0.1], [0.51, 0.0, -1.0]], np.float32),
    np.array([0.49, -0.7, -0.3], np.float32),
]
UPSTREAM = [np.array([[1, 2, 3], [-4, 5, 6]], "f4"), np.array([7, -8, 9], "f4")]


def masks_and_gradients(name, scores, removed=None, training=True):
    """With UPSTREAM as the gradient of the loss by the masks."""
    scores = [tf.constant(each) for each in scores]
    with tf.GradientTape() as tape:
        tape.watch(scores)
        counts = None if removed is None else tf.constant(removed, tf.int64)
        masks = score_maskers.MASKERS[name].function(
            scores, counts, 0.5, training
        )
        loss = tf.add_n(
            [
                tf.reduce_sum(mask * own)
                for mask, own in zip(masks, UPSTREAM, strict=True)
            ]
        )
    gradients = tape.gradient(loss, scores)
    return [each.numpy() for each in masks], [g.numpy() for g in gradients]


def by_sign():
    pairs = zip(UPSTREAM, SIGNED, strict=True)
    return [upstream * np.sign(score) for upstream, score in pairs]


def check(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("training", [True, False])
def test_the_hypercube_is_cut_strictly_and_all_scores_learn(training):
    masks, gradients = masks_and_gradients("hc", SCORES, training=training)
    check(masks, [[[1, 0, 0], [1, 0, 1]], [0, 1, 0]])
    check(gradients, UPSTREAM)


def test_relaxed_scores_stand_for_themselves():
    masks, gradients = masks_and_gradients("hc_relaxed", SCORES)
    check(masks, SCORES)
    check(gradients, UPSTREAM)


def test_evaluation_sees_projected_scores():
    outside = [3 * SIGNED[0], SIGNED[1]]
    masks, _ = masks_and_gradients("hc_relaxed", outside)
    check(masks, outside)
    masks, _ = masks_and_gradients("hc_relaxed", outside, training=False)
    check(masks, [np.clip(each, 0, 1) for each in outside])


@pytest.mark.parametrize("training", [True, False])
def test_edge_popup_compares_magnitudes_of_a_layer(training):
    masks, gradients = masks_and_gradients("ep", SIGNED, [4, 1], training)
    check(masks, [[[1, 0, 0], [0, 0, 1]], [1, 1, 0]])
    check(gradients, by_sign())


def test_global_edge_popup_compares_magnitudes_of_all():
    masks, gradients = masks_and_gradients("global_ep", SIGNED, [6])
    check(masks, [[[1, 0, 0], [0, 0, 1]], [0, 1, 0]])
    check(gradients, by_sign())


def test_global_top_compares_scores_of_all():
    masks, gradients = masks_and_gradients("global_top", SIGNED, [6])
    check(masks, [[[0, 1, 0], [1, 0, 0]], [1, 0, 0]])
    check(gradients, UPSTREAM)
    # Projection ties scores in bulk: those of 1 all stay.
    ones = [np.ones((2, 3), np.float32), SCORES[1]]
    masks, _ = masks_and_gradients("global_top", ones, [6])
    check(masks, [np.ones((2, 3)), [0, 0, 0]])


def test_every_masker_says_what_it_is():
    contracts.check_entries(
        score_maskers.MASKERS, "scores", "removed", "threshold", "training"
    )


@pytest.mark.parametrize("name", score_maskers.MASKERS)
def test_those_with_a_threshold_look_at_it(name):
    entry = score_maskers.MASKERS[name]
    removed = np.zeros(2 if entry.by_layer else 1, np.int32)
    low, high = (
        np.concatenate(
            [np.ravel(m) for m in entry.function(SCORES, removed, at, True)]
        )
        for at in (-1.0, 2.0)
    )
    assert (low != high).any() == entry.has_threshold


@pytest.mark.parametrize("name", score_method.TOP)
def test_nothing_left_out_is_all_kept(name):
    removed = [0, 0] if name == "ep" else [0]
    scores = [np.zeros((2, 3), np.float32), -SCORES[1]]
    masks, _ = masks_and_gradients(name, scores, removed)
    check(masks, [np.ones((2, 3)), np.ones(3)])


@pytest.mark.parametrize("name", ["ep", "global_ep"])
def test_what_ties_with_the_cutoff_goes_too(name):
    tied = [np.full((2, 3), 0.5, np.float32), SCORES[1]]
    removed = [1, 0] if name == "ep" else [3]
    masks, _ = masks_and_gradients(name, tied, removed)
    check(masks[0], np.zeros((2, 3)))
    assert masks[1].any()
