"""Tests of training/hooks/norm_interpolation.py."""

import hypothesis
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies

from lottery_ticket.foundations import keras_model
from lottery_ticket.foundations.networks import norm_parameters
from lottery_ticket.foundations.training import (
    draws,
    network_evaluation,
    programs,
)
from lottery_ticket.foundations.training.hooks import norm_interpolation
from lottery_ticket.tests import tiny


def normed(layer=None):
    """4 -> 5 -> normalisation -> 3, its scale 2 and its shift -1."""
    norm = layer or keras.layers.BatchNormalization(name="norm")
    network = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(5, name="first"),
            norm,
            keras.layers.Dense(3, name="second"),
        ]
    )
    model = keras_model.KerasModel(network, np.zeros((1, 4), np.float32))
    rng = np.random.default_rng(1)  # Keras's own weights are new each time.
    for variable in network.trainable_variables:
        variable.assign(rng.normal(size=variable.shape))
    for variable, value in ((norm.gamma, 2.0), (norm.beta, -1.0)):
        if variable is not None:
            variable.assign(np.full(5, value))
    return model, norm


def test_golden_numbers():
    """As the frontier's page has them: alpha .25, gamma 2, beta -1."""
    gamma, beta = tf.Variable(2.0), tf.Variable(-1.0)
    with tf.GradientTape() as tape:
        scale = norm_interpolation.between(gamma, 1.0, 0.25)
        shift = norm_interpolation.between(beta, 0.0, 0.25)
        total = scale + shift
    assert (float(scale), float(shift)) == (1.75, -0.75)
    assert [float(x) for x in tape.gradient(total, [gamma, beta])] == [0.75] * 2


@hypothesis.given(
    strategies.floats(-9, 9, width=32, allow_subnormal=False),  # Flushed to 0.
    strategies.sampled_from([0.0, 1.0]),
    strategies.floats(0, 1, width=32),
)
@hypothesis.settings(max_examples=50, deadline=None)
def test_as_numpy_has_it(value, end, alpha):
    found = norm_interpolation.between(tf.constant(value), end, alpha)
    expected = alpha * end + (1 - alpha) * value
    np.testing.assert_allclose(found, expected, atol=2e-6)
    at_ends = [
        float(norm_interpolation.between(tf.constant(value), end, x))
        for x in (0.0, 1.0)
    ]
    assert at_ends == [value, end]


@pytest.mark.parametrize(
    ("layer", "count"),
    [
        (lambda: keras.layers.BatchNormalization(), 2),
        (lambda: keras.layers.BatchNormalization(scale=False), 1),
        (lambda: keras.layers.LayerNormalization(), 2),
        (lambda: keras.layers.GroupNormalization(5), 2),
        (lambda: keras.layers.BatchNormalization(trainable=False), 0),
    ],
)
def test_what_is_interpolated_are_trained_scales_and_shifts(layer, count):
    model, norm = normed(layer())
    found = norm_parameters.trained(model.network)
    assert len(found) == count
    for variable, end in found:
        assert end == (1.0 if variable is norm.gamma else 0.0)
    assert not norm_parameters.trained(tiny.Model().network)


def alphas(hook, iterations):
    """What a hook draws, told from a scale of 2."""
    found = []
    for iteration in iterations:
        stands = hook.substitutes(tf.constant(iteration, tf.int64))
        (_, scale), (_, shift) = stands
        alpha = float(2 - scale[0])
        np.testing.assert_allclose(shift, alpha - 1, atol=1e-6)
        found.append(alpha)
    return found


def test_alphas_depend_on_seed_and_iteration_of_the_training():
    model, _ = normed()
    made = []
    for seed, start in ((7, 0), (7, 3), (8, 0)):
        hook = norm_interpolation.NormInterpolation(seed, start)
        hook.attach(model)
        made.append(hook)
    one, later, other = made
    found = alphas(one, range(60))
    assert len(set(found)) == 60 and 0 <= min(found) < 0.2 < 0.8 < max(found)
    assert alphas(later, range(3)) == found[3:6]
    assert not set(alphas(other, range(3))) & set(found)
    assert one.key == other.key and one.identity != other.identity
    seed, second = (tf.constant(x, tf.int64) for x in ([7], 2))
    (drawn,) = draws.uniforms(seed, second, ((),))
    np.testing.assert_allclose(found[2], drawn, atol=1e-6)


def step_of(model, **hook):
    """What SGD takes from each variable in a step, in the network's order."""
    variables = model.network.trainable_variables
    before = [variable.numpy() for variable in variables]
    program = programs.program(
        model,
        lambda: keras.optimizers.SGD(0.5),
        tiny.make_dataset(),
        jit=False,
        **hook,
    )
    program.train(0, 1, 1)
    pairs = zip(before, variables, strict=True)
    return [old - variable.numpy() for old, variable in pairs]


@pytest.mark.parametrize("kind", ["BatchNormalization", "LayerNormalization"])
def test_a_step_is_one_of_the_network_between(kind):
    """And its gradients of scale and shift are 1 - alpha of that one's."""
    hook = norm_interpolation.NormInterpolation(5)
    model, _ = normed(getattr(keras.layers, kind)(name="norm"))
    found = step_of(model, hook=hook)
    model, norm = normed(getattr(keras.layers, kind)(name="norm"))
    hook.attach(model)
    (_, scale), (_, shift) = hook.substitutes(tf.constant(0, tf.int64))
    norm.gamma.assign(scale)
    norm.beta.assign(shift)
    own = {id(norm.gamma), id(norm.beta)}
    expected = step_of(model)
    rest = float(scale[0]) - 1  # 1 - alpha, of a scale of 2.
    variables = model.network.trainable_variables
    for variable, one, other in zip(variables, found, expected, strict=True):
        share = rest if id(variable) in own else 1
        np.testing.assert_allclose(one, share * other, atol=1e-6)


def test_evaluation_is_of_the_network_as_it_is():
    model, _ = normed()
    data = tiny.make_dataset()
    hook = norm_interpolation.NormInterpolation(5)
    program = programs.program(
        model, lambda: keras.optimizers.SGD(0.1), data, False, hook=hook
    )
    program.train(0, 4, 4)
    loss, *_ = program.start_evaluation("test").result()
    plain = network_evaluation.NetworkEvaluation(model, data, ("test",))
    np.testing.assert_allclose(loss, plain.evaluate()["test"]["loss"])
    assert model.network.layers[1].moving_mean.numpy().any()  # They moved.
