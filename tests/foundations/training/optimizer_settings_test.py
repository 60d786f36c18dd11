"""Tests of training/optimizer_settings.py; programs_test tries the errors."""

import keras
import pytest

from lottery_ticket.foundations.training import optimizer_settings


def test_a_config_is_json_without_its_name():
    config = optimizer_settings.config(keras.optimizers.Adam(0.5))
    assert config["learning_rate"] == 0.5
    assert config["name"].endswith(".Adam")


@pytest.mark.parametrize("limit", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_clipping_is_named(limit):
    optimizer_settings.check_does_not_clip(keras.optimizers.SGD())
    with pytest.raises(ValueError, match=f"cannot clip.*{limit}"):
        optimizer_settings.check_does_not_clip(
            keras.optimizers.SGD(**{limit: 1.0})
        )
