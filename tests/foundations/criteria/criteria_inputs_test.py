"""Tests of foundations/criteria/criteria_inputs.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations import fit_pruning, keras_model
from lottery_ticket.foundations.criteria import (
    criteria,
    criteria_inputs,
    network_scores,
)
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.tests import tiny

L = keras.layers
ROWS = np.arange(0, 50, 2, dtype=np.int32)


def scores(model, x, weights=None, masks=None):
    """On all of some examples, at the model's weights unless others."""
    pair = x, np.arange(len(x)) % 2
    given = network_scores.Given(
        model,
        weights or model.weights,
        masks or model.masks,
        x.shape[1:],
        dataset_base.DatasetBase(pair, len(x), pair),
        np.arange(len(x), dtype=np.int32),
    )
    return criteria_inputs.wanda(given)


def wrapped(x, *layers):
    network = keras.Sequential([keras.Input(x.shape[1:]), *layers])
    return keras_model.KerasModel(network, x)


def test_golden_numbers():
    """Norms are 1 and 4, over two examples."""
    x = np.array([[0.6, 0], [0.8, -4]], np.float32)
    model = wrapped(x, L.Dense(2))
    kernel = np.array([[3, -1], [1, 2]], np.float32)
    found = scores(model, x, {**model.weights, "dense": kernel})
    np.testing.assert_allclose(found["dense"], [[3, 1], [4, 8]], rtol=1e-6)


def test_where_all_inputs_are_alike_it_is_the_magnitude():
    x = np.full((9, 4), -2, np.float32)
    model = wrapped(x, L.Dense(5))
    found = scores(model, x)["dense"]
    np.testing.assert_allclose(found, 6 * np.abs(model.weights["dense"]))


@pytest.mark.parametrize("is_masked", [False, True])
def test_inputs_are_those_that_pruned_layers_give(is_masked):
    """The numpy twin of a network of two layers."""
    model = tiny.Model().reset(seed=1)
    rng = np.random.default_rng(2)
    w = {n: rng.normal(size=a.shape) for n, a in model.weights.items()}
    w = {name: array.astype(np.float32) for name, array in w.items()}
    masks = tiny.masks() if is_masked else model.masks
    data = tiny.make_dataset()
    given = model, w, masks, (4,), data, ROWS
    found = criteria_inputs.wanda(network_scores.Given(*given))
    x = data.train.x[ROWS]
    kept = {name: w[name] * mask for name, mask in masks.items()}
    hidden = np.maximum(x @ kept["layer0"] + w["layer0_bias"], 0)
    for name, inputs in (("layer0", x), ("layer1", hidden)):
        norms = np.linalg.norm(inputs, axis=0)[:, np.newaxis]
        expected = np.abs(kept[name]) * norms
        np.testing.assert_allclose(found[name], expected, rtol=2e-6)


def test_chunks_give_what_all_examples_give(monkeypatch):
    x = np.random.default_rng(3).normal(size=(25, 4)).astype(np.float32)
    model = wrapped(x, L.Dense(5, "relu"), L.Dense(2))
    whole = scores(model, x)
    monkeypatch.setattr(network_scores, "CHUNK_NUMBERS", 4 * 7)
    for name, score in scores(model, x).items():
        np.testing.assert_allclose(score, whole[name], rtol=1e-5)


def patches(x, size, stride, pad):
    """Array (patches of all examples, height, width, channels)."""
    x = np.pad(x, ((0, 0), pad, pad, (0, 0)))
    rows = range(0, x.shape[1] - size + 1, stride)
    columns = range(0, x.shape[2] - size + 1, stride)
    return np.concatenate(
        [x[:, r : r + size, c : c + size] for r in rows for c in columns]
    )


