"""Tests of foundations/learned_masks/maskers.py: masks and their gradients."""

import itertools

import hypothesis
import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from lottery_ticket.foundations.learned_masks import (
    learned_masks,
    maskers,
    sampled_masks,
    score_method,
)
from lottery_ticket.foundations.selection import pruning
from lottery_ticket.tests import contracts

RNG = np.random.default_rng(5)
LOGITS = np.array([0.7, -1.2, 0.1, 2.0], np.float32)
KERNEL = np.array([0.5, -1.0, 2.0, 0.3], np.float32)
X = np.array([[1.0, 2.0, -1.0, 0.5], [0.2, -0.4, 1.0, 3.0]], np.float32)
Y = np.array([0.3, -0.7], np.float32)


def sigmoid(logits):
    return 1 / (1 + np.exp(-np.asarray(logits, np.float64)))


def mask_and_gradient(
    logits, uniform, loss, rescaling="none", name="bernoulli", training=True
):
    """The mask of one layer, and the gradient of a loss by its logits."""
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        uniform = tf.constant(uniform, tf.float32)
        (mask,) = maskers.MASKERS[name].function([logits], [uniform], training)
        value = loss(maskers.rescaled(mask, rescaling))
    return mask.numpy(), tape.gradient(
        value, logits, unconnected_gradients="zero"
    ).numpy()


def all_masks(logits):
    """Each mask with its probability and the uniforms that give it."""
    p = sigmoid(logits)
    for mask in itertools.product((0, 1), repeat=len(logits)):
        mask = np.array(mask)
        yield np.prod(np.where(mask, p, 1 - p)), 0.9999999 * (1 - mask)


def test_soft_masks_are_sigmoids_of_noise_and_scores():
    scores, uniforms = [-2.0, 0.0, 1.5], [0.9, 0.25, 0.1]
    found = maskers.concrete([tf.constant(scores)], [uniforms], 2 / 3)
    np.testing.assert_allclose(
        found[0], [0.785134, 0.161390, 0.142359], rtol=1e-5
    )
    start = [float(np.log(0.02 / 0.98))] * 4
    uniforms = [0.9, 0.5, 0.0, 1 - 2**-24]
    (found,) = maskers.concrete([tf.constant(start)], [uniforms], 2 / 3)
    np.testing.assert_allclose(found[:3], [0.355263, 0.02, 0], atol=1e-6)
    assert found[3] > 0.999 and np.isfinite(found).all()


@pytest.mark.parametrize(
    ("density", "mean", "above_half"),
    [
        *((0.1, 0.2371, 0.1877), (0.02, 0.1084, 0.0695)),
        *((0.01, 0.0751, 0.0446), (0.005, 0.0512, 0.0285)),
    ],
)
def test_masks_whose_median_is_a_density_keep_more(density, mean, above_half):
    """Golden numbers, over uniforms that are evenly spaced."""
    uniforms = ((np.arange(200_000) + 0.5) / 200_000).astype(np.float32)
    score = np.log(density / (1 - density))
    scores = tf.fill(uniforms.shape, tf.constant(score, tf.float32))
    (found,) = maskers.concrete([scores], [uniforms], 2 / 3)
    assert np.median(found) == pytest.approx(density, rel=1e-3)
    assert np.mean(found) == pytest.approx(mean, abs=6e-5)
    assert np.mean(found > 0.5) == pytest.approx(above_half, abs=6e-5)


@pytest.mark.parametrize("temperature", [0.5, 0.6666667, 1.0])
def test_soft_masks_and_their_gradients_against_numpy(temperature):
    scores = tf.constant(LOGITS)
    uniforms = RNG.random(4).astype(np.float32)
    with tf.GradientTape() as tape:
        tape.watch(scores)
        masks = maskers.concrete([scores], [uniforms], temperature)
        value = tf.reduce_sum(masks[0] * [1.0, 2.0, 3.0, 4.0])
    u = np.float64(uniforms)
    z = sigmoid(np.log(u / (1 - u)) / temperature + LOGITS)
    np.testing.assert_allclose(masks[0], z, 1e-5)
    expected = z * (1 - z) * [1, 2, 3, 4]
    np.testing.assert_allclose(tape.gradient(value, scores), expected, 1e-4)


