"""Tests of networks/flow_layers.py: against weights moved one by one."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.networks import flow, flow_layers, tracing
from lottery_ticket.tests import grids

L = keras.layers


def residual(x):
    y = L.Conv2D(4, 3, padding="same", activation="relu")(x)
    # With a bias, TensorFlow 2.21 crashes: oneDNN, at the sum with padding.
    z = L.Conv2D(4, 3, strides=2, use_bias=False)(L.ZeroPadding2D(1)(y))
    z = L.BatchNormalization()(z)
    skip = L.AveragePooling2D(1, 2)(x)
    skip = L.ZeroPadding2D(((0, 0), (1, 1)), data_format="channels_first")(skip)
    return L.GlobalAveragePooling2D()(L.ReLU()(L.Add()([z, skip])))


def merged(x):
    y, z = L.Conv2D(2, 1)(x), L.Conv2D(2, 3, padding="same")(x)
    joined = L.Concatenate()([y, L.BatchNormalization()(z)])
    y = L.Conv2D(2, 3, strides=3)(joined)
    return L.Flatten()(L.Average()([y, L.Conv2D(2, 3, strides=3)(joined)]))


def shared(x):
    layer = L.Conv2D(2, 3, padding="same", activation="relu")
    return L.GlobalMaxPooling2D()(layer(layer(layer(x))))


def nested(x):
    block = keras.Input((6, 6, 2))
    inner = keras.Sequential([L.Conv2D(2, 2, strides=2), L.LeakyReLU()])
    block = keras.Model(block, inner(L.Conv2D(3, 3, padding="same")(block)))
    return L.Flatten()(block(x))


def operations(x):
    y = keras.ops.relu(L.Conv2D(2, 3, padding="same")(x))
    z = keras.ops.concatenate([x + y, y], axis=-1)
    return keras.ops.mean(L.Conv2D(3, 3, strides=2)(z), axis=(1, 2))


def one_pixel(x):
    x = L.Conv2D(2, 3, padding="same")(L.AveragePooling2D(6)(x))
    return L.Flatten()(L.Conv2D(3, 3, padding="same", activation="relu")(x))


def row(*layers):
    def apply(x):
        for layer in layers:
            x = layer(x)
        return L.Flatten()(x)

    return apply


NETWORKS = {
    "residual": residual,
    "merged": merged,
    "shared": shared,
    "nested": nested,
    "operations": operations,
    "one_pixel": one_pixel,
    "strides_that_skip": lambda x: row(
        L.Conv2D(2, 1, strides=4), L.Conv2D(2, 2, activation="elu")
    )(x),
    "average_same": lambda x: row(
        L.Conv2D(2, 3, strides=2),
        L.AveragePooling2D(3, 2, padding="same"),
        L.Conv2D(2, 1),
    )(x),
    "max_same": lambda x: row(
        L.Conv2D(2, 2), L.MaxPooling2D(3, 2, padding="same"), L.Conv2D(2, 2)
    )(x),
    "dilated": lambda x: row(L.Conv2D(2, 2, dilation_rate=3), L.PReLU())(x),
    "groups": lambda x: row(L.Conv2D(4, 2, groups=2, activation="relu"))(x),
    "depthwise": lambda x: row(
        L.DepthwiseConv2D(3, 2, "same", depth_multiplier=2), L.Conv2D(2, 2)
    )(x),
    "separable": lambda x: row(
        L.SeparableConv2D(3, 3, 2), L.SeparableConv2D(2, 2)
    )(x),
    "transposed": lambda x: row(
        L.Conv2D(2, 3, 3), L.Conv2DTranspose(2, 2, 2), L.UpSampling2D(2)
    )(x),
    "conv1d": lambda x: row(
        L.Reshape((6, 12)),
        L.Conv1D(2, 3, activation="relu"),
        L.MaxPooling1D(2),
        L.DepthwiseConv1D(2),
        L.SeparableConv1D(2, 1),
        L.Conv1DTranspose(2, 2),
    )(x),
    "global": lambda x: row(
        L.Conv2D(4, 3, data_format="channels_last"),
        L.Reshape((4, 16)),
        L.GlobalAveragePooling1D(keepdims=True),
        L.Permute((2, 1)),
        L.GlobalMaxPooling1D(data_format="channels_first"),
        L.RepeatVector(2),
        L.EinsumDense("abc,cd->abd", (2, 2)),
    )(x),
    "simple_rnn": lambda x: row(
        L.Reshape((6, 12)),
        L.SimpleRNN(3, activation="relu", return_sequences=True),
        L.SimpleRNN(3, activation="relu", go_backwards=True),
    )(x),
    "one_step": lambda x: row(
        L.Reshape((1, 72)), L.SimpleRNN(3, activation="relu"), L.ReLU()
    )(x),
    "all_steps": lambda x: row(
        L.Reshape((3, 24)),
        L.SimpleRNN(2, activation="relu", return_sequences=True),
        L.Conv1D(2, 2),
    )(x),
    "conv3d": lambda x: row(
        L.Reshape((6, 6, 2, 1)),
        L.Conv3D(2, 2),
        L.MaxPooling3D((2, 2, 1)),
        L.Conv3DTranspose(2, 1),
    )(x),
    "einsum": lambda x: row(
        L.Reshape((6, 12)),
        L.EinsumDense("abc,cd->abd", (6, 2)),
        L.Permute((2, 1)),
    )(x),
}


USUAL = ["residual", "operations"]


@pytest.fixture(scope="module", params=grids.thinned(NETWORKS, USUAL))
def network(request):
    """A function x -> logits, and a KerasModel of it."""
    inputs = keras.Input((6, 6, 2))
    outputs = L.Dense(2, name="logits")(NETWORKS[request.param](inputs))
    model = keras_model.KerasModel(keras.Model(inputs, outputs))
    return tf.function(model.network, autograph=False), model


def drawn(masks, density, seed):
    rng = np.random.default_rng(seed)
    return {
        name: (rng.random(mask.shape) < density).astype(np.uint8)
        for name, mask in masks.items()
    }


def changing(network, model, masks):
    """Masks of the weights that change outputs, tried one by one."""
    rng = np.random.default_rng(3)
    x = rng.uniform(0.5, 1.5, (8, 6, 6, 2)).astype(np.float32)
    presets = {
        name: rng.uniform(0.5, 1.5, value.shape) if name in masks else value
        for name, value in model.weights.items()
    }
    model.reset(presets=presets, masks=masks)
    before = network(x).numpy()
    found = {name: np.zeros_like(mask) for name, mask in masks.items()}
    for name, mask in masks.items():
        kernel = model._kernels[name]
        value = kernel.numpy()
        for index in zip(*mask.nonzero(), strict=True):
            moved = value.copy()
            moved[index] *= 100  # So that any maximum is of it.
            kernel.assign(moved)
            moved_by = np.abs(network(x).numpy() - before)
            found[name][index] = (moved_by > 1e-5 * before).any()
        kernel.assign(value)
    return found


def test_effective_weights_are_those_that_change_outputs(network):
    call, model = network
    assert flow.obstacle(model) is None
    counts = []
    for seed in range(4):
        masks = drawn(model.masks, (0.3, 0.6)[seed % 2], seed)
        expected = changing(call, model, masks)
        effective = flow.effective_masks(model, masks)
        assert set(effective) == set(expected)
        for name, mask in expected.items():
            np.testing.assert_array_equal(effective[name], mask, err_msg=name)
        counts.append(sum(mask.sum() for mask in expected.values()))
    assert max(counts) > 0


class Negative(L.Dense):
    """A layer of somebody's own, which may compute anything."""

    def call(self, x):
        return -super().call(x)


