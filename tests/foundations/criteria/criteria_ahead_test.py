"""Tests of foundations/criteria/criteria_ahead.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import model_base
from lottery_ticket.foundations.criteria import (
    criteria_ahead,
    criteria_gradients,
    network_scores,
)
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.tests import tiny

BOTH = [criteria_ahead.prospr, criteria_ahead.prospr_first_order]


def given(model=None, weights=None, masks=None, data=None, **others):
    model, data = model or tiny.Model(), data or tiny.make_dataset()
    shape, rows = model.input_shape, np.arange(16, dtype=np.int32)
    own = weights or model.weights, masks or model.masks, shape, data
    return network_scores.Given(model, *own, **{"rows": rows, **others})


def weights_of(seed=1):
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(size=array.shape).astype(np.float32)
        for name, array in tiny.Model().weights.items()
    }


def twin_loss(w, x, labels):
    """Mean loss of the tiny model and its gradients, in numpy's float64."""
    before = x @ w["layer0"] + w["layer0_bias"]
    hidden = np.maximum(before, 0)
    logits = hidden @ w["layer1"] + w["layer1_bias"]
    by_logits = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    picked = np.arange(len(x)), labels
    loss = -np.log(by_logits[picked]).mean()
    by_logits[picked] -= 1
    by_logits /= len(x)
    by_hidden = by_logits @ w["layer1"].T * (before > 0)
    return loss, {
        "layer0": x.T @ by_hidden,
        "layer0_bias": by_hidden.sum(0),
        "layer1": hidden.T @ by_logits,
        "layer1_bias": by_logits.sum(0),
    }


def twin_ahead(weights, masks, batches):
    """The loss after the steps, and its gradients by what the weights are."""
    w = {name: array.astype(float) for name, array in weights.items()}
    for name, mask in masks.items():
        w[name] = w[name] * mask
    for x, labels in batches[:-1]:
        _, gradients = twin_loss(w, x, labels)
        for name, gradient in gradients.items():
            moved = gradient * masks.get(name, 1)
            w[name] = w[name] - criteria_ahead.RATE * moved
    return twin_loss(w, *batches[-1])


def twin_batches(data, count, seed):
    order = np.random.default_rng(seed).permutation(data.train.size)
    size = criteria_ahead.BATCH_SIZE
    rows = np.resize(order, (count, size))
    return [(data.train.x[r].astype(float), data.train.y[r]) for r in rows]


@pytest.mark.parametrize("is_masked", [False, True])
def test_it_is_the_gradient_through_the_steps_by_finite_differences(
    is_masked, monkeypatch
):
    monkeypatch.setattr(criteria_ahead, "BATCH_SIZE", 20)  # 64 last for 3.
    monkeypatch.setattr(criteria_ahead, "RATE", 0.3)
    data, weights = tiny.make_dataset(), weights_of()
    masks = tiny.masks() if is_masked else tiny.Model().masks
    batches = twin_batches(data, 4, 5)
    own = given(weights=weights, masks=masks, data=data, seed=5)
    found = criteria_ahead.prospr(own)
    for name, mask in masks.items():
        expected = np.zeros(mask.shape)
        for place in np.ndindex(mask.shape):
            losses = []
            for c in (1 + 1e-5, 1 - 1e-5):
                moved = {**weights, name: weights[name].astype(float)}
                moved[name][place] *= c
                losses.append(twin_ahead(moved, masks, batches)[0])
            expected[place] = abs(losses[0] - losses[1]) / 2e-5
        largest = expected.max()
        np.testing.assert_allclose(found[name], expected, atol=2e-4 * largest)
        np.testing.assert_array_equal(found[name][mask == 0], 0)


def test_the_first_order_is_the_gradient_where_the_steps_end(monkeypatch):
    monkeypatch.setattr(criteria_ahead, "BATCH_SIZE", 20)
    data, weights, masks = tiny.make_dataset(), weights_of(), tiny.masks()
    own = given(weights=weights, masks=masks, data=data, seed=5)
    found = criteria_ahead.prospr_first_order(own)
    through = criteria_ahead.prospr(own)
    _, gradients = twin_ahead(weights, masks, twin_batches(data, 4, 5))
    for name, mask in masks.items():
        expected = np.abs(weights[name] * gradients[name] * mask)
        np.testing.assert_allclose(found[name], expected, rtol=1e-3, atol=1e-6)
        assert (np.abs(through[name] - expected) > 1e-4).any()


@pytest.mark.parametrize("through_steps", [False, True])
def test_without_steps_it_is_snip(through_steps):
    weights, masks = weights_of(), tiny.masks()
    rows = np.random.default_rng(3).permutation(64).astype(np.int32)
    own = given(weights=weights, masks=masks, rows=rows, seed=3)
    expected = criteria_gradients.snip(own)
    found = criteria_ahead.look_ahead(own, 0, through_steps)
    assert list(found) == list(expected)
    for name, score in expected.items():
        np.testing.assert_allclose(found[name], score, rtol=1e-5, atol=1e-7)


class WithNorm(model_base.ModelBase):
    """A convolution with batch normalisation, and dropout before the end."""

    def __init__(self, rate=0.5):
        super().__init__((4, 4, 2))
        x = self.conv2d_layer("conv", self.inputs, 4, use_bias=False)
        x = keras.layers.ReLU()(self.norm_layer("norm", x))
        x = keras.layers.Dropout(rate)(keras.layers.Flatten()(x))
        self.set_outputs(self.dense_layer("logits", x, 3))


@pytest.mark.parametrize("function", BOTH)
def test_norms_see_the_batch_and_nothing_is_dropped_or_changed(function):
    x = np.random.default_rng(1).normal(size=(30, 4, 4, 2)).astype(np.float32)
    pair = x, np.arange(30) % 3
    data = dataset_base.DatasetBase(pair, 10, pair)
    model = WithNorm().reset(seed=1)
    before = model.weights
    expected = function(given(model, data=data))
    moved = {"norm_moving_mean": np.full(4, 3.0, np.float32)}
    others = [
        function(given(model, {**model.weights, **moved}, data=data)),
        function(given(WithNorm(0.0), before, data=data)),
    ]
    for name, score in expected.items():
        assert score.any()
        for other in others:
            np.testing.assert_array_equal(other[name], score)
    for name, array in model.weights.items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize("function", BOTH)
def test_scores_that_are_not_finite_are_an_error(function):
    weights = {**weights_of(), "layer1": np.full((5, 3), np.inf, np.float32)}
    with pytest.raises(
        FloatingPointError, match=rf"Scores of {function.__name__} must"
    ):
        function(given(weights=weights))


def test_a_batch_is_read_whole(monkeypatch):
    """Normalisations would see parts of it."""
    monkeypatch.setattr(network_scores, "CHUNK_NUMBERS", 8)
    expected = criteria_ahead.prospr(given(seed=2))
    monkeypatch.undo()
    for name, score in criteria_ahead.prospr(given(seed=2)).items():
        np.testing.assert_array_equal(score, expected[name])
