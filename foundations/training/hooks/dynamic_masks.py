"""Dynamic sparse training: masks that change while weights are trained."""

import typing

import numpy as np

from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.selection import mask_updates
from lottery_ticket.foundations.training import step_hooks
from lottery_ticket.foundations.values import fields, names, seeds, steps

with lazy.imports():
    import keras
    import tensorflow as tf

    from lottery_ticket.foundations.networks import (
        keras_private,
        mask_constraint,
    )
    from lottery_ticket.foundations.training import draws


def _length(text):
    """A length above 0, as settings have it."""
    written = steps.text(text)
    if not steps.parse(written)[1]:
        raise ValueError(f"interval must be above 0. Received: {text}")
    return written


@fields.settings
class Options:
    """How many weights move, how often, and until when."""

    drop: float = fields.field(
        mask_updates.FRACTION,
        "Share of the kept weights that would move at iteration 0; it falls to "
        "0 as half a cosine.",
        above=0,
        at_most=1,
        convert=fields.as_float,
    )
    interval: str = fields.field(
        mask_updates.INTERVAL,
        "Length between two changes.",
        convert=_length,
    )
    end: float = fields.field(
        mask_updates.END,
        "Part of training after which masks stay as they are.",
        above=0,
        at_most=1,
        convert=fields.as_float,
    )

    def schedule(self, per_epoch: int, length: int) -> mask_updates.Schedule:
        """Returns the same in iterations.

        Args:
            per_epoch: Iterations in one epoch.
            length: Iterations of the whole training.

        Raises:
            ValueError: If there would be no update.
        """
        made = mask_updates.Schedule(
            self.drop,
            steps.iterations(self.interval, per_epoch),
            self.end * length,
        )
        if not made.iterations(0, length):
            raise ValueError(
                "No mask would change: the first update is after "
                f"{made.interval} iterations, and there is none from iteration "
                f"{made.end:g} on. Give a shorter interval"
            )
        return made


