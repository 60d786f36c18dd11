"""Tests of training/momentum.py: a numpy twin, under a changing rate."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.training import momentum

START = np.array([1.0, -0.8, 0.5], np.float32)
RATES = (0.5, 0.5, 0.05, 0.2)


def gradients(value):
    """The gradients of sum(value**4) / 4."""
    return value**3


def twin(nesterov, mu=0.9, weight_decay=0.0):
    value, velocity = START.astype(np.float64), np.zeros(3)
    for rate in RATES:
        gradient = gradients(value)
        value = value - rate * weight_decay * value
        velocity = mu * velocity + gradient
        step = gradient + mu * velocity if nesterov else velocity
        value = value - rate * step
    return value


def trained(optimizer, compiled):
    """The variable after one step with each rate."""
    variable = keras.Variable(START)
    optimizer.build([variable])

    def step(rate):
        optimizer.learning_rate.assign(rate)
        optimizer.apply([gradients(variable.value)], [variable])

    run = compiled(step)
    for rate in RATES:
        run(tf.constant(rate))
    return np.array(variable)


COMPILED = {
    "eager": lambda step: step,
    "graph": tf.function,
    "xla": lambda step: tf.function(step, jit_compile=True),
}


@pytest.mark.parametrize("compiled", COMPILED)
@pytest.mark.parametrize("nesterov", [False, True])
def test_steps_are_those_of_the_twin(compiled, nesterov):
    optimizer = momentum.Momentum(momentum=0.9, nesterov=nesterov)
    found = trained(optimizer, COMPILED[compiled])
    np.testing.assert_allclose(found, twin(nesterov), atol=1e-6)


def test_decoupled_weight_decay_is_added():
    optimizer = momentum.Momentum(weight_decay=0.01)
    found = trained(optimizer, COMPILED["graph"])
    np.testing.assert_allclose(found, twin(False, weight_decay=0.01), atol=1e-6)


def test_keras_differs_once_the_rate_changes():
    found = trained(keras.optimizers.SGD(momentum=0.9), COMPILED["eager"])
    assert np.abs(found - twin(False)).max() > 0.01


@pytest.mark.parametrize("nesterov", [False, True])
def test_keras_is_the_same_under_a_constant_rate(nesterov):
    found = []
    for kind in (keras.optimizers.SGD, momentum.Momentum):
        optimizer = kind(0.1, momentum=0.9, nesterov=nesterov)
        variable = keras.Variable(START)
        for _ in range(4):
            optimizer.apply([gradients(variable.value)], [variable])
        found.append(np.array(variable))
    np.testing.assert_allclose(*found, rtol=1e-5)


def test_a_schedule_gives_the_rate():
    drops = keras.optimizers.schedules.PiecewiseConstantDecay([1], [0.5, 0.05])
    optimizer = momentum.Momentum(drops, momentum=0.0)
    variable = keras.Variable(np.float32(1))
    values = []
    for _ in range(3):  # PiecewiseConstantDecay drops after its boundary.
        optimizer.apply([tf.constant(1.0)], [variable])
        values.append(float(variable))
    np.testing.assert_allclose(values, [0.5, 0, -0.05], atol=1e-6)


def test_a_constraint_holds_after_each_step():
    variable = keras.Variable(START)
    variable.constraint = keras.constraints.NonNeg()
    optimizer = momentum.Momentum(0.1)
    optimizer.apply([tf.constant([1.0, 1, 100])], [variable])
    assert (np.array(variable) == [np.float32(0.9), 0, 0]).all()


def test_its_settings_make_another_with_the_same():
    made = momentum.Momentum(
        0.25, momentum=0.5, nesterov=True, weight_decay=0.1
    )
    config = keras.optimizers.serialize(made)
    copy = keras.optimizers.deserialize(config)
    assert isinstance(copy, momentum.Momentum)
    assert (copy.momentum, copy.nesterov, copy.weight_decay) == (0.5, True, 0.1)
    assert keras.optimizers.serialize(copy) == config


def test_under_a_strategy_and_a_loss_scale():
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        inner = momentum.Momentum(0.5)
        optimizer = keras.optimizers.LossScaleOptimizer(inner)
        variable = keras.Variable(START)
        optimizer.build([variable])

    @tf.function
    def step():
        scale = optimizer.scale_loss(tf.constant(1.0))
        gradient = gradients(variable.value) * scale
        strategy.run(optimizer.apply, ([gradient], [variable]))

    step()
    np.testing.assert_allclose(
        np.array(variable), START - 0.5 * START**3, rtol=1e-5
    )


@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan")])
def test_momentum_must_be_below_1(value):
    with pytest.raises(
        ValueError, match="momentum must be a number, at least 0"
    ):
        momentum.Momentum(momentum=value)