@pytest.mark.parametrize("temperature", [0.01, 0.6666667, 5.0])
def test_soft_masks_of_the_largest_scores_are_0_and_1(temperature):
    """Whatever is drawn; no product of 0 and infinity is among them."""
    scores = tf.repeat([-5e4, 5e4], 3)
    uniforms = tf.constant([0.0, 0.5, 1 - 2**-24] * 2)
    with tf.GradientTape() as tape:
        tape.watch(scores)
        (masks,) = maskers.concrete([scores], [uniforms], temperature)
    np.testing.assert_array_equal(masks, [0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(tape.gradient(masks, scores), np.zeros(6))


@pytest.mark.parametrize("kept", [1, 5, 11, 12, 20, 23])
@pytest.mark.parametrize("kind", ["normal", "ties", "equal", "negative"])
def test_the_highest_scores_are_exactly_as_many_as_asked(kind, kept):
    scores = RNG.normal(size=24)
    if kind == "ties":
        scores = RNG.integers(-1, 2, 24)
    if kind == "equal":
        scores = np.full(24, -3.9)
    if kind == "negative":
        scores = -abs(scores)
    scores = np.asarray(scores, np.float32)
    by_layer = {"a": scores[:9].reshape(3, 3), "b": scores[9:]}
    masks = {name: np.ones(x.shape, np.uint8) for name, x in by_layer.items()}
    expected = pruning.cut(kept, masks, by_layer)
    given = [tf.constant(each) for each in by_layer.values()]
    found = maskers.highest(given, tf.constant(kept, tf.int64))
    assert sum(float(tf.reduce_sum(each)) for each in found) == kept
    for mask, own in zip(found, expected.values(), strict=True):
        np.testing.assert_array_equal(mask, own)


def squared(mask):
    return tf.reduce_mean((tf.linalg.matvec(X, KERNEL * mask) - Y) ** 2)


def linear(mask):
    return tf.reduce_sum(tf.linalg.matvec(X, KERNEL * mask) * [2.0, -3.0])


@pytest.mark.parametrize(
    ("loss", "logits"), [(linear, LOGITS), (squared, np.zeros(4, np.float32))]
)
def test_the_mean_gradient_is_that_of_the_expected_loss(loss, logits):
    """Exact if the loss is linear, and for a squared one where p is 1/2."""

    def expected(logits):
        return sum(
            p * loss(tf.constant(uniform == 0, tf.float32)).numpy()
            for p, uniform in all_masks(logits)
        )

    mean = sum(
        p * mask_and_gradient(logits, uniform, loss)[1]
        for p, uniform in all_masks(logits)
    )
    step = 1e-3 * np.eye(len(logits))
    differences = [
        (expected(logits + each) - expected(logits - each)) / 2e-3
        for each in step
    ]
    assert np.abs(differences).min() > 0.01
    np.testing.assert_allclose(mean, differences, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("rescaling", learned_masks.RESCALINGS)
def test_gradients_are_the_closed_forms(rescaling):
    uniform = np.array([0.1, 0.9, 0.2, 0.5])
    mask, gradient = mask_and_gradient(LOGITS, uniform, squared, rescaling)
    np.testing.assert_array_equal(mask, [1, 0, 1, 1])
    p, size, kept = sigmoid(LOGITS), 4, 3
    factor = 1 if rescaling == "none" else size / kept
    # G, the gradient by the effective kernel.
    g = X.T @ (X @ (factor * KERNEL * mask) - Y)
    expected = factor * KERNEL * g
    if rescaling == "dynamic":
        expected -= size / kept**2 * (KERNEL * mask * g).sum()
    np.testing.assert_allclose(gradient, p * (1 - p) * expected, rtol=1e-5)


def test_a_mask_is_0_or_1_and_1_where_the_number_is_below_the_probability():
    logits = RNG.normal(size=1000).astype(np.float32) * 3
    uniform = RNG.random(1000).astype(np.float32)
    for training in (True, False):
        mask, _ = mask_and_gradient(
            logits, uniform, tf.reduce_sum, training=training
        )
        np.testing.assert_array_equal(mask, uniform < sigmoid(logits))


def test_rounding_takes_half_of_the_entries_as_they_are_in_training():
    uniform = np.array([0.4, 0.6, 0.4, 0.6])
    logits = np.array([1.0, 1.0, -1.0, -1.0], np.float32)
    mask, gradient = mask_and_gradient(logits, uniform, linear, name="round")
    p = sigmoid(logits)
    np.testing.assert_allclose(mask, [p[0], 1, p[2], 0], rtol=1e-6)
    g = KERNEL * (X.T @ [2.0, -3.0])
    np.testing.assert_allclose(
        gradient, p * (1 - p) * g * [1, 0, 1, 0], rtol=1e-5
    )


def test_rounding_is_certain_in_evaluation_and_one_half_is_pruned():
    logits = np.array([1e-9, 0.0, -2.0, 50.0], np.float32)
    mask, _ = mask_and_gradient(
        logits, np.zeros(4), tf.reduce_sum, name="round", training=False
    )
    np.testing.assert_array_equal(mask, [1, 0, 0, 1])
    expected = sampled_masks.threshold({"a": logits})["a"]
    np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("rescaling", ["dynamic", "dynamic_no_gradient"])
def test_rescaling_keeps_the_scale_of_what_a_layer_gives(rescaling):
    p, inputs, count = 0.2, 400, 300
    kernel = RNG.normal(size=inputs).astype(np.float32)
    x = RNG.normal(size=inputs).astype(np.float32) + 1
    outputs = []
    for _ in range(count):
        mask = tf.constant(RNG.random(inputs) < p, tf.float32)
        scaled = maskers.rescaled(mask, rescaling).numpy()
        np.testing.assert_allclose(scaled.mean(), 1, rtol=1e-5)
        outputs.append((x * kernel * scaled).sum())
    error = np.std(outputs) / np.sqrt(count)
    assert abs(np.mean(outputs) - x @ kernel) < 4 * error


@pytest.mark.parametrize("rescaling", learned_masks.RESCALINGS)
def test_a_mask_that_keeps_nothing_is_not_divided_by(rescaling):
    mask, gradient = mask_and_gradient(
        LOGITS, np.full(4, 0.999), squared, rescaling
    )
    assert not mask.any()
    assert np.isfinite(gradient).all() and gradient.any()
    p = sigmoid(LOGITS)
    factor = 1 if rescaling == "none" else 4
    expected = factor * p * (1 - p) * KERNEL * (X.T @ -Y)
    np.testing.assert_allclose(gradient, expected, rtol=1e-5)


def test_every_masker_says_what_it_is():
    contracts.check_entries(maskers.MASKERS, "trained", "cut", True)
    assert maskers.OF_LOGITS == learned_masks.SAMPLINGS
    assert (*maskers.OF_LOGITS, *maskers.OF_SCORES) == tuple(maskers.MASKERS)


def test_those_that_draw_in_evaluation_differ_by_the_uniforms():
    for name in maskers.OF_LOGITS:
        entry = maskers.MASKERS[name]
        logits = [np.zeros((30, 30), np.float32)]
        masks = [
            entry.function(logits, [np.full((30, 30), u, np.float32)], False)
            for u in (0.1, 0.9)
        ]
        is_same = (masks[0][0] == masks[1][0]).numpy().all()
        assert entry.draws_in_evaluation != is_same, name


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
        cut = 0.5 if removed is None else tf.constant(removed, tf.int64)
        masks = maskers.MASKERS[name].function(scores, cut, training)
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


@pytest.mark.parametrize("training", [True, False])
def test_signed_masks_are_signs_above_a_threshold_and_all_scores_learn(
    training,
):
    scores = [np.array([0.5, -0.5, 0.1, 0.2, -0.2], np.float32), SIGNED[0]]
    (own, other), gradients = signs_and_gradients(scores, [0.2, 0.5], training)
    check([own, other], [[1, -1, 0, 0, 0], [[-1, 0, 0], [1, 0, -1]]])
    check(gradients, [[1, 2, 3, 4, 5], UPSTREAM[0]])


def signs_and_gradients(scores, thresholds, training=True):
    """With a gradient of the loss by the masks that tells entries apart."""
    upstream = [np.arange(1, scores[0].size + 1, dtype="f4"), UPSTREAM[0]]
    scores = [tf.constant(each) for each in scores]
    with tf.GradientTape() as tape:
        tape.watch(scores)
        cut = [tf.constant(each, tf.float32) for each in thresholds]
        masks = maskers.MASKERS["signed"].function(scores, cut, training)
        loss = sum(
            tf.reduce_sum(mask * own)
            for mask, own in zip(masks, upstream, strict=False)
        )
    gradients = tape.gradient(loss, scores)
    return [each.numpy() for each in masks], [g.numpy() for g in gradients]


# Zeros of both signs, and numbers that a device does not take for 0.
ANY = arrays.arrays(
    np.float32,
    6,
    elements=st.one_of(
        st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, -0.5]),
        st.floats(-2, 2, width=32, allow_subnormal=False),
    ),
)


@hypothesis.given(ANY, st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_as_many_are_kept_as_are_farther_from_0_than_the_threshold(
    scores, threshold
):
    (mask,), (gradient,) = signs_and_gradients([scores], [threshold])
    is_kept = np.abs(scores) > threshold
    assert np.abs(mask).sum() == is_kept.sum()
    np.testing.assert_array_equal(mask, np.where(is_kept, np.sign(scores), 0))
    np.testing.assert_array_equal(gradient, [1, 2, 3, 4, 5, 6])


@pytest.mark.parametrize(
    "name", [n for n in maskers.OF_SCORES if maskers.MASKERS[n].by_events]
)
def test_those_with_a_threshold_look_at_it(name):
    entry = maskers.MASKERS[name]
    low, high = (
        np.concatenate([np.ravel(m) for m in entry.function(SCORES, at, True)])
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
