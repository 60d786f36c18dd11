"""Tests of foundations/supermasks/maskers.py: gradients of mask logits."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.supermasks import learned_masks, maskers
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
    expected = learned_masks.threshold({"a": logits})["a"]
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


def test_every_masker_is_a_sampling_and_says_what_it_is():
    contracts.check_entries(maskers.MASKERS, "scores", "uniforms", True)
    assert tuple(maskers.MASKERS) == learned_masks.SAMPLINGS
    for name, entry in maskers.MASKERS.items():
        logits = [np.zeros((30, 30), np.float32)]
        masks = [
            entry.function(logits, [np.full((30, 30), u, np.float32)], False)
            for u in (0.1, 0.9)
        ]
        is_same = (masks[0][0] == masks[1][0]).numpy().all()
        assert entry.draws_in_evaluation != is_same, name
