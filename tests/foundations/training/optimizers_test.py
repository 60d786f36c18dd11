"""Tests of foundations/training/optimizers.py."""

import json

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.training import momentum, optimizers, schedules
from lottery_ticket.tests import contracts

COSINE = schedules.Schedule("cosine", warmup="1ep")


def test_every_optimizer_says_what_it_is():
    contracts.check_entries(optimizers.OPTIMIZERS)


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_every_optimizer_has_its_learning_rate(name):
    make = optimizers.optimizer_fn(name, 0.25)
    optimizer = make()
    assert isinstance(optimizer, keras.optimizers.Optimizer)
    assert float(optimizer.learning_rate) == 0.25
    assert optimizer.weight_decay is None
    assert make() is not optimizer


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_every_optimizer_takes_a_schedule(name):
    optimizer = optimizers.optimizer_fn(
        name, 0.5, COSINE, per_epoch=10, training_iterations=30
    )()
    optimizer.build([keras.Variable(np.zeros(2, np.float32))])
    rates = []
    for iteration in (5, 10, 20):
        optimizer.iterations.assign(iteration)
        rates.append(float(optimizer.learning_rate))
    np.testing.assert_allclose(rates, [0.25, 0.5, 0.25], rtol=1e-6)
    assert json.dumps(keras.optimizers.serialize(optimizer))


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_decoupled_weight_decay_shrinks_the_variable(name):
    make = optimizers.optimizer_fn(name, 0.5, decoupled_weight_decay=0.1)
    variable = keras.Variable(np.float32([4]))
    make().apply([np.float32([0])], [variable])
    np.testing.assert_allclose(variable.numpy(), 4 - 0.5 * 0.1 * 4)


@pytest.mark.parametrize(
    ("given", "value"), [({}, 0.9), ({"momentum": 0.5}, 0.5)]
)
def test_momentum_and_nesterov_differ(given, value):
    plain = optimizers.optimizer_fn("momentum", 0.1, **given)()
    nesterov = optimizers.optimizer_fn("nesterov", 0.1, **given)()
    assert isinstance(plain, momentum.Momentum)
    assert (plain.momentum, plain.nesterov) == (value, False)
    assert (nesterov.momentum, nesterov.nesterov) == (value, True)


@pytest.mark.parametrize("name", optimizers.HAVE_MOMENTUM)
def test_those_with_momentum_take_it(name):
    assert optimizers.optimizer_fn(name, 0.1, momentum=0.25)().momentum == 0.25


@pytest.mark.parametrize("name", optimizers.HAVE_EPSILON)
def test_epsilon_is_kerass_unless_it_is_given(name):
    assert optimizers.optimizer_fn(name, 0.1)().epsilon == 1e-7
    assert optimizers.optimizer_fn(name, 0.1, epsilon=1e-8)().epsilon == 1e-8


def test_a_constant_rate_stays_a_plain_number():
    made, plain = (
        {**make().get_config(), "name": "adam"}
        for make in (
            optimizers.optimizer_fn("adam", 1.2e-3),
            lambda: keras.optimizers.Adam(1.2e-3),
        )
    )
    assert made == plain


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"lr": 0}, "lr must be a number, above 0"),
        ({"lr": -1}, "lr must be a number, above 0"),
        ({"lr": float("nan")}, "lr must be a number, above 0"),
        ({"name": "adm"}, "Did you mean 'adam'"),
        ({"momentum": 1.0}, "momentum must be .*, at least 0 and below 1"),
        ({"epsilon": 0.0}, "epsilon must be .*, at least 1.2e-38. .*: 0.0"),
        ({"epsilon": 1e-60}, "Received: 1e-60"),
        (
            {"decoupled_weight_decay": -1.0},
            "weight_decay must be .*, at least 0",
        ),
        ({"schedule": COSINE}, "needs per_epoch and training_iterations"),
        (
            {"schedule": COSINE, "per_epoch": 9, "training_iterations": 8},
            "longer than the training",
        ),
    ],
)
def test_what_does_not_fit_is_named(given, message):
    with pytest.raises(ValueError, match=message):
        optimizers.optimizer_fn(**{"name": "sgd", "lr": 0.1, **given})


def test_fine_tuning_stays_at_the_rate_where_it_begins():
    schedule = schedules.Schedule("piecewise", ("20it", "30it"))
    make = optimizers.optimizer_fn(
        "sgd",
        0.1,
        schedule,
        per_epoch=10,
        training_iterations=40,
        start_iteration=39,
        is_constant=True,
    )
    assert float(make().learning_rate) == pytest.approx(0.001, rel=1e-6)
