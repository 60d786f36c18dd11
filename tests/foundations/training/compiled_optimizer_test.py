"""Tests of foundations/training/compiled_optimizer.py."""

import keras
import numpy as np
import pytest

from lottery_ticket.foundations.training import compiled_optimizer

K = keras.optimizers


def network(optimizer=None):
    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    if optimizer is not None:
        made.compile(optimizer, "mse")
    return made


def test_each_run_has_a_new_one_of_the_same_settings():
    made = network(K.SGD(0.3, momentum=0.8))
    make = compiled_optimizer.optimizer_fn(made)
    made.fit(np.ones((4, 4)), np.ones((4, 2)), verbose=0)
    for make_again in (make, compiled_optimizer.optimizer_fn(made)):
        first, second = make_again(), make_again()
        assert first is not second and not first.built
        assert (float(first.learning_rate), first.momentum) == (
            pytest.approx(0.3),
            0.8,
        )


def test_it_may_be_what_would_be_taken_anyway():
    def usual():
        return K.Adam(1e-3)

    for optimizer, is_plain in ((None, True), ("adam", True), ("sgd", False)):
        made = network(optimizer)
        assert compiled_optimizer.is_plain(made, usual) is is_plain


def test_without_a_compiled_one_there_is_none():
    for given in (network(), 7, None):
        with pytest.raises(ValueError, match="your own that is compiled"):
            compiled_optimizer.optimizer_fn(given)


def test_a_schedule_begins_with_each_run():
    rate = K.schedules.ExponentialDecay(0.1, 5, 0.5)
    made = network(K.SGD(rate))
    own = compiled_optimizer.optimizer_fn(made)()
    np.testing.assert_allclose(own.learning_rate, 0.1)
    with pytest.raises(ValueError, match="schedule .* begins with each run"):
        compiled_optimizer.optimizer_fn(made, starts_later=True)


@pytest.mark.parametrize("is_used", [False, True])
def test_what_its_config_does_not_say_is_an_error(is_used):
    optimizer = K.AdamW()
    made = network(optimizer)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    if is_used:
        made.fit(np.ones((4, 4)), np.ones((4, 2)), verbose=0)
    with pytest.raises(ValueError, match="_exclude_from_weight.* set beside"):
        compiled_optimizer.optimizer_fn(made)
