"""Tests of training/compile_policy.py."""

import keras
import pytest
import tensorflow as tf

from lottery_ticket.foundations.training import compile_policy


def network(*layers):
    flat = [keras.layers.Flatten(), keras.layers.Dense(3)]
    return keras.Sequential([keras.Input((8, 8, 1)), *layers, *flat])


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Conv2D(2, 3),
        keras.layers.DepthwiseConv2D(3),
        keras.layers.SeparableConv2D(2, 3),
        keras.Sequential([keras.layers.Conv2DTranspose(2, 3)]),
    ],
)
def test_convolutions_on_a_cpu_compile_their_update_only(layer):
    assert compile_policy.choose(network(layer)) == (False, True)


def test_other_networks_compile_whole():
    assert compile_policy.choose(network()) == (True, False)


def test_layers_that_xla_cannot_compile_are_not():
    rotation = keras.layers.RandomRotation(0.1)
    rotation.supports_jit = False
    assert compile_policy.choose(network(rotation)) == (False, True)


@pytest.mark.parametrize("jit", [True, False])
def test_a_user_decides_for_everything(jit):
    convolution = network(keras.layers.Conv2D(2, 3))
    assert compile_policy.choose(convolution, jit) == (jit, False)
    assert compile_policy.choose(network(), jit) == (jit, False)


def test_on_a_gpu_all_networks_compile_whole(monkeypatch):
    monkeypatch.setattr(tf.test, "is_built_with_cuda", lambda: True)
    monkeypatch.setattr(
        tf.config, "list_physical_devices", lambda kind: ["a GPU"]
    )
    convolution = network(keras.layers.Conv2D(2, 3))
    assert compile_policy.choose(convolution) == (True, False)
