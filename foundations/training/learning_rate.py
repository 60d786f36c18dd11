"""The learning rate of each iteration, computed where training runs."""

import typing
from collections.abc import Sequence

import keras
import tensorflow as tf

from lottery_ticket.foundations.training import schedules


@keras.saving.register_keras_serializable(package="lottery_ticket")
class LearningRate(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule by name, behind an optional warmup; see `schedules`."""

    def __init__(
        self,
        peak: float,
        schedule: str = "constant",
        drops: Sequence[int] = (),
        drop_factor: float = 0.1,
        warmup: int = 0,
        training_iterations: int | None = None,
        start: int = 0,
        per_epoch: int = 0,
    ):
        """Creates the schedule from what `schedules.in_iterations` gives.

        That is as of `schedules.Schedule`, all lengths in iterations.

        Args:
            peak: The rate after the warmup, before it falls.
            training_iterations: Of the whole training; only the cosines need
                it.
            start: Iteration of the training at which the optimizer begins.
            per_epoch: For "cosine_by_epoch", and no other.
        """
        self._config = {
            "peak": float(peak),
            "schedule": schedule,
            "drops": [int(drop) for drop in drops],
            "drop_factor": float(drop_factor),
            "warmup": int(warmup),
            "training_iterations": training_iterations,
            "start": int(start),
        }
        self._course = schedules.SCHEDULES[schedule]
        if self._course.counts_epochs:  # Others' settings never had it.
            self._config["per_epoch"] = int(per_epoch)

    def __call__(self, step: typing.Any) -> tf.Tensor:
        """Returns the rate after `step` iterations of the optimizer."""
        step = tf.cast(tf.convert_to_tensor(step), tf.int32)
        step += self._config["start"]
        rate = self._course.function(step, self._config)
        warmup = self._config["warmup"]
        if not warmup:
            return rate
        share = tf.cast(step, tf.float32) / warmup
        return tf.where(step < warmup, self._config["peak"] * share, rate)

    def get_config(self) -> dict:
        """Returns the settings as JSON values."""
        return {**self._config, "drops": list(self._config["drops"])}
