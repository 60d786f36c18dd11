"""Tests of experiments/stages/gem/gem_weights.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.experiments.stages.gem import gem_weights
from lottery_ticket.foundations import model_base
from lottery_ticket.tests.experiments.stages.gem import small


@pytest.fixture(scope="module")
def model():
    return small.made(small.gem("unused"))[1]


def drawn(model, presets=None, **flags):
    gem = small.gem("unused", presets, **flags)
    return gem_weights.draw(gem, model)


def test_kernels_are_signed_constants_and_biases_0(model):
    weights = drawn(model)
    for name, inputs in {"layer0": 64, "layer1": 12}.items():
        np.testing.assert_allclose(
            abs(weights[name]), np.sqrt(2 / inputs), rtol=1e-6
        )
        assert 0.3 < (weights[name] > 0).mean() < 0.7
        assert not weights[f"{name}_bias"].any()


def test_draws_are_of_the_init_seed(model):
    one, again = drawn(model), drawn(model)
    other = drawn(model, changes={"init_seed": 5})
    assert all((one[name] == again[name]).all() for name in one)
    assert (one["layer0"] != other["layer0"]).any()


def test_flags_of_the_draw_arrive(model):
    out = drawn(model, fan_mode="fan_out", gain="linear")
    np.testing.assert_allclose(abs(out["layer0"]), 12**-0.5, rtol=1e-6)
    kept = drawn(model, scale_fan="kept")
    np.testing.assert_allclose(
        abs(kept["layer0"]), np.sqrt(2 / (64 * 0.25)), rtol=1e-6
    )
    legacy = drawn(model, scale_fan="legacy")
    np.testing.assert_allclose(
        abs(legacy["layer0"]), np.sqrt(2 / 32), rtol=1e-6
    )
    normal = drawn(model, algo="sr")["layer0"]
    assert len(np.unique(abs(normal))) > 700
    assert normal.std() == pytest.approx(np.sqrt(2 / 64), rel=0.1)


def test_presets_win(model):
    presets = {"layer1": np.full((12, 10), 0.5, np.float32)}
    weights = drawn(model, presets)
    np.testing.assert_array_equal(weights["layer1"], presets["layer1"])
    np.testing.assert_array_equal(weights["layer0"], drawn(model)["layer0"])
    with pytest.raises(ValueError, match="layer7"):
        drawn(model, {"layer7": np.zeros(3)})


def test_fresh_weights_differ_in_kernels_alone(model):
    gem = small.gem("unused")
    start = gem_weights.draw(gem, model)
    again = gem_weights.kernels(gem.search, model, 7)
    assert set(again) == {"layer0", "layer1"}
    assert not any((again[name] == start[name]).all() for name in again)
    np.testing.assert_allclose(
        abs(again["layer0"]), abs(start["layer0"]), rtol=1e-6
    )


def test_fresh_weights_can_be_of_another_distribution(model):
    search = small.gem("unused").search
    again = gem_weights.kernels(search, model, 7, "kaiming_normal")
    assert len(np.unique(abs(again["layer0"]))) > 700


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
    start = gem_weights.with_statistics(model, weights, final)
    for name, array in start.items():
        is_statistic = name in ("norm0_moving_mean", "norm0_moving_variance")
        source = final if is_statistic else weights
        np.testing.assert_array_equal(array, source[name])
    assert set(start) == set(weights)
    assert "norm0_gamma" in start
