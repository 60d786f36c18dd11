"""Tests of training/optimizer_settings.py; programs_test tries the errors."""

import keras
import pytest

from lottery_ticket.foundations.training import (
    learning_rate,
    momentum,
    optimizer_settings,
)


def test_a_config_is_json_without_its_name():
    config = optimizer_settings.config(keras.optimizers.Adam(0.5))
    assert config["learning_rate"] == 0.5
    assert config["name"].endswith(".Adam")


def test_what_is_on_record_of_our_own_classes_is_so_for_good():
    """A run is made anew, and refused, if any of it changes."""
    rate = learning_rate.LearningRate(0.5, "cosine", training_iterations=9)
    config = optimizer_settings.config(momentum.Momentum(rate))
    package = "lottery_ticket.foundations.training"
    assert config["name"] == f"{package}.momentum.Momentum"
    recorded = config["learning_rate"]
    assert recorded["module"] == f"{package}.learning_rate"
    assert recorded["registered_name"] == "lottery_ticket>LearningRate"


@pytest.mark.parametrize("limit", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_clipping_is_named(limit):
    optimizer_settings.check_does_not_clip(keras.optimizers.SGD())
    with pytest.raises(ValueError, match=f"cannot clip.*{limit}"):
        optimizer_settings.check_does_not_clip(
            keras.optimizers.SGD(**{limit: 1.0})
        )
