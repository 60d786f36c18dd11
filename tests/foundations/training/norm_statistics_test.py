"""Tests of training/norm_statistics.py, against plain numpy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.training import norm_statistics
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.tests import grids

L = keras.layers
EPSILON = 1e-3
BATCH_SIZE = 8


class Stream:
    """Examples that are read batch by batch."""

    checksum = "of a test"

    def __init__(self, x):
        self._x, self.shape, self.dtype = x, x.shape, x.dtype

    def __len__(self):
        return len(self._x)

    def read(self, rows, seed):
        assert seed is None
        return tf.gather(self._x, rows)


def prepare(x):
    return x * 2.0


def dataset(x=None, is_streamed=False):
    if x is None:
        rng = np.random.default_rng(0)
        x = rng.normal(1, 2, (30, 5)).astype(np.float32)
    given = Stream(x) if is_streamed else x
    y = np.arange(len(x)) % 3
    return dataset_base.DatasetBase(
        (given, y),
        BATCH_SIZE,
        (Stream(x) if is_streamed else x, y),
        train_order_seed=3,
        prepare=prepare,
    )


def network(dropout=0.0):
    """Two normalisations, the second after a ReLU and what dropout leaves."""
    keras.utils.set_random_seed(2)
    layers = [
        keras.Input((5,)),
        L.Dense(4, use_bias=False),
        L.BatchNormalization(epsilon=EPSILON, momentum=0.9, name="inner"),
        L.ReLU(),
        L.Dropout(dropout),
        L.Dense(3),
        L.BatchNormalization(epsilon=EPSILON, center=False, name="outer"),
    ]
    return keras_model.KerasModel(keras.Sequential(layers))


def twin(model, data, count):
    """Means over the first batches of their means and variances, by layer."""
    weights = {k: np.float64(v) for k, v in model.weights.items()}
    order = data.train.order(0)
    means, variances = [], []
    for start in range(0, count, BATCH_SIZE):
        x = np.float64(data.train.x)[order[start : start + BATCH_SIZE]] * 2
        z = x @ weights["dense"]
        normalized = (z - z.mean(0)) / np.sqrt(z.var(0) + EPSILON)
        scaled = normalized * weights["inner_gamma"] + weights["inner_beta"]
        last = np.maximum(scaled, 0) @ weights["dense_1"]
        last += weights["dense_1_bias"]
        means.append([z.mean(0), last.mean(0)])
        variances.append([z.var(0), last.var(0)])
    return {
        f"{name}_moving_{what}": np.mean([each[i] for each in found], axis=0)
        for what, found in {"mean": means, "variance": variances}.items()
        for i, name in enumerate(["inner", "outer"])
    }


def changed(model):
    """Gives a model other weights than those it was built with."""
    rng = np.random.default_rng(5)
    return model.reset(
        presets={
            name: rng.uniform(0.5, 1.5, array.shape).astype(np.float32)
            for name, array in model.weights.items()
        }
    )


@pytest.mark.parametrize("is_streamed", [False, True])
@pytest.mark.parametrize("examples", grids.thinned([10_000, 17, 3], [17]))
def test_statistics_are_as_numpy_has_them(examples, is_streamed):
    data, model = dataset(is_streamed=is_streamed), changed(network(0.5))
    before = model.weights
    norms = norm_statistics.NormStatistics(model, data, examples=examples)
    count = {10_000: 24, 17: 16, 3: 8}[examples]
    assert norms.examples == count
    norms.recompute()
    expected = twin(model, dataset(), count)
    assert len(expected) == 4
    for name, array in model.weights.items():
        if name in expected:
            np.testing.assert_allclose(array, expected[name], rtol=1e-5)
        else:
            np.testing.assert_array_equal(array, before[name])


def test_weights_of_examples_change_nothing():
    data, found = dataset(), []
    pair = data.train.x, data.train.y
    weighted = dataset_base.DatasetBase(
        (*pair, np.arange(30) % 4),
        BATCH_SIZE,
        pair,
        train_order_seed=3,
        prepare=prepare,
    )
    for each in data, weighted:
        model = changed(network())
        norm_statistics.NormStatistics(model, each).recompute()
        found.append(model.weights)
    for name, array in found[0].items():
        np.testing.assert_array_equal(array, found[1][name])


def test_it_is_traced_once_and_keeps_nothing_of_before(monkeypatch):
    data, model, traced = dataset(), network(), []
    plain = norm_statistics.NormStatistics._statistics

    def counting(self, x, values):
        traced.append(x)
        return plain(self, x, values)

    monkeypatch.setattr(norm_statistics.NormStatistics, "_statistics", counting)
    norms = norm_statistics.NormStatistics(model, data)
    norms.recompute()
    first = model.weights
    changed(model)
    norms.recompute()
    assert (model.weights["outer_moving_mean"] != 0).all()
    model.reset(presets=first)
    norms.recompute()
    for name, array in model.weights.items():
        np.testing.assert_array_equal(array, first[name])
    assert len(traced) == 1


def test_layers_are_plain_keras_afterwards():
    model = network()
    norms = norm_statistics.NormStatistics(model, dataset())
    norms.recompute()
    inner = model.network.get_layer("inner")
    assert inner.momentum == 0.9
    assert "call" not in vars(inner)


def test_images_are_normalised_over_all_positions():
    keras.utils.set_random_seed(1)
    layers = [keras.Input((4, 4, 2)), L.BatchNormalization(name="norm")]
    layers += [L.Flatten(), L.Dense(3)]
    model = keras_model.KerasModel(keras.Sequential(layers))
    x = np.random.default_rng(0).normal(3, 2, (16, 4, 4, 2)).astype("f4")
    data = dataset(x)
    norms = norm_statistics.NormStatistics(model, data)
    norms.recompute()
    batches = np.float64(x)[data.train.order(0)].reshape(2, 8, 4, 4, 2) * 2
    found = model.weights
    np.testing.assert_allclose(
        found["norm_moving_mean"], batches.mean((0, 1, 2, 3)), rtol=1e-5
    )
    np.testing.assert_allclose(
        found["norm_moving_variance"],
        batches.var((1, 2, 3)).mean(0),
        rtol=1e-5,
    )


def test_frozen_layers_and_networks_without_any_are_left_alone():
    frozen = network()
    for name in ("inner", "outer"):
        frozen.network.get_layer(name).trainable = False
    plain = keras_model.KerasModel(
        keras.Sequential([keras.Input((5,)), L.Dense(3)])
    )
    for model in (frozen, plain):
        before = model.weights
        norms = norm_statistics.NormStatistics(model, dataset())
        norms.recompute()
        assert norms.examples == 0
        for name, array in model.weights.items():
            np.testing.assert_array_equal(array, before[name])
