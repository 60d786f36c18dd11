"""Schedules of the learning rate by name, and their lengths in iterations."""

import dataclasses
import math

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import entries, fields, steps

with lazy.imports():
    import tensorflow as tf

# Number of epochs -> epochs of published_drops.
_PUBLISHED_DROPS = {
    6: (3,),
    100: (50, 80),
    150: (80, 120),
    160: (80, 120),
    200: (100, 150),
    300: (150, 250),
}
# Of triangular and trapezoidal: where the rate begins, as a share of the peak,
# and the part of the length over which it rises from there.
_FOOT, _RISE = 0.2, 0.2
_TOP_ENDS = 0.8  # Part after which a trapezoidal rate falls; chosen here.
_GADHIKAR = "Gadhikar et al. 2024 (https://arxiv.org/abs/2406.02773)"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shape(entries.Entry):
    """A function (step, settings) -> rate after any warmup, a float32 scalar.

    `step` is an int32 tensor, the number of iterations done; `settings` are
    what `learning_rate.LearningRate.get_config` returns.
    """

    is_steady: bool = False  # The rate is the peak at all times.
    has_drops: bool = False  # It takes `Schedule.drops`, and needs some.
    ends_at_0: bool = False  # Nothing is left of it at the end of training.
    counts_epochs: bool = False  # Needs "per_epoch", and warmup in whole ones.


def _piecewise(step, settings):
    number = len(settings["drops"]) + 1
    rates = [
        settings["peak"] * settings["drop_factor"] ** passed
        for passed in range(number)
    ]
    passed = tf.reduce_sum(
        tf.cast(step >= tf.constant(settings["drops"]), tf.int32)
    )
    return tf.gather(tf.constant(rates), passed)


