"""Tests of training/line_evaluation.py."""

import hypothesis
import keras
import numpy as np
import pytest
from hypothesis import strategies as st

from lottery_ticket.foundations import keras_model, model_base
from lottery_ticket.foundations.training import (
    line_evaluation,
    network_evaluation,
    programs,
)
from lottery_ticket.foundations.values import interpolation
from lottery_ticket.tests import tiny

ALPHAS = interpolation.positions(5)


def norm_model():
    keras.utils.set_random_seed(1)
    layers = [
        keras.Input((4,)),
        keras.layers.Dense(5),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.ReLU(),
        keras.layers.Dropout(0.5),
        keras.layers.Dense(3),
    ]
    return keras_model.KerasModel(keras.Sequential(layers))


def ends(model, masks=None):
    return [model.reset(masks=masks, seed=seed).weights for seed in (1, 2)]


def twin(network, split):
    """Error and loss of the tiny model, in float64."""
    x = np.maximum(split.x @ network["layer0"] + network["layer0_bias"], 0)
    logits = x @ network["layer1"] + network["layer1_bias"]
    hits = logits.argmax(1) == split.y
    logits -= np.log(np.exp(logits).sum(1, keepdims=True))
    return 1 - hits.mean(), -logits[np.arange(split.size), split.y].mean()


def test_every_point_is_as_numpy_has_it():
    model, data = tiny.Model(), tiny.make_dataset()
    first, second = ends(model, tiny.masks())
    columns, own, count = line_evaluation.evaluate(
        model, data, first, second, tiny.masks(), ALPHAS
    )
    assert count == 0
    for name, column in columns.items():
        assert own[name]["loss"] == [column["loss"][i] for i in (0, -1)]
    assert list(columns) == list(data.splits)
    for index, alpha in enumerate(ALPHAS):
        network = {
            name: (1 - alpha) * np.float64(first[name]) + alpha * second[name]
            for name in first
        }
        for name, split in data.splits.items():
            expected = twin(network, split)
            found = columns[name]
            np.testing.assert_allclose(
                found["error"][index], expected[0], atol=1e-6
            )
            np.testing.assert_allclose(
                found["loss"][index], expected[1], rtol=1e-5
            )


def test_masks_hold_along_the_line(monkeypatch):
    seen = []
    start = network_evaluation.Evaluation.start

    def looking(self, split, tensors=None):
        seen.append(model.weights["layer0"])
        return start(self, split, tensors)

    monkeypatch.setattr(network_evaluation.Evaluation, "start", looking)
    model, data = tiny.Model(), tiny.make_dataset()
    first, second = ends(model, tiny.masks())
    line_evaluation.evaluate(model, data, first, second, tiny.masks(), ALPHAS)
    assert len(seen) == (len(ALPHAS) + 2) * 3  # The ends twice.
    for kernel in seen:
        kept = tiny.masks()["layer0"] == 1
        np.testing.assert_array_equal(kernel[~kept], 0)
        assert kernel[kept].all()


def test_one_evaluation_is_traced_for_all_points_and_splits(monkeypatch):
    traced, plain = [], network_evaluation.Evaluation._sum_up

    def counting(self, x, targets, values, sums):
        traced.append(x)
        return plain(self, x, targets, values, sums)

    monkeypatch.setattr(network_evaluation.Evaluation, "_sum_up", counting)
    for model in (tiny.Model(), norm_model()):
        traced.clear()
        first, second = ends(model)
        line_evaluation.evaluate(
            model, tiny.make_dataset(), first, second, None, ALPHAS
        )
        assert len(traced) == 1


def test_statistics_are_recomputed_and_the_ends_own_are_told_too():
    model, data = norm_model(), tiny.make_dataset(size=50)
    shapes = {name: array.shape for name, array in model.weights.items()}
    moving = [name for name in shapes if "moving" in name]
    first, second = (
        {**network, **{n: np.full(shapes[n], 2, "f4") for n in moving}}
        for network in ends(model)
    )
    columns, own, count = line_evaluation.evaluate(
        model, data, first, second, None, [0.0, 0.5, 1.0]
    )
    assert count == 48  # Three whole batches of 16, of 50 examples.
    program = programs.program(model, lambda: keras.optimizers.SGD(), data)
    for index, network in ((0, first), (1, second)):
        model.reset(presets=network)
        loss, accuracy = program.start_evaluation("test").result()
        assert own["test"]["loss"][index] == np.float32(loss)
        assert own["test"]["error"][index] == pytest.approx(1 - accuracy)
    other, others_own, _ = line_evaluation.evaluate(
        model,
        data,
        {**first, **{n: np.full(shapes[n], 9, "f4") for n in moving}},
        second,
        None,
        [0.0, 0.5, 1.0],
    )
    assert others_own["test"]["loss"][0] != own["test"]["loss"][0]
    assert other == columns


@pytest.mark.parametrize("build", [tiny.Model, norm_model])
def test_identical_networks_make_a_constant_line(build):
    model = build()
    first, _ = ends(model)
    columns, *_ = line_evaluation.evaluate(
        model, tiny.make_dataset(), first, dict(first), None, ALPHAS
    )
    for column in columns.values():
        assert len(set(column["error"])) == len(set(column["loss"])) == 1
        assert interpolation.barrier(column["error"]) == 0


class Linear(model_base.ModelBase):
    """4 -> 3, without a hidden layer."""

    def __init__(self):
        """Builds it."""
        super().__init__((4,))
        self.set_outputs(self.dense_layer("layer0", self.inputs, 3))


LINEAR = Linear()
DATA = tiny.make_dataset()


@hypothesis.settings(max_examples=10)
@hypothesis.given(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1))
def test_the_loss_of_a_linear_network_is_convex(one, other):
    first, second = (LINEAR.reset(seed=each).weights for each in (one, other))
    columns, *_ = line_evaluation.evaluate(
        LINEAR, DATA, first, second, None, ALPHAS
    )
    for column in columns.values():
        loss = np.array(column["loss"])
        assert (loss[1:-1] <= (loss[:-2] + loss[2:]) / 2 + 1e-5).all()
