"""Tests of experiments/stages/gem/found.py."""

import keras
import numpy as np

from lottery_ticket.experiments.stages.gem import found
from lottery_ticket.foundations import model_base


class Normed(model_base.ModelBase):
    """4 -> 3, a norm with gamma and beta, -> 2."""

    def __init__(self):
        """Builds it."""
        super().__init__((4,))
        x = self.dense_layer("layer0", self.inputs, 3)
        x = keras.layers.BatchNormalization(name="norm0")(x)
        self.set_outputs(self.dense_layer("layer1", x, 2))


def test_statistics_alone_come_from_the_search():
    model = Normed()
    weights = {name: each + 1 for name, each in model.weights.items()}
    final = {name: each + 7 for name, each in weights.items()}
    start = found.with_statistics(model, weights, final)
    for name, array in start.items():
        is_statistic = name in ("norm0_moving_mean", "norm0_moving_variance")
        source = final if is_statistic else weights
        np.testing.assert_array_equal(array, source[name])
    assert set(start) == set(weights)
    assert "norm0_gamma" in start


def test_masks_are_in_the_order_of_the_network():
    masks = {"layer1": np.ones((3, 2)), "layer0": np.ones((4, 3))}
    assert list(found.in_order(Normed(), masks)) == ["layer0", "layer1"]
