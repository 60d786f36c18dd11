"""Callbacks: functions that are called between two chunks of a training run.

A chunk ends at every evaluation, at every halt (weights saved on the way,
events), after `resumable_run.CHUNK_ITERATIONS` at most, and with the run: after
the same iterations, however often the run was stopped. A run that is complete
calls none; one that goes on calls them for what is left.

They may look at all that a `State` holds, and write files of their own. They
may not touch the network or the optimizer: a variable that has other bits after
a call ends the run as an error. What a callback raises ends it, too; its last
checkpoint stays, and the same call goes on from there. Neither changes what is
written.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Network = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class State:
    """What a callback is shown of a run; all of it is read-only.

    Args:
        iteration: How many iterations of training are done.
        end: After how many it is over.
        logs: Dict, name of a log ("train", "test", "validate") -> dict of
            arrays, "iteration", "loss" and each metric: all so far.
        read_weights: What `weights` asks.
    """

    iteration: int
    end: int
    logs: dict[str, dict[str, np.ndarray]]
    read_weights: Callable[[], Network] = dataclasses.field(repr=False)

    @functools.cached_property
    def weights(self) -> Network:
        """Dict, name -> array, as saved; read off the device when asked for."""
        return {
            name: read_only(array)
            for name, array in self.read_weights().items()
        }


Callback = Callable[[State], Any]  # What it returns does not matter.


def read_only(array: np.ndarray) -> np.ndarray:
    """Returns a view of an array that cannot be written to."""
    view = array.view()
    view.flags.writeable = False
    return view


def check(callbacks: Sequence[Callback]) -> None:
    """Raises ValueError unless all can be called.

    Callbacks of Keras cannot: they are for `fit`.
    """
    several = callbacks if isinstance(callbacks, list | tuple) else [None]
    for each in several:
        if not callable(each):
            raise ValueError(
                "Expected functions of a run_callbacks.State, called between "
                f"chunks, in a list; Keras's are for fit. Received: "
                f"{callbacks!r}"
            )


def call(
    callbacks: Sequence[Callback], state: State, variables: Sequence[Any]
) -> None:
    """Calls all of them, one after the other.

    That they leave variables as they are costs two reads of these, once a
    chunk.

    Args:
        variables: All variables that training moves.

    Raises:
        RuntimeError: If a variable has other bits than before.
    """
    before = [each.numpy() for each in variables]
    for callback in callbacks:
        callback(state)
    changed = [
        getattr(each, "path", each.name)  # TensorFlow's have no path.
        for each, found in zip(variables, before, strict=True)
        if each.numpy().tobytes() != found.tobytes()
    ]
    if changed:
        raise RuntimeError(
            f"A callback changed {', '.join(changed)} after iteration "
            f"{state.iteration}. It may look at a run, not touch it; the last "
            "checkpoint is kept, and the same call without it goes on"
        )