class DynamicMasks(step_hooks.StepHook):
    """Drops the smallest kept weights by and by, and grows as many others.

    At an update, each layer of n kept weights drops the int(f * n) whose
    magnitude is lowest, plus a noise of 1e-5, and grows as many of all that are
    not kept then. Newly grown weights and their optimizer slots start from 0;
    one that was dropped in this very update and is grown again keeps both. A
    layer's density never changes; layers that are whole take no part.

    Where the method needs gradients, the iteration of an update takes no step:
    the update is in its place. They are of that batch's loss, before masks and
    weight decay.

    Source: Evci et al. 2020 (https://arxiv.org/abs/1911.11134), and its code.
    Differs: what is drawn, the noise and SET's growth, comes from a seed, the
    layer's name and the iteration; weights that tie go, and come, by place; the
    slots of one that is grown back stay, as its value does.

    Attributes: as of StepHook.
    """

    has_events = True
    changes_masks = True

    def __init__(self, method: str, schedule: mask_updates.Schedule, seed: int):
        """Makes no variables yet.

        Args:
            method: A name in mask_updates.METHODS.
            schedule: Whose fraction is f; its iterations are to be those of a
                `run_settings.Course`'s events.
            seed: Seed of all that is drawn.
        """
        names.check("method", method, mask_updates.METHODS)
        self._name, self._method = method, mask_updates.METHODS[method]
        self._schedule, self._seed = schedule, seed
        self.observes = self._method.needs_gradients
        self._layers: tuple[_Layer, ...] = ()
        self._seeds: typing.Any = None

    @property
    def identity(self) -> dict[str, typing.Any]:
        """See StepHook."""
        return {self._name: {**self._settings, "seed": self._seed}}

    @property
    def key(self) -> tuple:
        """All but the seed."""
        return (self._name, *self._settings.values())

    @property
    def _settings(self):
        own = self._schedule
        return {
            "fraction": own.fraction,
            "interval": own.interval,
            "end": own.end,
        }

    @property
    def variables(self) -> tuple[typing.Any, ...]:  # type: ignore[override]
        """The masks themselves, and the seeds."""
        return (*(layer.mask for layer in self._layers), self._seeds)

    def attach(self, model: typing.Any) -> None:
        """Finds the kernels that have masks, and are trained.

        Args:
            model: A ModelBase.

        Raises:
            ValueError: If there are none, or pruned weights are held.
        """
        if model.holds:
            raise ValueError(
                f"hooks={self._name} grows weights from 0: expected pruned "
                "weights that are 0, not held at other values"
            )
        trained = model.network.trainable_variables
        places = {
            id(variable): index
            for index, variable in enumerate(trained)
            if isinstance(variable.constraint, mask_constraint.MaskConstraint)
        }
        if not places:
            raise ValueError(
                f"hooks={self._name} is for weights that are trained under "
                f"masks. Received: {type(model).__name__}, which trains none"
            )
        kernels = {name: model.variables[name] for name in model.masks}
        self._layers = tuple(
            _Layer(name, kernel, places[id(kernel)], self.observes)
            for name, kernel in kernels.items()
            if id(kernel) in places
        )
        drawn = [
            [seeds.derive(self._seed, kind, layer.name)]
            for kind in ("drop", "grow")
            for layer in self._layers
        ]
        self._seeds = keras.Variable(
            np.reshape(drawn, (2, -1)),
            trainable=False,
            dtype="int64",
            name="dynamic_seeds",
        )

    def observed(self, gradients: "list[tf.Tensor]") -> None:
        """Keeps what the next event looks at."""
        for layer in self._layers:
            layer.gradient.assign(gradients[layer.place])

    def event(
        self, iteration: int, optimizer: "keras.optimizers.Optimizer"
    ) -> dict:
        """Does one update.

        Returns:
            Dict: "iteration"; "fraction", of kept weights that move; "layers",
            layer name -> how many were "dropped", "grown" that had not been
            kept, and "grown_back", which had just been dropped.
        """
        noises, uniforms = self._drawn(iteration)
        counts = {}
        for layer, noise, uniform in zip(
            self._layers, noises, uniforms, strict=True
        ):
            mask = layer.mask.numpy()
            if mask.all():
                continue
            update = mask_updates.update(
                mask,
                self._schedule.count(iteration, int(np.count_nonzero(mask))),
                np.abs(layer.kernel.numpy()) + mask_updates.NOISE * noise,
                self._method.function(layer.observed, uniform),
            )
            layer.assign(update, optimizer)
            counts[layer.name] = update.counts
        return {
            "iteration": iteration,
            "fraction": self._schedule.at(iteration),
            "layers": counts,
        }

    def _drawn(self, iteration):
        """Noises and uniform numbers of all layers, as arrays."""
        shapes = tuple(tuple(layer.kernel.shape) for layer in self._layers)
        of_drops, of_growth = tf.unstack(tf.convert_to_tensor(self._seeds))
        count = tf.constant(iteration, tf.int64)
        noises = draws.normals(of_drops, count, shapes)
        if self._method.needs_gradients:
            uniforms = [None] * len(shapes)
        else:
            uniforms = draws.uniforms(of_growth, count, shapes)
        return (
            [each.numpy() for each in noises],
            [each if each is None else each.numpy() for each in uniforms],
        )


class _Layer:
    """A kernel whose mask changes."""

    def __init__(self, name, kernel, place, observes):
        """Takes a kernel, and its place among the trained variables."""
        self.name, self.kernel, self.place = name, kernel, place
        self.mask = kernel.constraint.mask
        self.gradient: typing.Any = None
        if observes:
            self.gradient = tf.Variable(
                tf.zeros(kernel.shape, kernel.dtype), trainable=False
            )

    @property
    def observed(self):
        """The gradient that was seen last, or None."""
        return None if self.gradient is None else self.gradient.numpy()

    def assign(self, update, optimizer):
        """Puts the mask, the kernel and its slots as an update has them."""
        self.mask.assign(update.kept)
        for each in (self.kernel, *keras_private.slots(optimizer, self.kernel)):
            each.assign(np.where(update.stays, each.numpy(), 0))
