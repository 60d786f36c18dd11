"""Tests of networks/norm_parameters.py."""

import keras
import pytest

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.networks import norm_parameters


def model(*layers):
    ends = keras.Input((4,)), keras.layers.Dense(3)
    return keras_model.KerasModel(keras.Sequential([ends[0], *layers, ends[1]]))


KINDS = {
    "batch_normalization": (keras.layers.BatchNormalization, {}),
    "layer_normalization": (keras.layers.LayerNormalization, {}),
    "group_normalization": (keras.layers.GroupNormalization, {"groups": 2}),
}


@pytest.mark.parametrize("name", KINDS)
def test_scales_are_1_and_shifts_0(name):
    kind, options = KINDS[name]
    found = norm_parameters.neutral(model(kind(**options)))
    assert found == {f"{name}_gamma": 1, f"{name}_beta": 0}
    unscaled = kind(**options, scale=False)
    found = norm_parameters.neutral(model(unscaled))
    assert found == {f"{name}_beta": 0}


@pytest.mark.skipif(
    not hasattr(keras.layers, "RMSNormalization"), reason="an older Keras"
)
def test_root_mean_squares_have_a_scale():
    found = norm_parameters.neutral(model(keras.layers.RMSNormalization()))
    assert found == {"rms_normalization_scale": 1}


def test_of_all_others_there_is_none():
    assert norm_parameters.neutral(model()) == {}
    plain = keras.layers.BatchNormalization(center=False, scale=False)
    assert norm_parameters.neutral(model(plain)) == {}
    frozen = keras.layers.BatchNormalization(trainable=False)
    assert norm_parameters.neutral(model(frozen)) == {}


def test_those_inside_layers_are_found():
    inner = keras.Sequential(
        [keras.Input((4,)), keras.layers.LayerNormalization(name="norm")],
        name="inner",
    )
    found = norm_parameters.neutral(model(inner))
    assert found == {"inner.norm_gamma": 1, "inner.norm_beta": 0}