def _cosine(step, settings, unit=1):
    """(1 + cos(pi * done)) / 2 as the square of a sine of what remains.

    The sum would cancel towards the end of training, in float32.
    """
    end = math.ceil(settings["training_iterations"] / unit)
    length = max(end - settings["warmup"] // unit, 1)
    remaining = tf.clip_by_value(end - step // unit, 0, length)
    share = tf.cast(remaining, tf.float32) / length
    return settings["peak"] * tf.square(tf.sin(math.pi / 2 * share))


def _lines(step, settings, fall_from):
    """Up to the peak, level until `fall_from` of the length, down to 0."""
    length = max(settings["training_iterations"] - settings["warmup"], 1)
    done = tf.clip_by_value(step - settings["warmup"], 0, length)
    # What remains is counted, too: 1 less a quotient would cancel, in float32.
    done, remaining = (
        tf.cast(each, tf.float32) / length for each in (done, length - done)
    )
    rise = _FOOT + (1 - _FOOT) / _RISE * done
    fall = remaining / (1 - fall_from)
    return settings["peak"] * tf.minimum(tf.minimum(rise, fall), 1.0)


SCHEDULES = {
    "constant": Shape(
        lambda step, settings: tf.constant(settings["peak"]),
        "constant",
        "the peak",
        entries.HERE,
        is_steady=True,
    ),
    "piecewise": Shape(
        _piecewise,
        "piecewise",
        "multiplied by a factor at each of the drops",
        "He et al. 2016 (https://arxiv.org/abs/1512.03385)",
        has_drops=True,
    ),
    "cosine": Shape(
        _cosine,
        "cosine",
        "falls along half a wave, at each iteration, to 0 at the end",
        "Loshchilov & Hutter 2017 (https://arxiv.org/abs/1608.03983)",
        ends_at_0=True,
    ),
    "cosine_by_epoch": Shape(
        lambda step, settings: _cosine(step, settings, settings["per_epoch"]),
        "cosine by epoch",
        "falls along half a wave, after each epoch; the last one's is above 0",
        entries.SREENIVASAN,
        counts_epochs=True,
    ),
    "triangular": Shape(
        lambda step, settings: _lines(step, settings, _RISE),
        "triangular",
        "rises from .2 of the peak over the first .2 of the length, then "
        "falls to 0, in lines",
        _GADHIKAR,
        ends_at_0=True,
    ),
    "trapezoidal": Shape(
        lambda step, settings: _lines(step, settings, _TOP_ENDS),
        "trapezoidal",
        "rises as the triangular, stays at the peak up to .8 of the length, "
        "then falls to 0 in a line",
        "ours; its rise is that of " + _GADHIKAR,
        ends_at_0=True,
    ),
}
HAVE_DROPS = tuple(n for n, e in SCHEDULES.items() if e.has_drops)


@fields.settings
class Schedule:
    """How the learning rate changes while a network trains.

    By epoch, epoch e of E, counted from 0, has the rate
    peak / 2 * (1 + cos(pi * e / E)), so that the last one's is above 0. An
    epoch that training does not complete counts as one.

    Triangular and trapezoidal, at a share x of the length after any warmup, are
    the peak times min(.2 + 4 x, 1, (1 - x) / .8), and (1 - x) / .2 in place of
    the last. Source: Gadhikar et al. 2024 (https://arxiv.org/abs/2406.02773),
    whose triangle was seen in another account of them only; where the
    trapezoid's top ends is chosen here.
    """

    name: str = fields.field("constant", "Its name.", choices=SCHEDULES)
    drops: tuple[str, ...] = fields.field(
        (),
        "Lengths such as 20000it or 80ep, counted from the start of training, "
        "in ascending order; the first iteration with the lower rate is that "
        "of this number, counted from 0.",
    )
    drop_factor: float = fields.field(
        0.1, "What each drop multiplies the rate by.", above=0
    )
    warmup: str = fields.field(
        "0it",
        "Length over which the rate first grows from 0 to the peak, iteration "
        "i having peak * i / warmup; a cosine falls over what remains after "
        "it.",
    )

    def __attrs_post_init__(self):
        """Checks lengths, and that drops are there where they are needed.

        Raises:
            ValueError: If a length is none, or the schedule has drops and takes
                none, or the other way round.
        """
        for length in (*self.drops, self.warmup):
            steps.parse(length)
        if bool(self.drops) != SCHEDULES[self.name].has_drops:
            raise ValueError(
                f"The schedule {' or '.join(HAVE_DROPS)} needs lr_drops, "
                "lengths such as 20000it,25000it; the others have none. "
                "Received: "
                f"{self.name} with {self.drops}"
            )

    @property
    def is_constant(self) -> bool:
        """Whether the rate is the same at all iterations."""
        is_steady = SCHEDULES[self.name].is_steady
        return is_steady and not steps.parse(self.warmup)[1]


def in_iterations(
    schedule: Schedule, per_epoch: int, training_iterations: int
) -> dict:
    """Returns a schedule with all lengths in iterations, as JSON values.

    They are the arguments of `learning_rate.LearningRate`, but for the peak.

    Args:
        per_epoch: Iterations in one epoch of the dataset.
        training_iterations: Iterations of the whole training that it is for,
            also if one run of it begins later.

    Raises:
        ValueError: If the warmup is longer than training, the drops do not
            ascend or come before its end, or "cosine_by_epoch" has a warmup
            that is no whole number of epochs.
    """
    warmup = steps.iterations(schedule.warmup, per_epoch)
    drops = [steps.iterations(drop, per_epoch) for drop in schedule.drops]
    if warmup > training_iterations:
        raise ValueError(
            f"A warmup of {schedule.warmup} is longer than the training, "
            f"{training_iterations} iterations"
        )
    if drops and min(drops) < max(warmup, 1):
        raise ValueError(
            f"The learning rate cannot drop at {schedule.drops[0]}, before the "
            f"warmup of {schedule.warmup} ends, or at the very start"
        )
    if drops != sorted(set(drops)):
        raise ValueError(
            f"The drops of the learning rate must ascend. Received: "
            f"{', '.join(schedule.drops)}"
        )
    settings = {
        "schedule": schedule.name,
        "drops": drops,
        "drop_factor": schedule.drop_factor,
        "warmup": warmup,
        "training_iterations": training_iterations,
    }
    if not SCHEDULES[schedule.name].counts_epochs:
        return settings
    if warmup % per_epoch:
        raise ValueError(
            f"The schedule {schedule.name} needs a warmup of whole epochs. "
            f"Received: {schedule.warmup}, with {per_epoch} iterations in one"
        )
    return {**settings, "per_epoch": per_epoch}


def published_drops(epochs: int) -> tuple[str, ...]:
    """Returns when the rate drops in Sreenivasan et al.'s piecewise schedules.

    That is lengths such as '80ep', in ascending order. Where they have no drops
    for a training of so many epochs, it drops after a half and two thirds of
    them, rounded down. A training of one epoch has no drops: its rate is
    constant.

    Source: the code of Sreenivasan et al. 2022
    (https://arxiv.org/abs/2202.12002).

    Raises ValueError if epochs is not a whole number of at least 1.
    """
    if int(epochs) != epochs or epochs < 1:
        raise ValueError(
            "A number of epochs must be whole, and at least 1. Received: "
            f"{epochs}"
        )
    usual = int(epochs / 2), int(2 * epochs / 3)
    drops = {*_PUBLISHED_DROPS.get(epochs, usual)} - {0}
    return tuple(f"{drop}ep" for drop in sorted(drops))
