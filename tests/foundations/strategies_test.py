"""Tests of foundations/strategies.py; training_step_test trains on two."""

import pytest
import tensorflow as tf

from lottery_ticket.foundations import strategies


def test_none_is_tensorflows_default():
    assert strategies.create("none") is tf.distribute.get_strategy()


def test_mirrored_takes_all_cpus_where_there_is_no_gpu():
    strategy = strategies.create("mirrored")
    assert isinstance(strategy, tf.distribute.MirroredStrategy)
    count = len(tf.config.list_logical_devices("CPU"))
    assert strategy.num_replicas_in_sync == count


def test_unknown_names_are_errors():
    with pytest.raises(ValueError, match="Unknown strategy 'miror'"):
        strategies.create("miror")
