"""Tests of training/learning_rate.py: closed forms in float64."""

import itertools
import json
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from lottery_ticket.foundations.training import (
    learning_rate,
    optimizers,
    schedules,
)
from lottery_ticket.foundations.values import dataset_base
from lottery_ticket.tests import grids

PEAK, LENGTH, PER_EPOCH = 0.3, 40, 5
DROPS = {
    "constant": [],
    "piecewise": [8, 30],
    "cosine": [],
    "cosine_by_epoch": [],
    "triangular": [],
    "trapezoidal": [],
}
FALLS_FROM = {"triangular": 0.2, "trapezoidal": 0.8}


def twin(schedule, warmup, iteration):
    if iteration < warmup:
        return PEAK * iteration / warmup
    if schedule == "piecewise":
        return PEAK * 0.1 ** sum(iteration >= drop for drop in (8, 30))
    if schedule == "cosine":
        done = (iteration - warmup) / (LENGTH - warmup)
        return 0.5 * PEAK * (1 + math.cos(math.pi * done))
    if schedule == "cosine_by_epoch":
        epoch, epochs = (iteration - warmup) // 5, (LENGTH - warmup) // 5
        return 0.5 * PEAK * (1 + math.cos(math.pi * epoch / epochs))
    if schedule in FALLS_FROM:
        done = (iteration - warmup) / (LENGTH - warmup)
        if done < 0.2:
            return PEAK * (0.2 + 0.8 * done / 0.2)
        start = FALLS_FROM[schedule]
        return PEAK * (1 if done < start else (1 - done) / (1 - start))
    return PEAK


def make(schedule, warmup, length=LENGTH, **options):
    if schedule == "cosine_by_epoch":
        options["per_epoch"] = PER_EPOCH
    return learning_rate.LearningRate(
        PEAK, schedule, DROPS[schedule], 0.1, warmup, length, **options
    )


def test_every_schedule_has_a_closed_form():
    assert set(DROPS) == set(schedules.SCHEDULES)


@pytest.mark.parametrize("schedule", DROPS)
def test_a_schedule_does_what_its_entry_says(schedule):
    entry = schedules.SCHEDULES[schedule]
    rates = [twin(schedule, 0, i) for i in range(LENGTH + 1)]
    assert entry.is_steady == (len(set(rates)) == 1)
    assert entry.has_drops == bool(DROPS[schedule])
    before, last = (float(make(schedule, 0)(LENGTH - i)) for i in (2, 1))
    assert last > 0
    is_on_its_way = abs(last + (last - before)) < PEAK / 200
    assert entry.ends_at_0 == is_on_its_way


@pytest.mark.parametrize("jit", grids.thinned([False, True], [False]))
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


@pytest.mark.parametrize(
    ("schedule", "corners"),
    [
        ("triangular", {0: 0.2, 10: 0.6, 20: 1, 60: 0.5, 99: 0.0125, 100: 0}),
        ("trapezoidal", {0: 0.2, 10: 0.6, 20: 1, 80: 1, 90: 0.5, 100: 0}),
    ],
)
def test_corners_of_what_is_made_of_lines(schedule, corners):
    """Also behind a warmup, whose end is then where the first one is."""
    for warmup in (0, 30):
        rate = learning_rate.LearningRate(
            0.4, schedule, warmup=warmup, training_iterations=100 + warmup
        )
        for done, share in corners.items():
            found = float(rate(warmup + done))
            np.testing.assert_allclose(found, 0.4 * share, rtol=1e-6)
        assert float(rate(warmup + 105)) == 0
    steps = [float(rate(30 + done)) for done in range(101)]
    assert max(steps) == np.float32(0.4)
    top = [done for done, each in enumerate(steps) if each == max(steps)]
    assert top == [*range(20, 1 + int(100 * FALLS_FROM[schedule]))]


@pytest.mark.parametrize("length", [36, 37, 40])
def test_an_epoch_that_is_not_completed_counts_as_one(length):
    rate = make("cosine_by_epoch", 0, length)
    found = [float(rate(i)) for i in range(length + 1)]
    whole = [twin("cosine_by_epoch", 0, i) for i in range(length)]
    np.testing.assert_allclose(found[:-1], whole, rtol=1e-6)
    assert len(set(found[:-1])) == 8 and min(found[:-1]) > 0
    assert float(rate(40)) == float(rate(45)) == 0


# Of epochs 0, 1, 75 and 149 of 150: (1 + cos(pi * e / 150)) / 2.
RATES = {
    "constant": [1, 1, 1, 1],
    "piecewise": [1, 1, 1, 0.01],
    "cosine_by_epoch": [1, 0.9998903417, 0.5, 0.0001096582626],
}


def published(schedule, per_epoch, start):
    """Function (iteration) -> rate, of an optimizer that begins at `start`."""
    drops = schedules.published_drops(150) if schedule == "piecewise" else ()
    optimizer = optimizers.optimizer_fn(
        "momentum",
        PEAK,
        schedules.Schedule(schedule, drops),
        per_epoch=per_epoch,
        training_iterations=150 * per_epoch,
        start_iteration=start,
    )()
    optimizer.build([keras.Variable(np.float32(0))])

    def rate(iteration):
        optimizer.iterations.assign(iteration - start)
        return float(optimizer.learning_rate)

    return rate


@pytest.mark.parametrize("drop_partial", [False, True])
@pytest.mark.parametrize("start", [0, 70, 297])
@pytest.mark.parametrize("schedule", RATES)
def test_published_rates_of_150_epochs(schedule, start, drop_partial):
    x, y = np.zeros((50, 4), np.float32), np.zeros(50, int)
    data = dataset_base.DatasetBase(
        (x, y), 16, (x, y), drop_partial_batch=drop_partial
    )
    per_epoch = data.train.iterations_per_epoch
    assert per_epoch == (3 if drop_partial else 4)
    rate = published(schedule, per_epoch, start)
    for epoch, expected in zip((0, 1, 75, 149), RATES[schedule], strict=True):
        within = range(epoch * per_epoch, (epoch + 1) * per_epoch)
        found = [rate(each) for each in within if each >= start]
        np.testing.assert_allclose(found, PEAK * expected, rtol=1e-6)


@pytest.mark.parametrize("per_epoch", [4, 391])
def test_a_piecewise_rate_drops_at_the_first_batch_of_an_epoch(per_epoch):
    rate = published("piecewise", per_epoch, start=1)
    for epoch, before in ((80, PEAK), (120, PEAK / 10)):
        found = [rate(epoch * per_epoch + each) for each in (-1, 0)]
        np.testing.assert_allclose(found, [before, before / 10], rtol=1e-6)


def test_settings_of_older_schedules_are_as_they_were():
    assert make("cosine", 5).get_config() == {
        "peak": 0.3,
        "schedule": "cosine",
        "drops": [],
        "drop_factor": 0.1,
        "warmup": 5,
        "training_iterations": 40,
        "start": 0,
    }
    assert make("cosine_by_epoch", 5).get_config()["per_epoch"] == 5


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
    late = make(schedule, 5, start=7)
    for step in range(LENGTH - 7):
        assert float(late(step)) == float(whole(step + 7))
    assert late.get_config()["start"] == 7