@pytest.mark.parametrize(
    ("layer", "stride", "pad"),
    [
        (L.Conv2D(5, 3, padding="same", activation="tanh"), 1, (1, 1)),
        (L.Conv2D(4, 3, strides=2, use_bias=False), 2, (0, 0)),
        (L.DepthwiseConv2D(3, depth_multiplier=2), 1, (0, 0)),
    ],
)
def test_of_a_convolution_each_entry_of_a_patch_has_a_norm(layer, stride, pad):
    x = np.random.default_rng(4).normal(size=(6, 7, 7, 3)).astype(np.float32)
    model = wrapped(x, layer, L.Flatten(), L.Dense(2))
    (name, found), _ = scores(model, x).items()
    norms = np.sqrt((patches(x, 3, stride, pad) ** 2).sum(0))
    kernel = np.abs(model.weights[name])
    expected = kernel * norms[..., np.newaxis]
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_groups_of_channels_have_their_own_inputs():
    x = np.random.default_rng(5).normal(size=(6, 2, 2, 4)).astype(np.float32)
    model = wrapped(x, L.Conv2D(6, 1, groups=2), L.Flatten(), L.Dense(2))
    (name, found), _ = scores(model, x).items()
    norms = np.sqrt((x**2).sum((0, 1, 2))).reshape(2, 2)
    kernel = np.abs(model.weights[name])
    expected = kernel * np.repeat(norms.T, 3, axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_of_words_norms_are_over_all_places():
    """Attention's einsums, and a dense layer that is applied to each word."""
    x = np.random.default_rng(6).normal(size=(6, 3, 4)).astype(np.float32)
    inputs = keras.Input((3, 4))
    words = L.MultiHeadAttention(2, 5)(inputs, inputs)
    outputs = L.Dense(2)(L.Flatten()(L.Dense(4)(words)))
    model = keras_model.KerasModel(keras.Model(inputs, outputs), x)
    found = scores(model, x)
    norms = np.linalg.norm(x.reshape(-1, 4), axis=0)
    names = [n for n in found if n.endswith(("query", "key", "value"))]
    assert len(names) == 3 and len(found) == 6
    for name in names:
        kernel = np.abs(model.weights[name])
        expected = kernel * norms[:, np.newaxis, np.newaxis]
        np.testing.assert_allclose(found[name], expected, rtol=1e-4)
    seen = keras.Model(inputs, words)(x).numpy().reshape(-1, 4)
    kernel = np.abs(model.weights["dense"])
    expected = kernel * np.linalg.norm(seen, axis=0)[:, np.newaxis]
    np.testing.assert_allclose(found["dense"], expected, rtol=1e-4)


def test_a_layer_used_twice_sums_up_both_of_its_inputs():
    x = np.random.default_rng(7).normal(size=(6, 4)).astype(np.float32)
    shared = L.Dense(4, name="shared")
    model = wrapped(x, shared, L.ReLU(), shared, L.Dense(2))
    found = scores(model, x)["shared"]
    w, b = model.weights["shared"], model.weights["shared_bias"]
    both = np.concatenate([x, np.maximum(x @ w + b, 0)])
    expected = np.abs(w) * np.linalg.norm(both, axis=0)[:, np.newaxis]
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_mixed_precision_scores_in_float32():
    x = np.random.default_rng(8).normal(size=(6, 4)).astype(np.float32)
    plain = wrapped(x, L.Dense(4, "relu"), L.Dense(2))
    options = {"dtype": "mixed_bfloat16"}
    mixed = wrapped(x, L.Dense(4, "relu", **options), L.Dense(2, **options))
    expected = scores(plain, x).values()
    found = scores(mixed, x, plain.weights).values()
    for score, own in zip(found, expected, strict=True):
        np.testing.assert_allclose(score, own, rtol=1e-5)


@pytest.mark.parametrize(
    ("layers", "named"),
    [
        ([L.LSTM(3)], "LSTMCell"),
        ([L.Embedding(5, 3), L.Flatten()], "Embedding"),
        ([L.Reshape((4, 1)), L.SeparableConv1D(3, 2)], "SeparableConv1D"),
        ([L.Reshape((4, 1)), L.TimeDistributed(L.Dense(3))], "Dense"),
    ],
)
def test_layers_without_plain_inputs_are_refused_by_name(layers, named):
    x = np.zeros((2, 4, 2) if named == "LSTMCell" else (2, 4), np.float32)
    model = wrapped(x, *layers, L.Flatten(), L.Dense(2))
    with pytest.raises(ValueError, match=f"'wanda' is of .*{named} '") as info:
        criteria.check_network("wanda", model)
    assert "Use large_final" in str(info.value)
    assert "Dense 'dense'" not in str(info.value).replace("Dense 'time_", "")


@pytest.mark.parametrize("granularity", ["per_unit", "2:4"])
def test_layers_are_pruned_in_order(granularity):
    """The second sees what the first, once pruned, gives."""
    x = np.random.default_rng(9).normal(size=(40, 4)).astype(np.float32)
    pair = x, np.arange(40) % 2
    data = dataset_base.DatasetBase(pair, 8, pair)
    network = keras.Sequential(
        [keras.Input((4,)), L.Dense(8, "relu"), L.Dense(6)]
    )
    before = [each.numpy() for each in network.weights]
    found = fit_pruning.prune_trained(
        network,
        0.5 if granularity == "per_unit" else None,
        criterion="wanda",
        dataset=data,
        granularity=granularity,
    )
    rows = network_scores.choose_examples(data.train, 10, 0)
    inputs = x[rows]
    for kernel, bias, mask in zip(
        before[::2], before[1::2], found.masks.values(), strict=True
    ):
        score = np.abs(kernel) * np.linalg.norm(inputs, axis=0)[:, np.newaxis]
        size = 4 if granularity == "2:4" else len(kernel)
        parts = score.T.reshape(-1, size)
        rank = parts.argsort(1).argsort(1) >= size // 2
        expected = rank.reshape(score.T.shape).T
        np.testing.assert_array_equal(mask, expected)
        inputs = np.maximum(inputs @ (kernel * mask) + bias, 0)
