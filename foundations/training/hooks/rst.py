"""RST: what masks prune is trained at first, and drawn to 0 by and by."""

import math
import typing

import numpy as np

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.training import step_hooks
from lottery_ticket.foundations.values import fields, steps

with lazy.imports():
    import keras
    import tensorflow as tf

    from lottery_ticket.foundations.networks import mask_constraint

SOURCE = "Bai et al. 2022 (https://arxiv.org/abs/2203.04248)"


class Schedule(typing.NamedTuple):
    """The factor of L2 in each iteration, and when there is nothing left.

    Source: as of Rst.
    """

    rise: float  # What it grows by.
    every: int  # Iterations after which it does.
    top: float  # Where it ends.
    end: int  # Iterations after which the weights are pruned.

    def factor(self, iteration: typing.Any) -> typing.Any:
        """Returns the factor in an iteration, which may be a tensor.

        0 in the first `every`, then what it has grown by, at most `top`.

        Args:
            iteration: Counted from 0.
        """
        times = tf.cast(iteration // self.every, tf.float32)
        return tf.minimum(self.rise * times, self.top)


@fields.settings
class Options:
    """How fast pruned weights are drawn to 0."""

    rise: float = fields.field(
        1e-4,
        "What the factor of their L2 grows by, from 0 on.",
        above=0,
        convert=fields.as_float,
    )
    every: str = fields.field(
        "5it", "Length after which it grows.", convert=steps.text
    )
    top: float = fields.field(
        1.0, "The highest factor.", above=0, convert=fields.as_float
    )
    hold: str = fields.field(
        "40000it",
        "Length for which it stays there; then they are 0.",
        convert=steps.text,
    )

    def __attrs_post_init__(self):
        """Raises a ValueError unless the factor grows at some time."""
        if not steps.parse(self.every)[1]:
            raise ValueError(f"every must be above 0. Received: {self.every}")

    def schedule(self, per_epoch: int, length: int) -> Schedule:
        """Returns the same in iterations.

        Args:
            per_epoch: Iterations in one epoch.
            length: Iterations of the run.

        Raises:
            ValueError: If it is over before the weights are pruned.
        """
        every, hold = (
            steps.iterations(each, per_epoch)
            for each in (self.every, self.hold)
        )
        # Rounded, as 1 / 1e-4 need not be a whole number.
        rises = math.ceil(round(self.top / self.rise, 6))
        end = rises * every + hold
        if end > length:
            raise ValueError(
                f"hooks=rst would prune after {end} iterations, and the run "
                f"has {length}. Give a larger rise, a shorter every or hold, "
                "or a longer training_len"
            )
        return Schedule(self.rise, every, self.top, end)


class Extra(typing.NamedTuple):
    """A kernel, and what is trained where its mask prunes; of its shape."""

    kernel: "keras.Variable"
    rest: "keras.Variable"
    place: int  # Of the kernel among the network's trained variables.


class Rst(step_hooks.StepHook):
    """The network computes with pruned weights, too, which fade.

    Where masks prune there are weights beside the kernels, from a fresh draw of
    the network on. The network computes with both, so it begins dense, and the
    optimizer moves both; to the gradient of the pruned ones it adds a factor
    times them, L2, which grows. So what they do moves into those that are kept.
    After `end` iterations of the run they are 0 and stay so, and what is left
    of training fine-tunes the kept ones. Evaluation, and what is saved, is of
    kernels under their masks throughout: of the network as if pruned then.

    Where pruned weights are held at other values than 0, they are on top of
    those.

    Source: Bai et al. 2022 (https://arxiv.org/abs/2203.04248), in the authors'
    code: the factor rises by 1e-4 every 5 iterations up to 1, and stays there
    for 40,000 iterations.
    Differs: masks are any, not only random ones; fine-tuning is the rest of the
    same training, with the same optimizer; what is pruned is drawn from a seed
    of its own, whatever the kept weights start from.
    """

    def __init__(self, schedule: Schedule, seed: int):
        """Makes no variables yet.

        Args:
            schedule: Its iterations are those of the run.
            seed: Of the draw, in [0, 2**31).
        """
        self._schedule, self._seed = schedule, seed
        self._extras: tuple[Extra, ...] = ()

    @property
    def identity(self) -> dict[str, typing.Any]:
        rise, every, top, end = self._schedule
        schedule = {"rise": rise, "every": every, "top": top, "end": end}
        return {"rst": {**schedule, "seed": self._seed}}

    @property
    def key(self) -> tuple:
        """All but the seed."""
        return ("rst", *self._schedule)

    @property
    def variables(self) -> "tuple[keras.Variable, ...]":  # type: ignore[override]
        """The pruned weights."""
        return tuple(each.rest for each in self._extras)

    def attach(self, model: typing.Any) -> None:
        """Draws what is pruned.

        Args:
            model: A ModelBase.

        Raises:
            ValueError: If it trains no weights under masks, or a kernel has
                another constraint than its mask.
        """
        trained = model.network.trainable_variables
        places = {id(each): place for place, each in enumerate(trained)}
        drawn = model.draw(self._seed)
        self._extras = tuple(
            _extra(
                model.variables[name],
                np.where(mask == 0, drawn[name], 0),
                places[id(model.variables[name])],
            )
            for name, mask in model.masks.items()
            if id(model.variables[name]) in places
        )

    def substitutes(
        self, iteration: "tf.Tensor"
    ) -> "list[tuple[keras.Variable, tf.Tensor]]":
        del iteration
        return [
            (kernel, tf.convert_to_tensor(kernel.value) + rest.value)
            for kernel, rest, _ in self._extras
        ]

    def trained(
        self, variables: "list[keras.Variable]"
    ) -> "list[keras.Variable]":
        return [*variables, *self.variables]

    def gradients(
        self, gradients: "list[tf.Tensor]", iteration: "tf.Tensor"
    ) -> "list[tf.Tensor]":
        found = []
        for kernel, rest, place in self._extras:
            values = tf.convert_to_tensor(rest.value)
            factor = tf.cast(self._schedule.factor(iteration), values.dtype)
            is_moved = ~kernel.constraint.mask & (
                iteration < self._schedule.end
            )
            moved = gradients[place] + factor * values
            found.append(tf.where(is_moved, moved, tf.zeros_like(moved)))
        return [*gradients, *found]

    def updated(
        self,
        gradients: "list[tf.Tensor]",
        before: "list[tf.Tensor]",
        iteration: "tf.Tensor",
    ) -> None:
        del gradients, before
        is_there = iteration + 1 < self._schedule.end
        for each in self._extras:
            value = tf.convert_to_tensor(each.rest.value)
            each.rest.assign(tf.where(is_there, value, tf.zeros_like(value)))


def _extra(kernel, values, place):
    why = "hooks=rst trains pruned weights beside kernels"
    mask_constraint.check_alone(kernel, why)
    rest = keras.Variable(values, dtype=kernel.dtype, name=f"{kernel.name}_rst")
    return Extra(kernel, rest, place)
