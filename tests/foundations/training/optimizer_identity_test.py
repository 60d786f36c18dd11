"""Tests of training/optimizer_identity.py."""

import keras
import pytest

from lottery_ticket.foundations import mask_constraint
from lottery_ticket.foundations.training import (
    learning_rate,
    momentum,
    optimizer_identity,
)

VARIABLES = keras.Sequential(
    [keras.Input((3,)), keras.layers.Dense(2)]
).trainable_variables
K = keras.optimizers


def excluding(**options):
    optimizer = K.AdamW(0.1)
    optimizer.exclude_from_weight_decay(**options)
    return optimizer


def marked(mark):
    optimizer = K.SGD(0.1)
    optimizer.mark = mark
    return optimizer


def begun(iterations):
    optimizer = K.SGD(0.1)
    optimizer.iterations.assign(iterations)
    return optimizer


def of_class(factor):
    class Own(K.SGD):
        """The same name and config."""

        def update_step(self, gradient, variable, learning_rate):
            super().update_step(gradient, variable, factor * learning_rate)

    return Own(0.1)


def of_schedule(factor):
    class Own(K.schedules.LearningRateSchedule):
        """A rate that its config does not say."""

        def __call__(self, step):
            return 0.1 * factor

        def get_config(self):
            return {}

    return K.SGD(Own())


def patched(factor):
    optimizer = K.SGD(0.1)
    plain = optimizer.update_step
    optimizer.update_step = lambda g, v, lr: plain(g, v, lr * factor)
    return optimizer


def several(rate):
    return K.MultiOptimizer(K.OptimizerMap(K.SGD(0.1), {".*bias": K.SGD(rate)}))


DIFFERENT = {
    "pattern": (lambda: K.AdamW(0.1), lambda: excluding(var_names=["bias"])),
    "patterns": (
        lambda: excluding(var_names=["kernel"]),
        lambda: excluding(var_names=["bias"]),
    ),
    "variables": (
        lambda: excluding(var_list=VARIABLES[:1]),
        lambda: excluding(var_list=VARIABLES[1:]),
    ),
    "attribute": (lambda: marked(1.0), lambda: marked(2.0)),
    "list": (lambda: marked([1, {2}]), lambda: marked([1, {3}])),
    "iterations": (lambda: begun(0), lambda: begun(1)),
    "class": (lambda: of_class(1), lambda: of_class(2)),
    "schedule": (lambda: of_schedule(1), lambda: of_schedule(2)),
    "patched": (lambda: patched(1), lambda: patched(2)),
    "several": (lambda: several(0.1), lambda: several(0.2)),
    "inner": (
        lambda: K.LossScaleOptimizer(K.AdamW(0.1)),
        lambda: K.LossScaleOptimizer(excluding(var_names=["bias"])),
    ),
    "rate": (lambda: K.SGD(0.1), lambda: K.SGD(0.2)),
    "masked": (
        lambda: K.SGD(0.1),
        lambda: mask_constraint.mask_gradients(K.SGD(0.1)),
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_is_told_and_what_is_the_same_is_not(name):
    first, second = DIFFERENT[name]
    for tell in (optimizer_identity.recorded, optimizer_identity.key):
        alive = [first(), first(), second()]
        one, same, other = [tell(each, VARIABLES) for each in alive]
        assert one != other
        # Of a class that is made anew, code is compared only in the record.
        if tell is optimizer_identity.recorded or name not in (
            "class",
            "schedule",
        ):
            assert one == same


WRAPPERS = ("Optimizer", "LossScaleOptimizer", "MultiOptimizer")


def of_keras():
    kinds = [each for name, each in vars(K).items() if name not in WRAPPERS]
    is_one = [isinstance(k, type) and issubclass(k, K.Optimizer) for k in kinds]
    return [kind for kind, take in zip(kinds, is_one, strict=True) if take]


@pytest.mark.parametrize("kind", of_keras())
def test_all_that_keras_has_is_in_its_config(kind):
    """So records of older versions say all of it."""
    optimizer = kind()
    assert optimizer_identity.recorded(optimizer, VARIABLES) == {
        "optimizer": optimizer_identity.config(optimizer)
    }


def test_a_record_names_what_was_set():
    found = optimizer_identity.recorded(
        excluding(var_list=VARIABLES[:1], var_names=["bias"]), VARIABLES
    )
    assert found["optimizer"]["beyond"] == {
        "_exclude_from_weight_decay": [0],
        "_exclude_from_weight_decay_pattern": "bias",
    }
    assert "optimizer_code" not in found
    assert len(optimizer_identity.recorded(of_class(1), VARIABLES)) == 2


def test_a_config_is_json_without_its_name():
    config = optimizer_identity.config(K.Adam(0.5))
    assert config["learning_rate"] == 0.5
    assert config["name"].endswith(".Adam")


def test_optimizers_inside_are_not_numbered():
    first, second = [
        optimizer_identity.config(K.LossScaleOptimizer(K.SGD(0.1)))
        for _ in range(2)
    ]
    assert first == second
    assert first["inner_optimizer"]["config"]["name"] == "sgd"


def test_what_is_on_record_of_our_own_classes_is_so_for_good():
    """A run is made anew, and refused, if any of it changes."""
    rate = learning_rate.LearningRate(0.5, "cosine", training_iterations=9)
    optimizer = momentum.Momentum(rate)
    config = optimizer_identity.config(optimizer)
    package = "lottery_ticket.foundations.training"
    assert config["name"] == f"{package}.momentum.Momentum"
    recorded = config["learning_rate"]
    assert recorded["module"] == f"{package}.learning_rate"
    assert recorded["registered_name"] == "lottery_ticket>LearningRate"
    found = optimizer_identity.recorded(optimizer, VARIABLES)
    assert found == {"optimizer": config}