def dense(*layers):
    return keras.Sequential([keras.Input((4, 4)), *layers, L.Dense(2)])


def quantised():
    network = dense(L.Dense(4))
    network.layers[0].quantize("int8")
    return network


def with_lora():
    network = dense(L.Dense(4))
    network.layers[0].enable_lora(2)
    return network


def attention():
    inputs = keras.Input((4, 4))
    x = L.MultiHeadAttention(2, 2)(inputs, inputs)
    return keras.Model(inputs, L.Dense(2)(x))


def with_state():
    inputs = keras.Input((4, 4))
    x, state = L.SimpleRNN(4, return_state=True)(inputs)
    return keras.Model(inputs, L.Dense(2)(x + state))


def gated():
    inputs = keras.Input((4, 4))
    x = L.Dense(4, activation="sigmoid")(inputs)
    return keras.Model(inputs, L.Dense(2)(L.Multiply()([inputs, x])))


def scaled():
    inputs = keras.Input((4, 4))
    return keras.Model(inputs, L.Dense(2)(inputs * 0.0))


def patched():
    network = dense(L.Dense(4, name="patched"))
    network.layers[0].call = lambda x: -x
    return network


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: dense(L.LSTM(3, name="lstm")), "^LSTM 'lstm' is not known to"),
        (
            attention,
            "^MultiHeadAttention 'multi_head_attention.*' is not known",
        ),
        (gated, "^Multiply 'multiply.*' is not known to add up what flows in"),
        (scaled, "^Multiply 'multiply.*' is not known to add up what flows in"),
        (lambda: dense(L.Lambda(abs)), "^Lambda 'lambda.*' is not known"),
        (lambda: dense(Negative(4)), "^Negative 'negative.*' is not known"),
        (
            lambda: dense(L.TimeDistributed(L.Dense(4))),
            "^TimeDistributed 'time_distributed.*' is not known",
        ),
        (with_state, "^SimpleRNN 'simple_rnn.*' keeps or gives its state"),
        (lambda: dense(L.GRU(3, name="gru")), "^GRU 'gru' is not known to"),
        (
            lambda: dense(L.Bidirectional(L.SimpleRNN(3))),
            "^Bidirectional 'bidirectional.*' is not known to",
        ),
        (patched, "^Dense 'patched' has a call of its own"),
        (
            lambda: dense(L.Dense(4, activation=lambda x: x[:, ::2])),
            "^Dense 'dense.*' has an activation that is not known, <function",
        ),
        (
            lambda: dense(L.Activation("glu")),
            "^Activation 'activation.*' has an activation that is not known",
        ),
        (
            lambda: dense(L.Dense(4, activation=L.Activation("glu"))),
            "^Dense 'dense.*' has an activation that is not known",
        ),
        (
            lambda: dense(
                L.Reshape((4, 4, 1)), L.UpSampling2D(interpolation="bilinear")
            ),
            "^UpSampling2D 'up_sampling2d.*' interpolates, by 'bilinear'",
        ),
        (quantised, "^Dense 'dense.*' is quantised"),
        (with_lora, "^Dense 'dense.*' has LoRA weights"),
    ],
)
def test_layers_that_may_compute_anything_are_named(build, reason):
    assert re.search(reason, tracing.path_obstacle(build()))


@pytest.mark.parametrize(
    "activation",
    [
        "relu",
        "swish",
        "softmax",
        tf.nn.relu,
        keras.ops.gelu,
        L.LeakyReLU(0.1),
        L.Activation("elu"),
        None,
    ],
)
def test_activations_of_all_sources_are_known(activation):
    network = dense(L.Dense(4, activation=activation))
    assert tracing.path_obstacle(network) is None


def test_all_classes_have_one_rule():
    listed = [
        *flow_layers.WEIGHTED,
        *flow_layers.ELEMENTWISE,
        *flow_layers.MOVING,
        *flow_layers.POOLING,
        *flow_layers.RECURRENT,
    ]
    assert len(set(listed)) == len(listed) == len(flow_layers._RULES)
