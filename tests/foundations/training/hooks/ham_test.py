"""Tests of training/hooks/ham.py."""

import hypothesis
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies

from lottery_ticket.foundations.training import learning_rate, programs
from lottery_ticket.foundations.training.hooks import ham
from lottery_ticket.tests import tiny


def twin(values, gradients, rate, alpha, beta):
    """The same in numpy."""
    exponents = rate * (-alpha * np.sign(values) * gradients - beta)
    return values * np.exp(np.clip(exponents, -5, 5))


def moved(values, gradients, rate, alpha=200.0, beta=1e-3):
    values, gradients = np.float32(values), np.float32(gradients)
    options = ham.Options(alpha=alpha, beta=beta)
    return values * ham.factor(values, gradients, rate, options).numpy()


def test_golden_numbers():
    """As the frontier's page has them: rate .1, gradient .01."""
    found = moved([0.1, -0.1], [0.01, 0.01], 0.1)
    np.testing.assert_allclose(found, [0.081865, -0.122128], atol=5e-7)


def test_the_exponent_is_bound_on_both_sides():
    found = moved([0.1, -0.1], [0.3, 0.3], 0.1)
    np.testing.assert_allclose(found, [0.1 * np.exp(-5), -0.1 * np.exp(5)])


@hypothesis.given(
    strategies.lists(strategies.floats(-4, 4, width=32), min_size=3),
    strategies.integers(0, 99),
    strategies.floats(0, 1),
    strategies.floats(0, 300),
    strategies.floats(0, 0.1),
)
@hypothesis.settings(max_examples=50, deadline=None)
def test_as_numpy_has_it(values, seed, rate, alpha, beta):
    values = np.float32(values)
    gradients = np.random.default_rng(seed).normal(0, 0.1, values.shape)
    found = moved(values, gradients, rate, alpha, beta)
    expected = twin(values, gradients, rate, alpha, beta)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-30)
    assert ((found == 0) == (values == 0)).all()


def test_kernels_have_two_axes_and_are_no_biases():
    gru = keras.layers.GRU(3)
    gru.build((None, 5, 2))
    kernels = [v.name for v in gru.trainable_variables if ham.is_kernel(v)]
    assert kernels == ["kernel", "recurrent_kernel"]
    assert [*gru.trainable_variables[2].shape] == [2, 9]  # Yet a bias.


def trained(hook, make, count=1):
    model = tiny.Model().reset(masks=tiny.masks(), seed=1)
    before = model.weights
    given = {} if hook is None else {"hook": hook}
    program = programs.program(model, make, tiny.make_dataset(), False, **given)
    program.train(0, count, count)
    return before, model.weights


def sgd():
    return keras.optimizers.SGD(0.5)


def test_a_step_is_the_optimizers_and_then_a_factor():
    """Of SGD, whose step tells the gradient, with weight decay left out."""
    before, plain = trained(None, sgd)
    _, found = trained(ham.Ham(ham.Options(alpha=10, beta=0.1)), sgd)
    for name, value in plain.items():
        expected = value
        if name in tiny.masks():
            gradient = (before[name] - value) / 0.5
            expected = twin(value, gradient, 0.5, 10, 0.1)
        np.testing.assert_allclose(found[name], expected, rtol=1e-4, atol=1e-7)


def test_without_alpha_and_beta_it_is_the_optimizer():
    _, plain = trained(None, sgd, 4)
    _, found = trained(ham.Ham(ham.Options(alpha=0, beta=0)), sgd, 4)
    for name, value in plain.items():
        assert np.array_equal(found[name], value)


def test_the_rate_is_that_of_the_step():
    """beta alone shrinks weights, by rates of a schedule: 0, .1, .2."""

    def make():
        rate = learning_rate.LearningRate(0.4, warmup=4)
        return keras.optimizers.SGD(rate)

    hook = ham.Ham(ham.Options(alpha=0, beta=2))
    hook.watch(make())
    kernel = keras.Variable(np.ones((2, 2), np.float32), name="kernel")
    hook._variables = [kernel]
    for iteration, expected in ((0, 1.0), (1, np.exp(-0.2)), (2, np.exp(-0.6))):
        hook.updated([tf.zeros((2, 2))], [], tf.constant(iteration, tf.int64))
        np.testing.assert_allclose(kernel.numpy(), expected, rtol=1e-6)


def test_weights_that_are_held_stay():
    masks = tiny.masks()
    model = tiny.Model().reset(masks=masks, seed=1)
    drawn = model.draw(3)
    model.reset(drawn, masks, 1, hold=True)
    before = model.weights["layer0"][masks["layer0"] == 0]
    assert before.all()
    program = programs.program(
        model,
        sgd,
        tiny.make_dataset(),
        False,
        hook=ham.Ham(ham.Options()),
    )
    program.train(0, 3, 3)
    after = model.weights["layer0"][masks["layer0"] == 0]
    assert np.array_equal(before, after)


@pytest.mark.parametrize("name", ["alpha", "beta"])
def test_options_have_a_range(name):
    with pytest.raises(ValueError, match=f"{name} must be a number, at least"):
        ham.Options(**{name: -1})
