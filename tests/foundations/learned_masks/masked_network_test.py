"""Tests of foundations/learned_masks/masked_network.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.learned_masks import (
    masked_network,
    sampled_masks,
)
from lottery_ticket.foundations.training import training_step
from lottery_ticket.tests import grids, tiny
from lottery_ticket.tests.foundations import conformance_test

L = keras.layers
X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


def masked(model, rescaling="none", seed=3, logit=0.0, masker="bernoulli"):
    """A MaskedNetwork whose logits are all the same."""
    network = masked_network.MaskedNetwork(
        model,
        lambda shapes: sampled_masks.SampledMasks(shapes, masker, rescaling),
        "test",
    )
    reset(network, logit, seed)
    return network


def reset(network, logit, seed):
    trained = network.source.trained.items()
    network.source.start({n: np.full(v.shape, logit) for n, v in trained})
    network.source.reset(seed)


def drawn_masks(network, training):
    """The masks of the next call, layer name -> array."""
    return {
        name: (uniform.numpy() < 1 / (1 + np.exp(-logits))).astype("f4")
        for (name, logits), uniform in zip(
            network.source.values.items(),
            network.source.uniforms(training),
            strict=True,
        )
    }


def own_model(network):
    keras.utils.set_random_seed(1)
    return keras_model.KerasModel(network(), X)


def with_norm():
    return keras.Sequential(
        [
            keras.Input((4,)),
            L.Dense(5, use_bias=False),
            L.BatchNormalization(),
            L.ReLU(),
            L.Dropout(0.5),
            L.Dense(3),
        ]
    )


def with_shared_layer():
    inputs = keras.Input((4,))
    inner = keras.Sequential([L.Dense(4, activation="relu"), L.Dense(4)])
    x = inner(inner(inputs))
    return keras.Model(inputs, L.Dense(3)(x))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("rescaling", ["none", "dynamic"])
def test_outputs_are_those_of_the_network_under_the_mask(training, rescaling):
    model = tiny.Model().reset(seed=1)
    network, w = masked(model, rescaling), model.weights
    masks = drawn_masks(network, training)
    outputs = network(X, training=training).numpy()
    for name, mask in masks.items():
        factor = 1 if rescaling == "none" else mask.size / mask.sum()
        w[name] = factor * w[name] * mask
        assert 0 < mask.mean() < 1
    hidden = np.maximum(X @ w["layer0"] + w["layer0_bias"], 0)
    expected = hidden @ w["layer1"] + w["layer1_bias"]
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("build", [with_norm, with_shared_layer])
def test_any_network_is_masked_and_none_of_its_weights_moves(build):
    model = own_model(build)
    plain = model.network(X, training=False).numpy()
    before = model.weights
    network = masked(model, logit=50.0)  # Keeps everything.
    np.testing.assert_allclose(network(X).numpy(), plain, rtol=1e-6)
    reset(network, -50.0, 1)
    pruned = network(X).numpy()
    # Nothing but the last bias, which is 0.
    np.testing.assert_array_equal(pruned, np.zeros_like(pruned))
    for name, array in model.weights.items():
        np.testing.assert_array_equal(array, before[name])
    assert len(network.source.trained) == len(model.masks)


@pytest.mark.parametrize(
    "kind",
    grids.thinned(
        [*conformance_test.USUAL, "depthwise_conv2d", "embedding", "shared"],
        ["conv2d", "tied"],
    ),
)
def test_every_kind_of_kernel_has_logits_with_gradients(kind):
    data = conformance_test.dataset(kind)
    network = conformance_test.build(kind)
    model = keras_model.KerasModel(network, data.test.x[:2])
    before = model.weights
    found = masked(model, "dynamic")
    with tf.GradientTape() as tape:
        outputs = found(data.train.x, training=True)
        loss, _ = model.create_loss_and_accuracy(data.train.y, outputs)
    gradients = tape.gradient(
        loss, [each.value for each in found.trainable_variables]
    )
    for name, gradient in zip(model.masks, gradients, strict=True):
        gradient = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(gradient).all() and gradient.any(), name
        np.testing.assert_array_equal(model.weights[name], before[name])


def test_statistics_move_and_states_go_on_in_training_alone():
    model = own_model(with_norm)
    network = masked(model)
    norm = model.network.layers[1]
    state = model.network.layers[3].seed_generator.state
    before, seed = norm.moving_mean.numpy(), state.numpy()
    network(X, training=False)
    np.testing.assert_array_equal(norm.moving_mean.numpy(), before)
    np.testing.assert_array_equal(state.numpy(), seed)
    mask = drawn_masks(network, True)["dense"]
    hidden = X @ (model.weights["dense"] * mask)
    network(X, training=True)
    np.testing.assert_allclose(
        norm.moving_mean.numpy(), 0.01 * hidden.mean(axis=0), rtol=1e-4
    )
    assert (state.numpy() != seed).any()
    np.testing.assert_array_equal(norm.gamma.numpy(), np.ones(5))


def test_each_iteration_draws_anew_and_evaluations_repeat():
    network = masked(tiny.Model().reset(seed=1))
    seen = []
    for _ in range(3):
        evaluated = [network(X, training=False).numpy() for _ in range(2)]
        np.testing.assert_array_equal(*evaluated)
        seen.append(drawn_masks(network, True)["layer0"].tobytes())
        seen.append(drawn_masks(network, False)["layer0"].tobytes())
        network(X, training=True)
    assert len(set(seen)) == 6


def test_layers_and_seeds_draw_independently():
    model = own_model(
        lambda: keras.Sequential([keras.Input((4,)), L.Dense(4), L.Dense(4)])
    )
    first = drawn_masks(masked(model, seed=1), True)
    again = drawn_masks(masked(model, seed=1), True)
    other = drawn_masks(masked(model, seed=2), True)
    np.testing.assert_array_equal(first["dense"], again["dense"])
    assert (first["dense"] != other["dense"]).any()
    assert (first["dense"] != first["dense_1"]).any()


def test_draws_are_the_same_within_xla_and_without():
    network = masked(tiny.Model().reset(seed=1))

    def draw():
        return network.source.uniforms(True)

    plain = tf.function(draw, autograph=False)()
    compiled = tf.function(draw, autograph=False, jit_compile=True)()
    for one, other in zip(plain, compiled, strict=True):
        np.testing.assert_array_equal(one, other)


def test_uniforms_are_uniform():
    class Wide:
        """As much of a model as a MaskedNetwork looks at."""

        network = None
        strategy = tf.distribute.get_strategy()
        masks = {"a": np.ones((500, 400))}
        variables = {"a": keras.Variable(np.ones((500, 400)))}

    (found,) = masked(Wide).source.uniforms(True)
    counts, _ = np.histogram(found, 20, (0, 1))
    chi_square = ((counts - 1e4) ** 2 / 1e4).sum()
    assert 5 < chi_square < 45  # 19 degrees of freedom.


def test_values_given_by_a_scope_count_and_nothing_is_assigned():
    model = tiny.Model().reset(seed=1)
    network = masked(model, logit=50.0)
    kernel, doubled = model.variables["layer1"], 2 * model.weights["layer1"]
    doubled_bias = keras.ops.zeros(3)
    plain = network(X).numpy()
    stands = [
        (kernel, doubled),
        (model.variables["layer1_bias"], doubled_bias),
        (network.source.iterations, np.int64(7)),
    ]
    with keras.StatelessScope(stands) as scope:
        outputs = network(X, training=True).numpy()
        assert scope.get_current_value(network.source.iterations) == 8
    np.testing.assert_allclose(outputs, 2 * plain, rtol=1e-5)
    assert network.source.iterations.numpy() == 0


def test_what_stands_for_a_model_is_found_by_training():
    model = own_model(with_norm)
    network = masked(model)
    paths = [each.path for each in network.trainable_variables]
    assert paths == ["test/dense", "test/dense_1"]
    assert all(v.dtype == "float32" for v in network.trainable_variables)
    expected = len(model.network.variables) + 2
    assert len(network.non_trainable_variables) == expected
    assert len(network.variables) == expected + 2
    layers = network._flatten_layers(include_self=False)
    assert list(layers) == list(
        model.network._flatten_layers(include_self=False)
    )


def test_a_frozen_layer_keeps_its_kernel():
    model = own_model(with_norm)
    model.network.layers[0].trainable = False
    before = model.weights["dense"]
    masked(model)(X, training=True)
    np.testing.assert_array_equal(model.weights["dense"], before)


class AddsLoss(L.Layer):
    """Adds half of the mean square of what it passes on."""

    def call(self, x):
        self.add_loss(keras.ops.mean(x**2) / 2)
        return x


def test_losses_of_outputs_count_and_those_of_weights_do_not():
    network = masked(
        own_model(
            lambda: keras.Sequential(
                [
                    keras.Input((4,)),
                    L.Dense(3, kernel_regularizer="l2"),
                    AddsLoss(),
                ]
            )
        )
    )
    outputs = network(X, training=True).numpy()
    (loss,) = network.losses
    np.testing.assert_allclose(loss, (outputs**2).mean() / 2, rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_logits_are_float32_in_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    try:
        model = own_model(with_norm)
    finally:
        keras.config.set_dtype_policy("float32")
    network = masked(model, "dynamic")
    with tf.GradientTape() as tape:
        outputs = network(X, training=True)
        loss = tf.reduce_sum(tf.cast(outputs, tf.float32) ** 2)
    assert outputs.dtype == policy.removeprefix("mixed_")
    logits = [each.value for each in network.trainable_variables]
    for gradient in tape.gradient(loss, logits):
        assert gradient.dtype == tf.float32
        assert np.isfinite(gradient).all() and gradient.numpy().any()
    optimizer = keras.optimizers.SGD(1.0)
    is_scaled = training_step.scaled(optimizer, network) is not optimizer
    assert is_scaled == (policy == "mixed_float16")
