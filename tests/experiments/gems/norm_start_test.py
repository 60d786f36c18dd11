"""Tests of experiments/gems/norm_start.py."""

import logging

import keras
import numpy as np
import pytest

from lottery_ticket.experiments.gems import norm_start
from lottery_ticket.foundations import model_base
from lottery_ticket.tests import tiny


class Normed(model_base.ModelBase):
    """4 -> 5, normalised, ReLU -> 3."""

    def __init__(self, depth=1):
        super().__init__((4,))
        x = self.inputs
        for index in range(depth):
            x = self.dense_layer(f"layer{index}", x, 5)
            x = self.norm_layer(f"norm{index}", x, affine=False)
            x = keras.layers.ReLU()(x)
        self.set_outputs(self.dense_layer("logits", x, 3))


@pytest.fixture(scope="module")
def dataset():
    return tiny.make_dataset()


def statistics(model):
    return {n: v for n, v in model.weights.items() if "moving" in n}


def test_statistics_with_a_finite_loss_stay(dataset):
    model = Normed().reset(seed=1)
    before = statistics(model)
    found = norm_start.settle("search", model, dataset, "fine-tuning")
    assert found == {"norm_statistics": "search"}
    for name, value in statistics(model).items():
        np.testing.assert_array_equal(value, before[name])


def test_those_asked_for_are_of_the_training_batches(dataset):
    model = Normed().reset(seed=1)
    found = norm_start.settle("recomputed", model, dataset, "fine-tuning")
    assert found == {"norm_statistics": "recomputed"}
    weights = model.weights
    rows, _ = dataset.train.batches(0, 4)
    inputs = [
        dataset.train.x[each] @ weights["layer0"] + weights["layer0_bias"]
        for each in rows
    ]
    np.testing.assert_allclose(
        weights["norm0_moving_mean"],
        np.mean([each.mean(0) for each in inputs], 0),
        rtol=1e-5,
    )


@pytest.mark.slow
def test_without_a_finite_loss_they_are_computed_anew(dataset, caplog):
    """Each layer divides by the root of epsilon, .003, and numbers overflow."""
    model = Normed(depth=20)
    drawn = model.reset(seed=1).weights
    zeros = {
        name: np.zeros_like(value)
        for name, value in drawn.items()
        if name.endswith("variance")
    }
    model.reset({**drawn, **zeros})
    with caplog.at_level(logging.WARNING):
        found = norm_start.settle("search", model, dataset, "mask_shuffle")
    assert found == {"norm_statistics": "recomputed"}
    assert "mask_shuffle: with the search's statistics" in caplog.text
    again = norm_start.settle("search", model, dataset, "mask_shuffle")
    assert again == {"norm_statistics": "search"}


def test_networks_without_norms_have_none(dataset):
    model = tiny.Model().reset(seed=1)
    assert norm_start.settle("recomputed", model, dataset, "x") == {}
