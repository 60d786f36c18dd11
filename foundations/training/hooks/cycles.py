"""Cyclic training: the schedule again and again, weights kept."""

import typing

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.training import step_hooks, trainee
from lottery_ticket.foundations.values import fields

with lazy.imports():
    import keras
    import tensorflow as tf

    from lottery_ticket.foundations.networks import keras_private

SOURCE = "Gadhikar et al. 2024 (https://arxiv.org/abs/2406.02773)"


def _whole(text):
    """An integer that is written as one; else what was given."""
    try:
        return int(text)
    except ValueError:
        return text


@fields.settings
class Options:
    """How often the schedule is gone through."""

    number: int = fields.field(
        5,
        "How many cycles a training has; each starts with an optimizer that "
        "is fresh.",
        at_least=1,
        convert=_whole,
    )

    def starts(self, length: int) -> tuple[int, ...]:
        """Returns after how many iterations each cycle but the first starts.

        Cycle i of n, counted from 0, starts after i * length / n, rounded down.

        Args:
            length: Iterations of the whole training.

        Raises:
            ValueError: If it has no more iterations than cycles.
        """
        self._check(length)
        return tuple(i * length // self.number for i in range(1, self.number))

    def cycle(self, length: int) -> int:
        """Returns iterations of the longest cycle, whose schedule all have.

        One that is shorter, by an iteration, leaves out the schedule's last.
        Args and errors as of `starts`.
        """
        self._check(length)
        return -(-length // self.number)

    def _check(self, length):
        if length <= self.number:
            raise ValueError(
                "Expected a training_len of more iterations than cycles. "
                f"Received: {length} iterations for cycles:number={self.number}"
            )


class Cycles(step_hooks.StepHook):
    """Begins the optimizer anew at events, its count of iterations included.

    A schedule reads that count, so it begins anew, too; it is to be that of one
    cycle. Weights, biases and statistics of normalisations stay.

    Source: Gadhikar et al. 2024 (https://arxiv.org/abs/2406.02773), seen in
    another account only: the number of cycles and their length are not known.

    Attributes: as of StepHook.
    """

    has_events = True

    def __init__(self, options: Options, start: int = 0):
        """Takes options, and where a run is.

        Args:
            options: The number of cycles.
            start: Iteration of the training at which the run starts.

        Raises:
            ValueError: If that is not 0: the optimizer's count, which begins
                anew, would be that of another place of the schedule.
        """
        if start:
            raise ValueError(
                "hooks=cycles is for runs from iteration 0 on. Received: one "
                f"that starts at {start}"
            )
        self._number = options.number
        self._network: typing.Any = None

    @property
    def identity(self) -> dict[str, typing.Any]:
        """See StepHook."""
        return {"cycles": {"number": self._number}}

    @property
    def key(self) -> tuple:
        """Nothing of it is compiled in."""
        return ("cycles",)

    def attach(self, model: trainee.Trainee) -> None:
        """See StepHook."""
        self._network = model.network

    def event(
        self, iteration: int, optimizer: "keras.optimizers.Optimizer"
    ) -> dict:
        """Begins a cycle. Returns its "iteration"; see StepHook."""
        count: typing.Any = optimizer.iterations
        slots = [
            slot
            for variable in self._network.trainable_variables
            for slot in keras_private.slots(optimizer, variable)
        ]
        for each in (count, *slots):
            each.assign(tf.zeros(each.shape, each.dtype))
        return {"iteration": iteration}
