"""Tests of foundations/optimizers.py."""

import keras
import pytest

from lottery_ticket.foundations import optimizers


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_every_optimizer_has_its_learning_rate(name):
    make = optimizers.optimizer_fn(name, 0.25)
    optimizer = make()
    assert isinstance(optimizer, keras.optimizers.Optimizer)
    assert float(optimizer.learning_rate) == 0.25
    assert make() is not optimizer


def test_momentum_and_nesterov_differ():
    momentum = optimizers.optimizer_fn("momentum", 0.1)()
    nesterov = optimizers.optimizer_fn("nesterov", 0.1)()
    assert (momentum.momentum, momentum.nesterov) == (0.9, False)
    assert (nesterov.momentum, nesterov.nesterov) == (0.9, True)


@pytest.mark.parametrize("lr", [0, -1, float("nan")])
def test_a_learning_rate_must_be_above_0(lr):
    with pytest.raises(ValueError, match="lr must be above 0"):
        optimizers.optimizer_fn("sgd", lr)


def test_an_unknown_optimizer_gets_its_nearest():
    with pytest.raises(ValueError, match="Did you mean 'adam'"):
        optimizers.optimizer_fn("adm", 0.1)
