"""Tests of training/learning_rate.py: closed forms in float64."""

import itertools
import json
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.training import learning_rate

PEAK, LENGTH = 0.3, 40
DROPS = {"constant": [], "piecewise": [8, 30], "cosine": []}


def twin(schedule, warmup, iteration):
    if iteration < warmup:
        return PEAK * iteration / warmup
    if schedule == "piecewise":
        return PEAK * 0.1 ** sum(iteration >= drop for drop in (8, 30))
    if schedule == "cosine":
        done = (iteration - warmup) / (LENGTH - warmup)
        return 0.5 * PEAK * (1 + math.cos(math.pi * done))
    return PEAK


def make(schedule, warmup):
    return learning_rate.LearningRate(
        PEAK, schedule, DROPS[schedule], 0.1, warmup, LENGTH
    )


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize(
    ("schedule", "warmup"), list(itertools.product(DROPS, (0, 5, 20)))
)
def test_rates_are_those_of_the_closed_form(schedule, warmup, jit):
    rate = tf.function(make(schedule, warmup), jit_compile=jit)
    found = [rate(tf.constant(i, tf.int64)).numpy() for i in range(LENGTH)]
    expected = [twin(schedule, warmup, i) for i in range(LENGTH)]
    assert found[0].dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("schedule", DROPS)
def test_a_warmup_as_long_as_training_only_rises(schedule):
    rate = make(schedule, LENGTH)
    found = [float(rate(i)) for i in range(LENGTH)]
    expected = [PEAK * i / LENGTH for i in range(LENGTH)]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert np.isfinite(float(rate(LENGTH)))


def test_a_cosine_stays_exact_to_its_end_and_0_after_it():
    length = 1_000_000
    rate = learning_rate.LearningRate(1.0, "cosine", training_iterations=length)
    # (1 + cos(pi - x)) / 2 is x**2 / 4 for small x.
    expected = (math.pi / length) ** 2 / 4
    np.testing.assert_allclose(float(rate(length - 1)), expected, rtol=1e-5)
    assert float(rate(length)) == float(rate(length + 5)) == 0


def test_the_papers_drops():
    rate = learning_rate.LearningRate(0.1, "piecewise", [20000, 25000])
    found = [rate(i).numpy() for i in (0, 19999, 20000, 24999, 25000, 29999)]
    expected = np.float32([0.1, 0.1, 0.01, 0.01, 0.001, 0.001])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("schedule", DROPS)
def test_settings_are_json_and_make_another_with_the_same(schedule):
    made = make(schedule, 5)
    config = json.loads(json.dumps(made.get_config()))
    assert config == made.get_config()
    saved = keras.optimizers.schedules.serialize(made)
    copy = keras.optimizers.schedules.deserialize(saved)
    assert isinstance(copy, learning_rate.LearningRate)
    assert float(copy(7)) == float(made(7))


@pytest.mark.parametrize("jit", [False, True])
def test_an_optimizer_takes_the_rate_of_its_iteration(jit):
    optimizer = keras.optimizers.SGD(make("piecewise", 5))
    variable = keras.Variable(np.float32(0))
    optimizer.build([variable])

    @tf.function(jit_compile=jit)
    def train():
        tf.while_loop(
            lambda i: i < 12,
            lambda i: (optimizer.apply([tf.constant(-1.0)]), [i + 1])[1],
            [0],
        )

    train()
    expected = sum(twin("piecewise", 5, i) for i in range(12))
    np.testing.assert_allclose(float(variable), expected, rtol=1e-6)


@pytest.mark.parametrize("schedule", DROPS)
def test_an_optimizer_that_begins_later_has_the_rates_from_there(schedule):
    whole = make(schedule, 5)
    late = learning_rate.LearningRate(
        PEAK, schedule, DROPS[schedule], 0.1, 5, LENGTH, start=7
    )
    for step in range(LENGTH - 7):
        assert float(late(step)) == float(whole(step + 7))
    assert late.get_config()["start"] == 7
